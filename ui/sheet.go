package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// sheet is a dialog: a title, a body, and buttons at the lower right. Escape
// closes it. The picture goes on behind it.
type sheet struct {
	keys   sheetKeys
	popUp  *widget.PopUp
	window *Window
	under  *sheet // what was open when it opened
	closed func()
	beside fyne.CanvasObject  // the layer of a sheet that leaves the picture free, else nil
	fresh  func(app.Snapshot) // hears of every new one
}

// newSheet prepares a sheet, so that widgets can be made for it; open shows it.
func (w *Window) newSheet() *sheet {
	s := &sheet{window: w}
	s.keys.escape = s.close
	return s
}

// open shows the sheet. The last button is the one that Return presses.
func (s *sheet) open(title string, body fyne.CanvasObject, focus fyne.Focusable, buttons ...*sheetButton) {
	row := container.New(layout.NewCustomPaddedHBoxLayout(8), layout.NewSpacer())
	for _, b := range buttons {
		row.Add(widthOf(96, b))
	}
	if s.keys.enter == nil && len(buttons) > 0 {
		s.keys.enter = buttons[len(buttons)-1].OnTapped
	}
	content := pad(20, 18, 24, 24, column(16, heading(title), body, row))
	s.popUp = widget.NewModalPopUp(content, s.window.win.Canvas())
	s.under, s.window.sheet = s.window.sheet, s
	s.window.tips.stop()
	s.popUp.Show()
	if focus != nil {
		s.window.win.Canvas().Focus(focus)
	}
}

// openBeside shows the sheet at the right, so that the picture stays to be seen as it
// is. A click beside it closes it.
func (s *sheet) openBeside(title string, width float32, body fyne.CanvasObject, focus fyne.Focusable, buttons ...*sheetButton) {
	foot := container.New(layout.NewCustomPaddedHBoxLayout(8), layout.NewSpacer())
	for _, b := range buttons {
		foot.Add(widthOf(96, b))
	}
	card := newCard(container.NewBorder(pad(4, 10, 6, 6, heading(title)), pad(12, 2, 6, 6, foot), nil, nil, container.NewVScroll(pad(0, 0, 6, 14, body))))
	card.fill = theme.ColorNameOverlayBackground
	s.beside = container.New(besideLayout{width: width, body: body, more: foot}, newBackdrop(s.close), card)
	s.under, s.window.sheet = s.window.sheet, s
	s.window.tips.stop()
	c := s.window.win.Canvas()
	s.beside.Resize(c.Size())
	c.Overlays().Add(s.beside)
	if focus != nil {
		c.Focus(focus)
	}
}

// besideLayout puts a sheet at the right edge, as high as it must be.
type besideLayout struct {
	width      float32
	body, more fyne.CanvasObject
}

func (besideLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (l besideLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	w := min(l.width, s.Width-2*gap)
	h := min(l.body.MinSize().Height+l.more.MinSize().Height+92, s.Height-2*gap)
	o[1].Resize(fyne.NewSize(w, h))
	o[1].Move(fyne.NewPos(s.Width-w-gap, gap))
}

// backdrop is what lies around a sheet: nothing to be seen, but a click on it counts.
type backdrop struct {
	widget.BaseWidget
	tapped func()
}

func newBackdrop(tapped func()) *backdrop {
	b := &backdrop{tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

func (b *backdrop) Tapped(*fyne.PointEvent) { b.tapped() }
func (b *backdrop) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}

// grow fits the sheet to content that has become higher or lower.
func (s *sheet) grow() {
	if s.popUp != nil {
		s.popUp.Resize(s.popUp.MinSize())
		s.popUp.Refresh()
	}
}

func (s *sheet) close() {
	if s.window.sheet != s {
		return
	}
	s.window.sheet = s.under
	if s.beside != nil {
		s.window.win.Canvas().Overlays().Remove(s.beside)
	} else {
		s.popUp.Hide()
	}
	if s.closed != nil {
		s.closed()
	}
}

// confirm asks before something that cannot be undone. The harmless answer has
// the focus.
func (w *Window) confirm(title, text, yes, no string, danger bool, action func()) {
	s := w.newSheet()
	importance := widget.HighImportance
	if danger {
		importance = widget.DangerImportance
	}
	do := newSheetButton(&s.keys, yes, importance, func() { s.close(); action() })
	cancel := newSheetButton(&s.keys, no, widget.MediumImportance, s.close)
	s.keys.enter = func() {}
	s.open(title, newParagraph(text, theme.ColorNameForeground, theme.SizeNameText, 400), cancel, cancel, do)
}

// field is one control of a form with its name over it and a hint below.
func field(name string, control fyne.CanvasObject, hint fyne.CanvasObject) *fyne.Container {
	c := column(tight, newLine(name, colorSecondary, sizeSmall).bold(), control)
	if hint != nil {
		c.Add(hint)
	}
	return c
}

// hintText is a quiet sentence under a control.
func hintText(text string, width float32) *paragraph {
	return newParagraph(text, colorSecondary, sizeSmall, width)
}
