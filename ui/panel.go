package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

// Distances, in Fyne's units.
const (
	gap     = 12 // between the parts of the window, and around them
	near    = 8  // between cards that belong together
	tight   = 4  // between a caption and what it names
	inside  = 10 // from the edge of a card to what it holds
	rounded = 10 // corners of a card
)

// panel is a filled surface with content on it.
type panel struct {
	widget.BaseWidget
	content fyne.CanvasObject
	fill    fyne.ThemeColorName
	edge    fyne.ThemeColorName // none when empty
	radius  float32
	padX    float32
	padY    float32
}

func newPanel(content fyne.CanvasObject, fill fyne.ThemeColorName) *panel {
	p := &panel{content: content, fill: fill, radius: rounded, padX: inside, padY: inside}
	p.ExtendBaseWidget(p)
	return p
}

// newCard is the usual panel of the window.
func newCard(content fyne.CanvasObject) *panel {
	p := newPanel(content, colorSurface)
	p.edge = colorEdge
	return p
}

func (p *panel) setFill(fill fyne.ThemeColorName) {
	if p.fill != fill {
		p.fill = fill
		p.Refresh()
	}
}

func (p *panel) CreateRenderer() fyne.WidgetRenderer {
	r := &panelRenderer{p: p, back: &canvas.Rectangle{}}
	r.color()
	return r
}

type panelRenderer struct {
	p    *panel
	back *canvas.Rectangle
}

func (r *panelRenderer) color() {
	r.back.FillColor = shade(r.p.fill)
	r.back.CornerRadius = r.p.radius
	r.back.StrokeWidth = 0
	if r.p.edge != "" {
		r.back.StrokeColor, r.back.StrokeWidth = shade(r.p.edge), 1
	}
}

func (r *panelRenderer) Layout(s fyne.Size) {
	r.back.Resize(s)
	r.p.content.Move(fyne.NewPos(r.p.padX, r.p.padY))
	r.p.content.Resize(s.SubtractWidthHeight(2*r.p.padX, 2*r.p.padY))
}

func (r *panelRenderer) MinSize() fyne.Size {
	return r.p.content.MinSize().AddWidthHeight(2*r.p.padX, 2*r.p.padY)
}

func (r *panelRenderer) Refresh() {
	r.color()
	canvas.Refresh(r.back)
}

func (r *panelRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.back, r.p.content}
}
func (r *panelRenderer) Destroy() {}

// column stacks objects with a fixed distance.
func column(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(space), objects...)
}

// row puts objects side by side with a fixed distance, each as high as the
// highest.
func row(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(space), objects...)
}

// pad keeps a distance around an object.
func pad(top, bottom, left, right float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// vcenter keeps an object at its own height in the middle of a row.
func vcenter(o fyne.CanvasObject) *fyne.Container { return container.New(centerRow{}, o) }

type centerRow struct{}

func (centerRow) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (centerRow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[0].Move(fyne.NewPos(0, (s.Height-h)/2))
}

// ends puts left at the left end, where it gets what is left over, and right at
// the right end.
func ends(left, right fyne.CanvasObject) *fyne.Container {
	return container.New(endsLayout{}, left, right)
}

type endsLayout struct{}

func (endsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	if !o[1].Visible() {
		b = fyne.Size{}
	}
	return fyne.NewSize(a.Width+b.Width+8, max(a.Height, b.Height))
}

func (endsLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	a, b := o[0].MinSize(), o[1].MinSize()
	w := s.Width
	if o[1].Visible() {
		w -= b.Width + 8
	}
	o[0].Resize(fyne.NewSize(w, a.Height))
	o[0].Move(fyne.NewPos(0, (s.Height-a.Height)/2))
	o[1].Resize(b)
	o[1].Move(fyne.NewPos(s.Width-b.Width, (s.Height-b.Height)/2))
}

// widthOf gives an object a fixed least width.
func widthOf(width float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(leastWidth(width), o)
}

type leastWidth float32

func (w leastWidth) MinSize(o []fyne.CanvasObject) fyne.Size {
	m := o[0].MinSize()
	return fyne.NewSize(max(m.Width, float32(w)), m.Height)
}

func (w leastWidth) Layout(o []fyne.CanvasObject, s fyne.Size) { o[0].Resize(s) }

// show makes an object visible or not, and touches nothing when it is already.
func show(o fyne.CanvasObject, visible bool) {
	switch {
	case visible && !o.Visible():
		o.Show()
	case !visible && o.Visible():
		o.Hide()
	}
}

// borderLeft puts left at its own width, and rest beside it.
func borderLeft(left, rest fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewBorderLayout(nil, nil, left, nil), left, rest) // in this order Tab goes through them
}
