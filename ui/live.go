package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// liveButton is the one big button: GO LIVE, or END.
type liveButton struct {
	widget.BaseWidget
	label, detail string
	fill, text    fyne.ThemeColorName
	tapped        func()
	off           bool
	hover, focus  bool
}

func newLiveButton(tapped func()) *liveButton {
	b := &liveButton{label: tr("GO LIVE"), fill: colorGo, text: colorOnGo, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

func (b *liveButton) render(s app.Snapshot) {
	n := liveButton{label: tr("END"), fill: colorOff, text: colorOnOff}
	switch {
	case s.State == app.Idle || s.State == "":
		n.label, n.fill, n.text = tr("GO LIVE"), colorGo, colorOnGo
		n.detail = goDetail(s.Settings)
	case s.State == app.Ending:
		n.label, n.detail, n.off = tr("ENDING"), tr("saying goodbye to the server"), true
	case s.State == app.Connecting:
		n.detail = tr("stop connecting")
	case s.Rehearsal.Running:
		n.detail = tr("stop the rehearsal")
	default:
		n.detail = tr("stop streaming")
		n.fill, n.text = colorOnAir, colorOnOnAir
	}
	if b.label == n.label && b.detail == n.detail && b.fill == n.fill && b.off == n.off {
		return
	}
	b.label, b.detail, b.fill, b.text, b.off = n.label, n.detail, n.fill, n.text, n.off
	b.Refresh()
}

// goDetail says where GO LIVE goes.
func goDetail(s app.Settings) string {
	switch to := enabled(s); len(to) {
	case 0:
		return tr("as a rehearsal – nobody sees it")
	case 1:
		return tr("to %s", to[0].Name)
	default:
		return trn(len(to), "to %d place", "to %d places")
	}
}

func enabled(s app.Settings) []app.Destination {
	var out []app.Destination
	for _, d := range s.Destinations {
		if d.Enabled {
			out = append(out, d)
		}
	}
	return out
}

func (b *liveButton) Tapped(*fyne.PointEvent) {
	if !b.off {
		b.tapped()
	}
}

func (b *liveButton) Cursor() desktop.Cursor         { return desktop.PointerCursor }
func (b *liveButton) MouseIn(*desktop.MouseEvent)    { b.hover = true; b.Refresh() }
func (b *liveButton) MouseMoved(*desktop.MouseEvent) {}
func (b *liveButton) MouseOut()                      { b.hover = false; b.Refresh() }
func (b *liveButton) FocusGained()                   { b.focus = true; b.Refresh() }
func (b *liveButton) FocusLost()                     { b.focus = false; b.Refresh() }
func (b *liveButton) TypedRune(rune)                 {}

func (b *liveButton) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	default:
		passOn(b, e)
	}
}

func (b *liveButton) CreateRenderer() fyne.WidgetRenderer {
	r := &liveRenderer{
		b: b, back: &canvas.Rectangle{CornerRadius: rounded}, over: &canvas.Rectangle{CornerRadius: rounded},
		label: canvas.NewText("", nil), detail: canvas.NewText("", nil),
	}
	r.update()
	return r
}

type liveRenderer struct {
	b             *liveButton
	back, over    *canvas.Rectangle
	label, detail *canvas.Text
}

func (r *liveRenderer) update() {
	b := r.b
	r.back.FillColor = shade(b.fill)
	r.over.FillColor = shade(theme.ColorNameHover)
	r.over.Hidden = !b.hover || b.off
	r.over.StrokeWidth = 0
	if b.focus {
		r.over.Hidden = false
		r.over.StrokeWidth, r.over.StrokeColor = 3, shade(theme.ColorNameForeground)
	}
	c := shade(b.text)
	r.label.Text, r.label.Color, r.label.TextSize, r.label.TextStyle.Bold = b.label, c, size(sizeGo), true
	r.detail.Text, r.detail.Color, r.detail.TextSize = b.detail, c, size(sizeSmall)
}

func (r *liveRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.over.Resize(s)
	measure := func(text string) fyne.Size { return fyne.MeasureText(text, size(sizeSmall), fyne.TextStyle{}) }
	r.detail.Text = ellipsis(r.b.detail, s.Width-24, measure)
	a, d := r.label.MinSize(), r.detail.MinSize()
	y := (s.Height - a.Height - d.Height) / 2
	r.label.Resize(a)
	r.label.Move(fyne.NewPos((s.Width-a.Width)/2, y))
	r.detail.Resize(d)
	r.detail.Move(fyne.NewPos((s.Width-d.Width)/2, y+a.Height))
}

func (r *liveRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 60) }

func (r *liveRenderer) Refresh() {
	r.update()
	r.Layout(r.b.Size())
	canvas.Refresh(r.b)
}

func (r *liveRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.over, r.label, r.detail}
}
func (r *liveRenderer) Destroy() {}
