package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// switchBox is an on/off switch. It shows what it was set to: a tap asks for a
// change, and the change comes back by set.
type switchBox struct {
	widget.BaseWidget
	name         string // what it switches
	on           bool
	asked        func(on bool)
	hover, focus bool
}

func newSwitchBox(name string, asked func(bool)) *switchBox {
	b := &switchBox{name: name, asked: asked}
	b.ExtendBaseWidget(b)
	return b
}

func (b *switchBox) set(on bool) {
	if b.on != on {
		b.on = on
		b.Refresh()
	}
}

func (b *switchBox) Tapped(*fyne.PointEvent)        { b.asked(!b.on) }
func (b *switchBox) Cursor() desktop.Cursor         { return desktop.PointerCursor }
func (b *switchBox) MouseIn(*desktop.MouseEvent)    { b.hover = true; b.Refresh() }
func (b *switchBox) MouseMoved(*desktop.MouseEvent) {}
func (b *switchBox) MouseOut()                      { b.hover = false; b.Refresh() }
func (b *switchBox) FocusGained()                   { b.focus = true; b.Refresh() }
func (b *switchBox) FocusLost()                     { b.focus = false; b.Refresh() }
func (b *switchBox) TypedRune(rune)                 {}

func (b *switchBox) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.asked(!b.on)
	default:
		passOn(b, e)
	}
}

func (b *switchBox) CreateRenderer() fyne.WidgetRenderer {
	r := &switchRenderer{b: b, track: &canvas.Rectangle{}, knob: &canvas.Circle{}}
	r.update()
	return r
}

type switchRenderer struct {
	b     *switchBox
	track *canvas.Rectangle
	knob  *canvas.Circle
}

const switchWidth, switchHeight = 42, 24

func (r *switchRenderer) update() {
	r.track.FillColor, r.knob.FillColor = shade(colorOff), shade(colorOnOff)
	if r.b.on {
		r.track.FillColor, r.knob.FillColor = shade(theme.ColorNamePrimary), shade(theme.ColorNameForegroundOnPrimary)
	}
	r.track.CornerRadius, r.track.StrokeWidth = switchHeight/2, 0
	if r.b.focus {
		r.track.StrokeWidth, r.track.StrokeColor = 2, shade(theme.ColorNameForeground)
	}
}

func (r *switchRenderer) Layout(s fyne.Size) {
	at := fyne.NewPos((s.Width-switchWidth)/2, (s.Height-switchHeight)/2)
	r.track.Resize(fyne.NewSize(switchWidth, switchHeight))
	r.track.Move(at)
	const d = switchHeight - 8
	r.knob.Resize(fyne.NewSquareSize(d))
	x := float32(4)
	if r.b.on {
		x = switchWidth - d - 4
	}
	r.knob.Move(at.AddXY(x, 4))
}

func (r *switchRenderer) MinSize() fyne.Size { return fyne.NewSize(switchWidth, switchHeight) }

func (r *switchRenderer) Refresh() {
	r.update()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

func (r *switchRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.track, r.knob} }
func (r *switchRenderer) Destroy()                     {}
