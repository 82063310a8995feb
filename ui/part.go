package ui

import (
	"image"
	"image/color"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// partChooser is a still picture of a screen over which a rectangle is dragged, or
// moved with the arrow keys.
type partChooser struct {
	widget.BaseWidget
	keys    *sheetKeys
	picture image.Image
	part    image.Rectangle // in the picture's pixels
	from    image.Point     // where the mouse was pressed
	shift   bool            // is held: the arrows change the size
	focus   bool
	chosen  func(part image.Rectangle)
}

func newPartChooser(k *sheetKeys, chosen func(image.Rectangle)) *partChooser {
	c := &partChooser{keys: k, chosen: chosen, picture: image.NewRGBA(image.Rect(0, 0, 16, 9))}
	c.ExtendBaseWidget(c)
	return c
}

// whole is all of the picture.
func (c *partChooser) whole() image.Rectangle { return c.picture.Bounds() }

// show takes another picture. A part that is no longer in it is let go of.
func (c *partChooser) show(picture image.Image) {
	c.picture = picture
	if c.part = c.part.Intersect(c.whole()); c.part.Empty() {
		c.part = c.whole()
	}
	c.Refresh()
}

func (c *partChooser) set(part image.Rectangle) {
	c.part = part
	c.Refresh()
}

// pixel is the one of the picture that lies there.
func (c *partChooser) pixel(p fyne.Position) image.Point {
	s, b := c.Size(), c.whole()
	return image.Pt(
		min(max(int(p.X/s.Width*float32(b.Dx())+0.5), 0), b.Dx()),
		min(max(int(p.Y/s.Height*float32(b.Dy())+0.5), 0), b.Dy()),
	)
}

func (c *partChooser) MouseDown(e *desktop.MouseEvent) { c.from = c.pixel(e.Position) }
func (c *partChooser) MouseUp(*desktop.MouseEvent)     {}
func (c *partChooser) Cursor() desktop.Cursor          { return desktop.CrosshairCursor }
func (c *partChooser) DragEnd()                        {}

// Dragged spans the part from where the mouse was pressed. Its sides are even, as
// those of every video are.
func (c *partChooser) Dragged(e *fyne.DragEvent) {
	part := image.Rectangle{Min: c.from, Max: c.pixel(e.Position)}.Canon()
	part.Max.X -= part.Dx() % 2
	part.Max.Y -= part.Dy() % 2
	c.choose(part)
}

func (c *partChooser) choose(part image.Rectangle) {
	if part.Empty() || part == c.part {
		return
	}
	c.set(part)
	c.chosen(part)
}

// arrowStep is how far a press of an arrow key goes, in the picture's pixels. It is
// even, as the sides are.
const arrowStep = 10

var arrows = map[fyne.KeyName]image.Point{
	fyne.KeyLeft: {X: -arrowStep}, fyne.KeyRight: {X: arrowStep}, fyne.KeyUp: {Y: -arrowStep}, fyne.KeyDown: {Y: arrowStep},
}

// TypedKey moves the part, or with Shift its lower right corner. It stops at the edges.
func (c *partChooser) TypedKey(e *fyne.KeyEvent) {
	by, arrow := arrows[e.Name]
	switch {
	case !arrow:
		c.keys.take(e, true)
	case c.shift:
		part := c.part
		part.Max = part.Max.Add(by)
		part.Max.X, part.Max.Y = max(part.Max.X, part.Min.X+arrowStep), max(part.Max.Y, part.Min.Y+arrowStep)
		c.choose(part.Intersect(c.whole()))
	default:
		part, all := c.part.Add(by), c.whole()
		part = part.Add(image.Pt(max(all.Min.X-part.Min.X, 0), max(all.Min.Y-part.Min.Y, 0)))
		c.choose(part.Sub(image.Pt(max(part.Max.X-all.Max.X, 0), max(part.Max.Y-all.Max.Y, 0))))
	}
}

func (c *partChooser) KeyDown(e *fyne.KeyEvent) { c.shift = c.shift || isShift(e) }
func (c *partChooser) KeyUp(e *fyne.KeyEvent)   { c.shift = c.shift && !isShift(e) }
func (c *partChooser) FocusGained()             { c.focus = true; c.keys.gained(c); c.Refresh() }
func (c *partChooser) FocusLost()               { c.focus, c.shift = false, false; c.Refresh() }
func (c *partChooser) TypedRune(rune)           {}

func isShift(e *fyne.KeyEvent) bool {
	return e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight
}

func (c *partChooser) CreateRenderer() fyne.WidgetRenderer {
	r := &partRenderer{c: c, picture: &canvas.Image{FillMode: canvas.ImageFillStretch, ScaleMode: canvas.ImageScaleSmooth}}
	r.outline = &canvas.Rectangle{}
	for i := range r.dark {
		r.dark[i] = canvas.NewRectangle(color.NRGBA{A: 0x90})
	}
	r.Refresh()
	return r
}

type partRenderer struct {
	c       *partChooser
	picture *canvas.Image
	dark    [4]*canvas.Rectangle // over what viewers do not see
	outline *canvas.Rectangle
}

// highestPicture keeps the sheet lower than a small window, even for a screen that
// stands upright.
const highestPicture = 225

func (r *partRenderer) MinSize() fyne.Size {
	b := r.c.whole()
	h := min(partWidth*float32(b.Dy())/float32(b.Dx()), highestPicture)
	return fyne.NewSize(h*float32(b.Dx())/float32(b.Dy()), h)
}

func (r *partRenderer) Layout(s fyne.Size) {
	r.picture.Resize(s)
	b, p := r.c.whole(), r.c.part
	sx, sy := s.Width/float32(b.Dx()), s.Height/float32(b.Dy())
	left, top, right, bottom := float32(p.Min.X)*sx, float32(p.Min.Y)*sy, float32(p.Max.X)*sx, float32(p.Max.Y)*sy
	place := func(o fyne.CanvasObject, x, y, x2, y2 float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(x2-x, y2-y))
	}
	place(r.dark[0], 0, 0, s.Width, top)
	place(r.dark[1], 0, bottom, s.Width, s.Height)
	place(r.dark[2], 0, top, left, bottom)
	place(r.dark[3], right, top, s.Width, bottom)
	place(r.outline, left, top, right, bottom)
}

func (r *partRenderer) Refresh() {
	r.outline.StrokeColor, r.outline.StrokeWidth = shade(theme.ColorNamePrimary), 2
	if r.c.focus {
		r.outline.StrokeWidth = 4
	}
	if r.picture.Image != r.c.picture {
		r.picture.Image = r.c.picture
		r.picture.Refresh()
	}
	r.Layout(r.c.Size())
	canvas.Refresh(r.c)
}

func (r *partRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.picture, r.dark[0], r.dark[1], r.dark[2], r.dark[3], r.outline}
}
func (r *partRenderer) Destroy() {}

// numberRow names the four numbers of a part.
func numberRow(n [4]*sheetEntry) fyne.CanvasObject {
	return container.NewGridWithColumns(4,
		field(tr("Width"), n[0], nil), field(tr("Height"), n[1], nil),
		field(tr("From the left"), n[2], nil), field(tr("From the top"), n[3], nil))
}

func wholeNumber(s string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 15)
	return int(n), err == nil
}
