package ui

import "fyne.io/fyne/v2"

// studioLayout places the picture, the strip under it, and the controls at the
// right. The picture gets the room of its shape; the strip lives on what is
// left over. Scenes and a mixer will share the strip.
type studioLayout struct{}

const (
	sideLeast, sideMost   = 290, 360
	stripLeast, stripMost = 134, 230
)

func (studioLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	p := o[0].MinSize()
	return fyne.NewSize(p.Width+gap+sideLeast, p.Height+gap+stripLeast)
}

func (studioLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	side := min(max(s.Width*0.27, sideLeast), sideMost)
	w := s.Width - side - gap
	strip := min(max(s.Height-gap-w*9/16, stripLeast), stripMost)
	h := s.Height - gap - strip

	o[0].Resize(fyne.NewSize(w, h))
	o[0].Move(fyne.NewPos(0, 0))
	o[1].Resize(fyne.NewSize(w, strip))
	o[1].Move(fyne.NewPos(0, h+gap))
	o[2].Resize(fyne.NewSize(side, s.Height))
	o[2].Move(fyne.NewPos(w+gap, 0))
}

// stripLayout gives the first object what the second leaves.
type stripLayout struct{}

func (stripLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	m := o[0].MinSize()
	if o[1].Visible() {
		n := o[1].MinSize()
		m = fyne.NewSize(m.Width, max(m.Height, n.Height))
	}
	return m
}

func (stripLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := s.Width
	if o[1].Visible() {
		n := min(max(o[1].MinSize().Width, s.Width*0.42), s.Width*0.6)
		w -= n + gap
		o[1].Resize(fyne.NewSize(n, s.Height))
		o[1].Move(fyne.NewPos(w+gap, 0))
	}
	o[0].Resize(fyne.NewSize(w, s.Height))
	o[0].Move(fyne.Position{})
}

// sideLayout keeps the second object at the bottom; the first scrolls when the
// window is too low for all of it.
type sideLayout struct {
	sound  *soundView
	titles []fyne.CanvasObject // that a very low window does without: the icons say it too
	cards  *fyne.Container
}

func (sideLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(sideLeast, o[1].MinSize().Height+120)
}

// compactBelow is the height under which the sound's explanations are left out.
const compactBelow = 470

// tightBelow is the height under which the titles of the source and the
// destination are left out.
const tightBelow = 430

func (l sideLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	l.sound.setCompact(s.Height < compactBelow)
	for _, t := range l.titles {
		show(t, s.Height >= tightBelow)
	}
	l.cards.Refresh()
	h := o[1].MinSize().Height
	o[0].Resize(fyne.NewSize(s.Width, s.Height-h-near))
	o[0].Move(fyne.Position{})
	o[1].Resize(fyne.NewSize(s.Width, h))
	o[1].Move(fyne.NewPos(0, s.Height-h))
}
