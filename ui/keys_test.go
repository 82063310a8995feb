package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"tally/app"
)

// TestEveryKeyOnce: each item of the menu has a key, and no two have the same.
func TestEveryKeyOnce(t *testing.T) {
	w, _ := open(t)
	s := ready()
	for _, name := range []string{"Talk", "Games"} {
		var err error
		if s.Settings, err = s.Settings.NewProfile(name); err != nil {
			t.Fatal(err)
		}
	}
	w.render(s)
	taken := map[desktop.CustomShortcut]string{}
	var look func(items []*fyne.MenuItem)
	look = func(items []*fyne.MenuItem) {
		for _, i := range items {
			switch {
			case i.IsSeparator:
			case i.ChildMenu != nil:
				look(i.ChildMenu.Items)
			case i.Shortcut == nil:
				t.Errorf("%q has no key", i.Label)
			default:
				key := *i.Shortcut.(*desktop.CustomShortcut)
				if other := taken[key]; other != "" {
					t.Errorf("%q and %q are both %s", other, i.Label, key.ShortcutName())
				}
				taken[key] = i.Label
			}
		}
	}
	for _, m := range w.win.MainMenu().Items {
		look(m.Items)
	}
	if len(taken) < 20 {
		t.Errorf("only %d keys", len(taken))
	}
	before := w.win.MainMenu()
	w.render(s)
	if w.win.MainMenu() != before {
		t.Error("the menu is made anew although nothing has changed")
	}
	s.State = app.Live
	w.render(s)
	if profiles := w.win.MainMenu().Items[0].Items[1].ChildMenu.Items; !profiles[0].Disabled {
		t.Error("the profile can be changed on air")
	}
}
