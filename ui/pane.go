package ui

import (
	"image"
	"reflect"
	"strings"

	"fyne.io/fyne/v2"
)

// Pane is a part of the screen that pictures are put on past Fyne, which repaints
// the whole window for each of them. It lies over the window, so it has holes where
// something of the window lies over the picture, and is away while a sheet or a
// menu is open. Its methods are for Fyne's goroutine and return at once.
type Pane interface {
	// Place says where the pane is, in pixels from the window's upper left corner,
	// and which parts of that are to be seen. They do not overlap; none: it is away.
	Place(at image.Rectangle, seen []image.Rectangle)
	// Put shows pixels in the screen's own order, BGRA, as many as the pane has.
	// They may change when it returns.
	Put(pix []byte)
}

// UsePanes gives the picture and the meter panes of their own.
func (w *Window) UsePanes(picture, meter Pane) {
	w.studio.Preview().ForScreen()
	w.panes = [2]Pane{picture, meter}
	w.handPanes()
	w.usePace()
}

// handPanes gives them to what has been built.
func (w *Window) handPanes() {
	for i, p := range []*placed{&w.preview.pane, &w.sound.meter.pane} {
		p.Pane = w.panes[i]
		if p.Pane != nil {
			p.Place(image.Rectangle{}, nil) // what was built before may have left it somewhere
		}
	}
}

// placed is a pane and where it was placed. Without a pane it is never on.
type placed struct {
	Pane
	at    image.Rectangle
	holes []image.Rectangle
	clip  image.Rectangle
	on    bool
}

// place moves the pane, if it is somewhere else. It tells whether that changed its
// size.
func (p *placed) place(at, clip image.Rectangle, holes []image.Rectangle) (resized bool) {
	if at.Empty() {
		p.away()
		return false
	}
	if p.on && at == p.at && clip == p.clip && equalRects(holes, p.holes) {
		return false
	}
	resized = at.Size() != p.at.Size()
	seen := []image.Rectangle{at.Intersect(clip)}
	for _, h := range holes {
		seen = without(seen, h)
	}
	p.at, p.clip, p.on = at, clip, true
	p.holes = append(p.holes[:0], holes...)
	p.Place(at, seen)
	return resized
}

func (p *placed) away() {
	if p.on {
		p.on = false
		p.Place(p.at, nil)
	}
}

func equalRects(a, b []image.Rectangle) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// without cuts a hole into an area.
func without(area []image.Rectangle, hole image.Rectangle) []image.Rectangle {
	var out []image.Rectangle
	for _, r := range area {
		h := hole.Intersect(r)
		if h.Empty() {
			out = append(out, r)
			continue
		}
		for _, part := range []image.Rectangle{
			image.Rect(r.Min.X, r.Min.Y, r.Max.X, h.Min.Y), // over it
			image.Rect(r.Min.X, h.Max.Y, r.Max.X, r.Max.Y), // under it
			image.Rect(r.Min.X, h.Min.Y, h.Min.X, h.Max.Y), // left
			image.Rect(h.Max.X, h.Min.Y, r.Max.X, h.Max.Y), // right
		} {
			if part.Min.X < part.Max.X && part.Min.Y < part.Max.Y {
				out = append(out, part)
			}
		}
	}
	return out
}

// placePanes puts the panes where they belong, or away while something lies over
// all of the window.
func (w *Window) placePanes() {
	p, m := w.preview, w.sound.meter
	if p.pane.Pane == nil {
		return
	}
	c := w.win.Canvas()
	free := c.Overlays().Top() == nil && !w.menuIsOpen()
	w.holes = w.holes[:0]
	if w.tips.box.Visible() {
		w.holes = append(w.holes, pixels(c, whereIs(w.tips.layer), w.tips.box))
	}
	tip := w.holes
	at := whereIs(p.root)
	for _, o := range p.over {
		if o.Visible() {
			w.holes = append(w.holes, pixels(c, at, o))
		}
	}
	p.place(pixels(c, at, p.raster), free, w.holes)
	m.place(pixels(c, whereIs(m).Subtract(m.Position()), m), free, pixels(c, whereIs(w.scroll).Subtract(w.scroll.Position()), w.scroll), tip)
}

// whereIs is the position of an object on the window. Finding out means looking through
// all of them.
func whereIs(o fyne.CanvasObject) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
}

// menuIsOpen tells whether one of the main menu is. Fyne does not tell; but while
// it is, the focus is on its part of the bar.
func (w *Window) menuIsOpen() bool {
	f := w.win.Canvas().Focused()
	return f != nil && strings.HasSuffix(reflect.TypeOf(f).String(), "glfw.menuBarItem")
}

// pixels is where an object is on the window, in a container that is at base.
func pixels(c fyne.Canvas, base fyne.Position, o fyne.CanvasObject) image.Rectangle {
	at := base.Add(o.Position())
	x0, y0 := c.PixelCoordinateForPosition(at)
	x1, y1 := c.PixelCoordinateForPosition(at.AddXY(o.Size().Width, o.Size().Height))
	return image.Rect(x0, y0, x1, y1)
}
