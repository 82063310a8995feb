package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// toolButton is a small button with a drawing and a word, which may be lit.
type toolButton struct {
	widget.BaseWidget
	label        string
	name         string // of one without a label
	icon         fyne.Resource
	lit          bool
	fill         fyne.ThemeColorName // of its own, else none
	text         fyne.ThemeColorName
	tapped       func()
	hover, focus bool
}

func newToolButton(label string, icon fyne.Resource, tapped func()) *toolButton {
	b := &toolButton{label: label, icon: icon, tapped: tapped, text: theme.ColorNameForeground}
	b.ExtendBaseWidget(b)
	return b
}

func (b *toolButton) set(label string, icon fyne.Resource, lit bool) {
	if b.label != label || b.icon != icon || b.lit != lit {
		b.label, b.icon, b.lit = label, icon, lit
		b.Refresh()
	}
}

func (b *toolButton) Tapped(*fyne.PointEvent)        { b.tapped() }
func (b *toolButton) Cursor() desktop.Cursor         { return desktop.PointerCursor }
func (b *toolButton) MouseIn(*desktop.MouseEvent)    { b.hover = true; b.Refresh() }
func (b *toolButton) MouseMoved(*desktop.MouseEvent) {}
func (b *toolButton) MouseOut()                      { b.hover = false; b.Refresh() }
func (b *toolButton) FocusGained()                   { b.focus = true; b.Refresh() }
func (b *toolButton) FocusLost()                     { b.focus = false; b.Refresh() }
func (b *toolButton) TypedRune(rune)                 {}

func (b *toolButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.tapped()
	default:
		passOn(b, e)
	}
}

func (b *toolButton) CreateRenderer() fyne.WidgetRenderer {
	r := &toolRenderer{b: b, back: &canvas.Rectangle{}, over: &canvas.Rectangle{}, icon: widget.NewIcon(nil), label: canvas.NewText("", nil)}
	r.update()
	return r
}

type toolRenderer struct {
	b          *toolButton
	back, over *canvas.Rectangle
	icon       *widget.Icon
	label      *canvas.Text
}

const toolIcon = 16

func (r *toolRenderer) update() {
	b := r.b
	radius := size(theme.SizeNameButtonRadius)
	fill, text := theme.ColorNameButton, b.text
	if b.fill != "" {
		fill = b.fill
	}
	if b.lit {
		fill, text = colorCaution, colorOnCaution
	}
	r.back.FillColor, r.back.CornerRadius = shade(fill), radius
	r.back.StrokeWidth = 0
	if b.focus {
		r.back.StrokeWidth, r.back.StrokeColor = 2, shade(theme.ColorNameForeground)
	}
	r.over.FillColor, r.over.CornerRadius, r.over.Hidden = shade(theme.ColorNameHover), radius, !b.hover
	if b.icon != nil {
		r.icon.SetResource(theme.NewColoredResource(b.icon, text))
	}
	show(r.icon, b.icon != nil)
	r.label.Text, r.label.Color, r.label.TextSize = b.label, shade(text), size(sizeSmall)
	r.label.TextStyle.Bold = true
}

func (r *toolRenderer) parts() (icon, label float32) {
	if r.b.icon != nil {
		icon = toolIcon
		if r.b.label != "" {
			icon += 6
		}
	}
	if r.b.label != "" {
		label = r.label.MinSize().Width
	}
	return icon, label
}

func (r *toolRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.over.Resize(s)
	icon, label := r.parts()
	x := (s.Width - icon - label) / 2
	r.icon.Resize(fyne.NewSquareSize(toolIcon))
	r.icon.Move(fyne.NewPos(x, (s.Height-toolIcon)/2))
	h := r.label.MinSize().Height
	r.label.Resize(fyne.NewSize(label, h))
	r.label.Move(fyne.NewPos(x+icon, (s.Height-h)/2))
}

func (r *toolRenderer) MinSize() fyne.Size {
	icon, label := r.parts()
	return fyne.NewSize(icon+label+20, r.label.MinSize().Height+6)
}

func (r *toolRenderer) Refresh() {
	r.update()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

func (r *toolRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.over, r.icon, r.label}
}
func (r *toolRenderer) Destroy() {}
