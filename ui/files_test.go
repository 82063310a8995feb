package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestFileDialogs opens each dialog for a file. Escape closes it, and the window's
// keys work again.
func TestFileDialogs(t *testing.T) {
	w, _ := open(t)
	said := hintText("", 100)
	for name, ask := range map[string]func(){
		"open":   func() { w.chooseFile([]string{".json"}, func(string) {}) },
		"folder": func() { w.chooseFolder(func(string) {}) },
		"save":   func() { w.saveText("Tally.json", "{}", said) },
	} {
		ask()
		if w.dialog == nil || w.win.Canvas().Overlays().Top() == nil {
			t.Fatalf("%s: no dialog", name)
		}
		w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if w.dialog != nil || w.win.Canvas().Overlays().Top() != nil {
			t.Fatalf("%s: Escape does not close it", name)
		}
	}
}
