package ui

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"tally/app"
	"tally/capture"
	"tally/capture/wayland"
)

// desk is a computer with two windows open.
func desk() app.Snapshot {
	s := idle()
	s.Devices = append(s.Devices,
		capture.Device{Kind: capture.KindWindow, ID: "firefox/News – Mozilla Firefox", Name: "News – Mozilla Firefox"},
		capture.Device{Kind: capture.KindWindow, ID: "Editor/notes", Name: "notes – Editor"})
	return s
}

func windowsMenu(t *testing.T, w *Window) *fyne.Menu {
	t.Helper()
	for _, i := range pictureMenu(w).Items {
		if i.Label == "A window" {
			return i.ChildMenu
		}
	}
	t.Fatal("the menu has no windows")
	return nil
}

func TestChooseAWindow(t *testing.T) {
	w, r := open(t)
	w.render(desk())
	choose(t, windowsMenu(t, w), "notes")
	if got := r.last().Video.Source; got != "window:Editor/notes" {
		t.Errorf("source %q", got)
	}
	// One that was closed stays in the menu, ticked, while it is what was chosen.
	s := desk()
	s.Picture = app.SourceStatus{Source: "window:Player/A film", State: app.SourceFailed}
	w.render(s)
	m := windowsMenu(t, w)
	if last := m.Items[len(m.Items)-1]; last.Label != "A film" || !last.Checked {
		t.Errorf("%+v", last)
	}
	w.render(idle())
	for _, i := range pictureMenu(w).Items {
		if i.ChildMenu != nil {
			t.Error("there is a menu of no windows")
		}
	}
}

// TestTitlesThatChange: a menu that is open stays while a player counts seconds in its
// window's title, and is made anew when a window is opened.
func TestTitlesThatChange(t *testing.T) {
	w, _ := open(t)
	w.render(desk())
	w.picture.picker.open()
	before := w.picture.picker.popUp
	s := desk()
	s.Devices[len(s.Devices)-1].ID, s.Devices[len(s.Devices)-1].Name = "Editor/notes 2", "notes 2 – Editor"
	w.render(s)
	if w.picture.picker.popUp != before {
		t.Error("the menu was made anew")
	}
	s.Devices = append(s.Devices, capture.Device{Kind: capture.KindWindow, ID: "Player/A film", Name: "A film – Player"})
	w.render(s)
	if w.picture.picker.popUp == before {
		t.Error("the menu does not list the new window")
	}
}

func TestChooseAPartOfAScreen(t *testing.T) {
	w, r := open(t)
	w.render(desk())
	choose(t, pictureMenu(w), "A part of a screen")
	c := find(t, w, func(*partChooser) bool { return true })
	at := func(x, y float32) fyne.PointEvent {
		return fyne.PointEvent{Position: fyne.NewPos(c.Size().Width*x, c.Size().Height*y)}
	}
	c.MouseDown(&desktop.MouseEvent{PointEvent: at(0.75, 0.5)}) // from the right to the left
	c.Dragged(&fyne.DragEvent{PointEvent: at(0.3, 0.9)})
	c.Dragged(&fyne.DragEvent{PointEvent: at(0.25, 1.5)}) // beyond the edge
	c.DragEnd()
	if want := image.Rect(480, 540, 1440, 1080); c.part != want {
		t.Fatalf("%v, want %v", c.part, want)
	}
	var entries []*sheetEntry
	find(t, w, func(e *sheetEntry) bool { entries = append(entries, e); return len(entries) == 4 })
	for i, want := range []string{"960", "540", "480", "540"} {
		if entries[i].Text != want {
			t.Errorf("number %d is %q, want %q", i, entries[i].Text, want)
		}
	}
	entries[1].SetText("600") // beyond the lower edge
	press(t, w, "Show this part")
	note := find(t, w, func(p *paragraph) bool { return strings.Contains(p.text, "1920 × 1080") })
	if !note.Visible() || w.sheet == nil {
		t.Error("numbers beyond the screen are taken")
	}
	entries[1].SetText("500")
	if want := image.Rect(480, 540, 1440, 1040); c.part != want {
		t.Errorf("after typing: %v, want %v", c.part, want)
	}
	press(t, w, "Show this part")
	const source = "screen:0@960x500+480+540"
	if got := r.last().Video; got.Source != source || got.Part != source || w.sheet != nil {
		t.Fatalf("%+v", got)
	}
	// It is remembered when something else is chosen meanwhile.
	s := desk()
	s.Settings.Video.Part = source
	w.render(s)
	choose(t, pictureMenu(w), "Part of a screen, 960 × 500")
	if got := r.last().Video.Source; got != source {
		t.Errorf("source %q", got)
	}
	choose(t, pictureMenu(w), "Another part")
	if c := find(t, w, func(*partChooser) bool { return true }); c.part != image.Rect(480, 540, 1440, 1040) {
		t.Errorf("the sheet begins with %v", c.part)
	}
}

// TestPartByKeys: arrows move the part, with Shift they change its size, and both stop
// at the edges.
func TestPartByKeys(t *testing.T) {
	w, r := open(t)
	w.render(desk())
	choose(t, pictureMenu(w), "A part of a screen")
	c := find(t, w, func(*partChooser) bool { return true })
	w.win.Canvas().Focus(c)
	press := func(times int, keys ...fyne.KeyName) {
		for range times {
			for _, k := range keys {
				c.TypedKey(&fyne.KeyEvent{Name: k})
			}
		}
	}
	shift := &fyne.KeyEvent{Name: desktop.KeyShiftLeft}
	c.KeyDown(shift)
	press(2, fyne.KeyRight, fyne.KeyDown) // it is all of the screen
	if c.part != c.whole() {
		t.Errorf("it grows beyond the screen: %v", c.part)
	}
	press(100, fyne.KeyLeft)
	press(60, fyne.KeyUp)
	c.KeyUp(shift)
	press(40, fyne.KeyLeft)
	press(30, fyne.KeyRight)
	press(20, fyne.KeyDown)
	if want := image.Rect(300, 200, 1220, 680); c.part != want {
		t.Errorf("%v, want %v", c.part, want)
	}
	press(200, fyne.KeyRight, fyne.KeyDown)
	if want := image.Rect(1000, 600, 1920, 1080); c.part != want {
		t.Errorf("at the edge: %v, want %v", c.part, want)
	}
	c.KeyDown(shift)
	press(200, fyne.KeyLeft, fyne.KeyUp)
	if want := image.Rect(1000, 600, 1010, 610); c.part != want {
		t.Errorf("as small as can be: %v, want %v", c.part, want)
	}
	press(1, fyne.KeyReturn)
	if got := r.last().Video.Source; got != "screen:0@10x10+1000+600" || w.sheet != nil {
		t.Errorf("source %q", got)
	}
}

// TestWaylandAsks: there, the desktop's own dialog chooses; choosing it once more has
// it ask once more.
func TestWaylandAsks(t *testing.T) {
	w, r := open(t)
	s := idle()
	s.Devices = []capture.Device{{Kind: capture.KindScreen, ID: wayland.DeviceID, Name: "whatever", Default: true}}
	w.render(s)
	choose(t, pictureMenu(w), "A screen or window…")
	if got := r.last().Video.Source; got != "screen:portal" {
		t.Errorf("source %q", got)
	}
	r.took()
	s.Picture.Source = "screen:portal"
	w.render(s)
	choose(t, pictureMenu(w), "A screen or window…")
	if got := r.took(); got != "AskForScreen" {
		t.Errorf("asked %q", got)
	}
}

func TestNoPictureOfTheScreen(t *testing.T) {
	w, r := open(t)
	r.blind = app.Problem{Title: "There is no such device or file.", Advice: "Choose another one from the list."}
	w.render(desk())
	choose(t, pictureMenu(w), "A part of a screen")
	if note := find(t, w, func(p *paragraph) bool { return strings.HasPrefix(p.text, string(r.blind.Title)) }); !note.Visible() {
		t.Error("the sheet does not say why it has no picture")
	}
}
