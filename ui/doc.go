// Package ui is the window of Tally. Start at [New], which builds it over a
// [Studio], and at tally/ui/desktop, which gives it a real screen.
//
//	Studio.Watch ──snapshot──> bind ──one hop──> Window.render ──> every view's render
//	Studio.Preview, Level ───> pump ──one hop──> previewView, meter
//	Studio.GoLive, End, … <── intents ────────── buttons, menus, shortcuts, sheets
//
// # Rules
//
//   - The window holds no truth. A view is a root object and a render method;
//     only render writes to its widgets, and nothing reads state back from them.
//   - A tap calls an intent, which returns at once. What came of it is the next
//     snapshot.
//   - There are two goroutines, both started by [Window.Watch], and one way onto
//     Fyne's goroutine, [hop]. A hop is waited for, so that nothing piles up in
//     Fyne's queue, which has no bound, while the user drags the window.
//   - Whatever did not change is not painted: Fyne repaints the whole window for
//     every changed pixel. Meter and picture share one repaint.
//   - Words are those of people who stream. What needs explaining has a hint,
//     shown while the pointer rests on it.
//
// # Fyne's sharp edges
//
//   - A tap handler is on Fyne's goroutine already: waiting there for a hop would
//     never end.
//   - When the application quits, Fyne drops what waits in its queue. So ending a
//     show is never queued: the window asks the studio, and quits when a snapshot
//     says that the show is over.
//   - Focused widgets swallow Escape, so those in a sheet are wrapped (keys.go).
//   - Shortcuts of the menu work behind a sheet too; each looks for one first.
package ui
