package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// picker shows what is chosen, with a detail under it, and opens a menu of what
// else there is. Its menu is made when it opens, so the list is never old.
type picker struct {
	widget.BaseWidget
	name          string // what is chosen with it
	icon          fyne.Resource
	label, detail string
	detailColor   fyne.ThemeColorName
	menu          func() *fyne.Menu
	opening       func() // asked for when the user opens the menu
	popUp         *widget.PopUpMenu
	listed        []string // see list
	off           bool
	hover, focus  bool
}

func newPicker(name string, menu func() *fyne.Menu) *picker {
	p := &picker{name: name, menu: menu, detailColor: colorSecondary}
	p.ExtendBaseWidget(p)
	return p
}

func (p *picker) set(icon fyne.Resource, label, detail string, color fyne.ThemeColorName, off bool) {
	if p.icon == icon && p.label == label && p.detail == detail && p.detailColor == color && p.off == off {
		return
	}
	p.icon, p.label, p.detail, p.detailColor, p.off = icon, label, detail, color, off
	p.Refresh()
}

func (p *picker) open() {
	if p.off {
		return
	}
	if p.opening != nil {
		p.opening()
	}
	p.showMenu()
}

// list says by which words one list of choices is told from another. A menu that is
// open is shown anew when they change.
func (p *picker) list(now []string) {
	if slices.Equal(now, p.listed) {
		return
	}
	p.listed = now
	if p.popUp != nil && p.popUp.Visible() {
		p.popUp.Hide()
		p.showMenu()
	}
}

func (p *picker) showMenu() {
	d := fyne.CurrentApp().Driver()
	c := d.CanvasForObject(p)
	if c == nil {
		return
	}
	m := widget.NewPopUpMenu(p.menu(), c)
	p.popUp = m
	at := d.AbsolutePositionForObject(p)
	s := m.MinSize()
	s.Width = max(s.Width, p.Size().Width)
	x := min(at.X, c.Size().Width-gap-s.Width)
	m.ShowAtPosition(fyne.NewPos(max(x, 0), at.Y+p.Size().Height+2))
	m.Resize(s)
}

func (p *picker) Tapped(*fyne.PointEvent)        { p.focusMe(); p.open() }
func (p *picker) Cursor() desktop.Cursor         { return desktop.DefaultCursor }
func (p *picker) MouseIn(*desktop.MouseEvent)    { p.hover = true; p.Refresh() }
func (p *picker) MouseMoved(*desktop.MouseEvent) {}
func (p *picker) MouseOut()                      { p.hover = false; p.Refresh() }
func (p *picker) FocusGained()                   { p.focus = true; p.Refresh() }
func (p *picker) FocusLost()                     { p.focus = false; p.Refresh() }
func (p *picker) TypedRune(rune)                 {}

func (p *picker) focusMe() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil && c.Focused() != fyne.Focusable(p) {
		c.Focus(p)
	}
}

func (p *picker) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyDown, fyne.KeyUp:
		p.open()
	default:
		passOn(p, e)
	}
}

func (p *picker) CreateRenderer() fyne.WidgetRenderer {
	r := &pickerRenderer{
		p: p, back: &canvas.Rectangle{}, over: &canvas.Rectangle{},
		icon: widget.NewIcon(nil), arrow: widget.NewIcon(theme.MenuDropDownIcon()),
		label: canvas.NewText("", nil), detail: canvas.NewText("", nil),
	}
	r.update()
	return r
}

type pickerRenderer struct {
	p             *picker
	back, over    *canvas.Rectangle
	icon, arrow   *widget.Icon
	label, detail *canvas.Text
}

func (r *pickerRenderer) update() {
	p := r.p
	radius := size(theme.SizeNameInputRadius)
	r.back.FillColor, r.back.CornerRadius = shade(theme.ColorNameInputBackground), radius
	r.back.StrokeColor, r.back.StrokeWidth = shade(theme.ColorNameInputBorder), 1
	r.over.FillColor, r.over.CornerRadius = shade(theme.ColorNameHover), radius
	r.over.Hidden = p.off || !p.hover
	if p.focus {
		r.back.StrokeColor, r.back.StrokeWidth = shade(theme.ColorNamePrimary), 2
	}
	r.icon.SetResource(p.icon)
	show(r.arrow, !p.off)
	r.label.Color, r.label.TextSize = shade(theme.ColorNameForeground), size(theme.SizeNameText)
	r.detail.Color, r.detail.TextSize = shade(p.detailColor), size(sizeSmall)
}

func (r *pickerRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.over.Resize(s)
	const icon, left, right = 22, 10, 10
	r.icon.Resize(fyne.NewSquareSize(icon))
	r.icon.Move(fyne.NewPos(left, (s.Height-icon)/2))
	arrow := size(theme.SizeNameInlineIcon)
	r.arrow.Resize(fyne.NewSquareSize(arrow))
	r.arrow.Move(fyne.NewPos(s.Width-right-arrow, (s.Height-arrow)/2))

	x := float32(left + icon + 10)
	w := s.Width - x - right - arrow - 6
	fit := func(t *canvas.Text, text string) {
		measure := func(v string) fyne.Size { return fyne.MeasureText(v, t.TextSize, t.TextStyle) }
		t.Text = ellipsis(text, w, measure)
	}
	fit(r.label, r.p.label)
	fit(r.detail, r.p.detail)
	a, b := r.label.MinSize().Height, r.detail.MinSize().Height
	if r.p.detail == "" {
		b = 0
	}
	y := (s.Height - a - b) / 2
	r.label.Resize(fyne.NewSize(w, a))
	r.label.Move(fyne.NewPos(x, y))
	r.detail.Resize(fyne.NewSize(w, b))
	r.detail.Move(fyne.NewPos(x, y+a))
}

func (r *pickerRenderer) MinSize() fyne.Size { return fyne.NewSize(180, 44) }

func (r *pickerRenderer) Refresh() {
	r.update()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}

func (r *pickerRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.over, r.icon, r.label, r.detail, r.arrow}
}
func (r *pickerRenderer) Destroy() {}
