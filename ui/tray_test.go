package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"tally/app"
)

// trayApp writes down what the tray is given; the tray itself is behind the window
// in the tests of ui/windowtest.
type trayApp struct {
	fyne.App
	menus []*fyne.Menu
	icons []string
}

func (a *trayApp) SetSystemTrayMenu(m *fyne.Menu)    { a.menus = append(a.menus, m) }
func (a *trayApp) SetSystemTrayIcon(r fyne.Resource) { a.icons = append(a.icons, r.Name()) }
func (a *trayApp) SetSystemTrayWindow(fyne.Window)   {}

var _ desktop.App = (*trayApp)(nil)

func TestTray(t *testing.T) {
	w, r := open(t)
	a := &trayApp{App: w.app}
	w.app = a
	w.render(ready())
	w.UseTray()
	w.render(ready())
	if len(a.menus) != 1 {
		t.Errorf("an idle window has set the tray %d times", len(a.menus))
	}
	press := func(label string) {
		t.Helper()
		for _, i := range a.menus[len(a.menus)-1].Items {
			if i.Label == label {
				i.Action()
				return
			}
		}
		t.Errorf("there is no %q in the tray", label)
	}
	press("Go live")
	press("Mute")
	w.render(live())
	press("End the show…") // asks, for somebody watches
	if got := r.took(); got != "Apply GoLive Apply" || w.sheet == nil {
		t.Errorf("the tray asked for %q", got)
	}
	if first, last := a.icons[0], a.icons[len(a.icons)-1]; first != trayIcon(shade(colorOff)).Name() || last != trayIcon(shade(colorOnAir)).Name() {
		t.Errorf("icons: %s", a.icons)
	}
}

func TestHotkeys(t *testing.T) {
	w, r := open(t)
	var told []string
	w.notify.send = func(n *fyne.Notification) { told = append(told, n.Title) }
	w.render(ready())
	w.Hotkey(1)
	w.Hotkey(0)
	if got := r.took(); got != "Apply GoLive Apply" {
		t.Errorf("asked for %q", got)
	}
	w.render(live())
	w.Hotkey(1)
	if got := r.took(); got != "" || len(told) != 1 {
		t.Errorf("one press asked for %q, and told %q", got, told)
	}
	w.Hotkey(1)
	if got := r.took(); got != "End" {
		t.Errorf("two presses asked for %q", got)
	}
	s := live()
	s.Rehearsal.Running = true
	w.hotkeys.endedAt = w.hotkeys.endedAt.Add(-endTwice)
	w.render(s)
	w.Hotkey(1)
	if got := r.took(); got != "End" {
		t.Errorf("a rehearsal has no viewers: %q", got)
	}
}

// TestHotkeysAreChosen: those that another program has are refused, and the ones
// before stay.
func TestHotkeysAreChosen(t *testing.T) {
	w, _ := open(t)
	w.showHotkeys() // on a desktop that gives none
	press(t, w, "Done")
	var grabbed [][]string
	w.UseHotkeys(func(keys []string) []string {
		grabbed = append(grabbed, keys)
		if keys[0] == "Ctrl+Alt+X" {
			return keys[:1]
		}
		return nil
	})
	w.showHotkeys()
	mute := find(t, w, func(*keyField) bool { return true })
	mute.SetText("Ctrl+Alt+X")
	press(t, w, "Save")
	find(t, w, func(p *paragraph) bool {
		return p.text == "Another program uses Ctrl+Alt+X already. Choose another key."
	})
	mute.SetText("F9")
	press(t, w, "Save")
	if got := w.chosenHotkeys(); w.sheet != nil || got[0] != "F9" || len(grabbed) != 4 {
		t.Errorf("chosen: %q; asked for %q", got, grabbed)
	}
	mute.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if mute.Text != "" {
		t.Error("Backspace does not clear")
	}
}

// TestTheDesktopChoosesHotkeys, as it does on Wayland: what is chosen here are wishes.
func TestTheDesktopChoosesHotkeys(t *testing.T) {
	w, _ := open(t)
	var asked [][]Hotkey
	ask := func(list []Hotkey) { asked = append(asked, list) }
	w.UseDesktopHotkeys(ask)
	if len(asked) > 0 {
		t.Errorf("asked for %v before anybody chose a key", asked)
	}
	w.showHotkeys()
	find(t, w, func(*keyField) bool { return true }).SetText("F9")
	press(t, w, "Ask the desktop")
	if len(asked) != 1 || asked[0][0] != (Hotkey{"mute", "Mute or unmute", "F9"}) || asked[0][1].Wish != "" {
		t.Errorf("asked for %v", asked)
	}
	w.GivenHotkeys([]string{"Strg+F9", "", ""})
	for _, text := range []string{
		"Mute or unmute: your desktop gives Strg+F9.",
		"Mark a chapter in the recording: your desktop gives no key. Choose one in its settings, under shortcuts.",
	} {
		find(t, w, func(p *paragraph) bool { return p.text == text })
	}
	press(t, w, "Done")
	w.GivenHotkeys([]string{"F1", "", ""}) // nobody looks
	w.UseDesktopHotkeys(ask)               // the next start
	if len(asked) != 2 {
		t.Errorf("asked %d times", len(asked))
	}
}

func TestCombination(t *testing.T) {
	for _, c := range []struct {
		key  fyne.KeyName
		held fyne.KeyModifier
		want string
	}{
		{fyne.KeyM, fyne.KeyModifierControl | fyne.KeyModifierAlt, "Ctrl+Alt+M"},
		{fyne.KeyM, fyne.KeyModifierShift, ""}, // a capital letter
		{fyne.KeyM, 0, ""},
		{fyne.KeyF9, 0, "F9"},
		{fyne.KeyF9, fyne.KeyModifierShift, "Shift+F9"},
		{fyne.KeyReturn, fyne.KeyModifierControl, ""},
		{desktop.KeyControlLeft, fyne.KeyModifierControl, ""},
		{fyne.KeyF, fyne.KeyModifierSuper, "Super+F"},
	} {
		if got := combination(c.key, c.held); got != c.want {
			t.Errorf("%s with %b: %q, want %q", c.key, c.held, got, c.want)
		}
	}
}

// TestIdleTellsNothing: what happens without a show is not told.
func TestIdleTellsNothing(t *testing.T) {
	w, _ := open(t)
	w.render(idle())
	s := idle()
	s.Settings.Audio.Muted = true
	s.Problems = []app.Problem{{Title: "The microphone was unplugged."}}
	w.render(s)
	if len(w.diary.moments) != 0 {
		t.Errorf("%+v", w.diary.moments)
	}
}
