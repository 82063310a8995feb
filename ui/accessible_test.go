package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

// TestEveryControlHasAName: in every state and every sheet.
func TestEveryControlHasAName(t *testing.T) {
	for state, snapshot := range allStates {
		w, _ := open(t)
		w.render(snapshot())
		named(t, state, w.win.Content())
		for sheet, show := range map[string]func(){"settings": w.showSettings, "destinations": w.showDestinations, "files": w.showFiles, "name": w.newProfile} {
			show()
			named(t, state+", "+sheet, w.win.Canvas().Overlays().Top())
			w.sheet.close()
		}
	}
}

func named(t *testing.T, where string, root fyne.CanvasObject) {
	t.Helper()
	inSight(root, func(o fyne.CanvasObject) {
		_, focusable := o.(fyne.Focusable)
		a, accessible := o.(fyne.Accessible)
		switch o.(type) {
		case *sheetEntry, *sheetSelect, *sheetCheck, *widget.Entry:
			return // Fyne's own have no name yet; the line over them has
		}
		if focusable && (!accessible || a.AccessibilityLabel() == "" || a.AccessibilityRole() == "") {
			t.Errorf("%s: %T has no name", where, o)
		}
	})
}

// TestFocusFollowsTheEye: Tab goes through the window column by column and down,
// reaches everything that can be pressed, and shows where it is.
func TestFocusFollowsTheEye(t *testing.T) {
	for state, snapshot := range allStates {
		w, _ := open(t)
		w.render(snapshot())
		want := map[fyne.Focusable]bool{}
		inSight(w.win.Content(), func(o fyne.CanvasObject) {
			if f, ok := o.(fyne.Focusable); ok {
				want[f] = true
			}
		})
		d := fyne.CurrentApp().Driver()
		c := w.win.Canvas()
		var at fyne.Position
		for i := range len(want) {
			c.FocusNext()
			o := c.Focused().(fyne.CanvasObject)
			if !want[c.Focused()] {
				t.Fatalf("%s: Tab reaches %T, or comes back to it before it was everywhere", state, o)
			}
			delete(want, c.Focused())
			now := d.AbsolutePositionForObject(o)
			middle := w.preview.root.Size().Width
			sameColumn := now.X < middle == (at.X < middle)
			if i > 0 && sameColumn && now.Y < at.Y-o.Size().Height {
				t.Errorf("%s: the focus goes up to %T at %v from %v", state, o, now, at)
			}
			at = now
		}
	}
}

// inSight calls f for everything that is not hidden, nor in something that is.
func inSight(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	if !o.Visible() {
		return
	}
	f(o)
	var in []fyne.CanvasObject
	switch o := o.(type) {
	case *fyne.Container:
		in = o.Objects
	case fyne.Widget:
		in = test.WidgetRenderer(o).Objects()
	}
	for _, child := range in {
		inSight(child, f)
	}
}

// TestFocusIsVisible: each thing that can have the focus looks different with it.
func TestFocusIsVisible(t *testing.T) {
	w, _ := open(t)
	w.render(recorded())
	c := w.win.Canvas()
	without := w.capture()
	for range 8 {
		c.FocusNext()
		if same(without, w.capture()) {
			t.Errorf("nobody can see that %T has the focus", c.Focused())
		}
		c.Unfocus()
	}
}

func same(a, b image.Image) bool {
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}
