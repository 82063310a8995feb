package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tally/app"
)

// settingCalled is a row of the open settings.
func settingCalled(t *testing.T, w *Window, name string) *setting {
	t.Helper()
	for _, s := range w.settings.all {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no setting %q", name)
	return nil
}

// visibleSettings are the names of those that are shown.
func visibleSettings(w *Window) string {
	var names []string
	for _, s := range w.settings.all {
		if s.row.Visible() {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ", ")
}

func TestSettingsApplyAtOnce(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	w.showSettings()
	settingCalled(t, w, "Picture size").control.(*sheetSelect).SetSelected(sizes()[0].label)
	settingCalled(t, w, "Frames per second").control.(*sheetSelect).SetSelected(rates()[0].label)
	if v := r.last().Video; r.took() != "Apply Apply" || v.Width != 1920 || v.Height != 1080 || v.FPS != 60 {
		t.Errorf("applied %+v", v)
	}
	kbps := settingCalled(t, w, "Picture bitrate, kbit/s")
	entry := kbps.control.(*sheetEntry)
	for _, wrong := range []string{"many", "99999"} {
		entry.SetText(wrong)
		press(t, w, "Done")
		if w.sheet == nil || r.took() != "" || kbps.said.color != colorBad {
			t.Fatalf("%q was taken for a bitrate", wrong)
		}
	}
	entry.SetText("4500")
	if r.took() != "" {
		t.Error("a number is taken over while it is typed")
	}
	entry.FocusLost()
	if got := r.took(); got != "Apply" || r.last().Video.BitrateKbps != 4500 {
		t.Errorf("asked %q", got)
	}
	press(t, w, "Done")
	if w.sheet != nil || r.took() != "" {
		t.Error("the settings stay, or were applied twice")
	}
}

func TestSettingsSearch(t *testing.T) {
	w, _ := open(t)
	w.render(ready())
	w.showSettings()
	simple := visibleSettings(w)
	if !strings.Contains(simple, "Picture size") || strings.Contains(simple, "Key frames") {
		t.Errorf("at first there are: %s", simple)
	}
	for search, want := range map[string]string{
		"resolution": "Picture size", "GOP": "Key frames", "theme": "Appearance", "latency": "Delay", "backup": "Export settings",
		"where recordings": "Folder", "xyzzy": "", "  FPS ": "Frames per second", "preset CPU": "Effort of the encoder, Lower the effort by itself when this computer is too slow",
	} {
		w.settings.search.SetText(search)
		if got := visibleSettings(w); got != want {
			t.Errorf("%q finds %q, want %q", search, got, want)
		}
		if w.settings.none.Visible() != (want == "") {
			t.Errorf("%q: that nothing was found is said: %v", search, w.settings.none.Visible())
		}
	}
	w.settings.search.SetText("")
	if got := visibleSettings(w); got != simple {
		t.Errorf("without a search there are: %s", got)
	}
	test.Tap(w.settings.more)
	for _, s := range w.settings.all {
		if !s.row.Visible() {
			t.Errorf("%q is not among all settings", s.name)
		}
	}
	if folded("Größe ÉCRAN") != "große ecran" {
		t.Errorf("folded to %q", folded("Größe ÉCRAN"))
	}
}

// TestWheelReachesTheList: nothing among the settings takes the mouse's wheel away.
func TestWheelReachesTheList(t *testing.T) {
	w, _ := open(t)
	w.render(ready())
	w.showSettings()
	test.Tap(w.settings.more)
	inSight(w.settings.scroll.Content, func(o fyne.CanvasObject) {
		if _, takes := o.(fyne.Scrollable); takes {
			t.Errorf("%T at %v takes the wheel", o, fyne.CurrentApp().Driver().AbsolutePositionForObject(o))
		}
	})
}

// TestCodecsAreChosen: another codec lets go of an encoder that was chosen by name,
// since it belongs to the codec before.
func TestCodecsAreChosen(t *testing.T) {
	w, r := open(t)
	s := ready()
	s.Settings.Video.Encoder = "libx264"
	r.settings = func() app.Settings { return s.Settings }
	w.render(s)
	w.showSettings()
	settingCalled(t, w, "Video codec").control.(*sheetSelect).SetSelected("HEVC")
	if v := r.last().Video; v.Codec != "hevc" || v.Encoder != "auto" {
		t.Errorf("applied %+v", v)
	}
	settingCalled(t, w, "Audio codec").control.(*sheetSelect).SetSelected("Opus")
	if a := r.last().Audio; a.Codec != "opus" {
		t.Errorf("applied %+v", a)
	}
}

// TestSettingsOnAir: what cannot change says why, what can does.
func TestSettingsOnAir(t *testing.T) {
	w, r := open(t)
	w.render(live())
	w.showSettings()
	for _, s := range w.settings.all {
		d, ok := s.control.(fyne.Disableable)
		if !ok {
			continue
		}
		if d.Disabled() != s.waits {
			t.Errorf("%q is disabled: %v", s.name, d.Disabled())
		}
		if s.waits && s.said.text != "This can change when the show is over." {
			t.Errorf("%q says %q", s.name, s.said.text)
		}
	}
	check := settingCalled(t, w, "Lower the bitrate by itself when the connection is too slow").control.(*sheetCheck)
	check.SetChecked(!check.Checked)
	if got := r.took(); got != "Apply" {
		t.Errorf("asked %q", got)
	}
}

// TestSettingsByKeyboard: whatever has the focus can be seen.
func TestSettingsByKeyboard(t *testing.T) {
	w, _ := open(t)
	w.win.Resize(fyne.NewSize(853, 533))
	w.render(ready())
	w.showSettings()
	test.Tap(w.settings.more)
	d := fyne.CurrentApp().Driver()
	c := w.win.Canvas()
	seen := map[fyne.Focusable]bool{}
	for range 60 {
		c.FocusNext()
		o, ok := c.Focused().(fyne.CanvasObject)
		if !ok {
			t.Fatal("nothing has the focus")
		}
		seen[c.Focused()] = true
		at, area := d.AbsolutePositionForObject(o), d.AbsolutePositionForObject(w.settings.scroll)
		inside := at.Y >= area.Y-1 && at.Y+o.Size().Height <= area.Y+w.settings.scroll.Size().Height+1
		for _, s := range w.settings.all {
			if (s.control == o || within(s.control, o)) && !inside {
				t.Errorf("%q has the focus and is out of sight", s.name)
			}
		}
	}
	for _, s := range w.settings.all {
		if f, ok := s.control.(fyne.Focusable); ok && !seen[f] {
			t.Errorf("Tab does not reach %q", s.name)
		}
	}
}

func TestProfilesInTheWindow(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	w.showSettings()
	newProfile := func(name string) {
		test.Tap(settingCalled(t, w, "New profile").control.(*sheetButton))
		entry := find(t, w, func(e *sheetEntry) bool { return e.PlaceHolder == "for example Sunday stream" })
		entry.SetText(name)
		press(t, w, "Save")
	}
	newProfile("Talk")
	newProfile("Talk")
	if note := find(t, w, func(p *paragraph) bool { return p.color == colorBad }); !strings.Contains(note.text, "already") {
		t.Errorf("the same name again: %q", note.text)
	}
	press(t, w, "Cancel")
	settingCalled(t, w, "Frames per second").control.(*sheetSelect).SetSelected(rates()[0].label)
	newProfile("Games")
	settingCalled(t, w, "Frames per second").control.(*sheetSelect).SetSelected(rates()[4].label)
	settingCalled(t, w, "Profile in use").control.(*sheetSelect).SetSelected("Talk")
	if s := r.last(); s.Profile != "Talk" || s.Video.FPS != 60 {
		t.Errorf("%q has %d fps", s.Profile, s.Video.FPS)
	}
	if got := settingCalled(t, w, "Frames per second").control.(*sheetSelect).Selected; got != rates()[0].label {
		t.Errorf("the settings show %q", got)
	}
	w.sheet.close()
	chooseInMenu(t, w, "Games")
	if s := r.last(); s.Profile != "Games" || s.Video.FPS != 24 {
		t.Errorf("%q has %d fps", s.Profile, s.Video.FPS)
	}
}

// chooseInMenu picks an item of the main menu, wherever it is.
func chooseInMenu(t *testing.T, w *Window, label string) {
	t.Helper()
	var look func(items []*fyne.MenuItem) bool
	look = func(items []*fyne.MenuItem) bool {
		for _, i := range items {
			if i.ChildMenu != nil && look(i.ChildMenu.Items) {
				return true
			}
			if i.Label == label && i.Action != nil {
				i.Action()
				return true
			}
		}
		return false
	}
	for _, m := range w.win.MainMenu().Items {
		if look(m.Items) {
			return
		}
	}
	t.Fatalf("there is no %q in the menu", label)
}

// TestImportIsAsked: a file is looked at before anything changes.
func TestImportIsAsked(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	other := app.DefaultSettings()
	other.Video.FPS = 50
	path := filepath.Join(t.TempDir(), "Tally.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.ExportSettings(f, other); err != nil {
		t.Fatal(err)
	}
	f.Close()
	w.importFile(path)
	if r.took() != "" {
		t.Error("nobody was asked")
	}
	press(t, w, "Import")
	if got := r.last(); got.Video.FPS != 50 || len(got.Destinations) != len(ready().Settings.Destinations) {
		t.Errorf("imported %+v", got)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.importFile(path)
	if find(t, w, func(p *paragraph) bool { return strings.HasPrefix(p.text, "This is no file") }) == nil || r.took() != "Apply" {
		t.Error("what is no file of settings was not refused")
	}
}

func TestLanguageChangesAtOnce(t *testing.T) {
	before := voice.Load()
	t.Cleanup(func() { voice.Store(before) })
	w, _ := open(t)
	w.render(ready())
	w.showSettings()
	w.settings.search.SetText("language")
	settingCalled(t, w, "Language").control.(*sheetSelect).SetSelected("Deutsch")
	if got := visibleSettings(w); got != "Sprache" || w.win.MainMenu().Items[1].Label != "Sendung" || w.languageChosen() != "de" {
		t.Errorf("in German there are: %s; the menu has %q", got, w.win.MainMenu().Items[1].Label)
	}
}

func TestAppearance(t *testing.T) {
	w, _ := open(t)
	w.render(ready())
	for name, want := range map[string]shades{"dark": dark, "light": light} {
		w.chooseAppearance(name)
		if got := shade(colorSurface); got != want[colorSurface] {
			t.Errorf("%s: a card is %v", name, got)
		}
	}
}
