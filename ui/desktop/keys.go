package desktop

import (
	"context"

	"fyne.io/fyne/v2"

	"tally/app/shortcuts"
	"tally/ui"
)

// desktopKeys gives the window keys that the desktop chooses, where it does that,
// until ctx ends.
func desktopKeys(ctx context.Context, w *ui.Window) {
	wanted := make(chan []shortcuts.Shortcut, 1)
	ask := func(list []ui.Hotkey) {
		var all []shortcuts.Shortcut
		for _, h := range list {
			all = append(all, shortcuts.Shortcut{ID: h.Name, Description: h.Title, Wish: h.Wish})
		}
		select { // the newest wish counts
		case <-wanted:
		default:
		}
		wanted <- all
	}
	_ = shortcuts.Run(ctx, wanted, // without, the window says that there are none
		func() { fyne.Do(func() { w.UseDesktopHotkeys(ask) }) },
		func(keys []string) { fyne.Do(func() { w.GivenHotkeys(keys) }) },
		func(name string) { fyne.Do(func() { w.HotkeyNamed(name) }) })
}
