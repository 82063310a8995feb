package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// sheet is a dialog: a title, a body, and buttons at the lower right. Escape
// closes it. The picture goes on behind it.
type sheet struct {
	keys   sheetKeys
	popUp  *widget.PopUp
	window *Window
	under  *sheet // what was open when it opened
	closed func()
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
	s.popUp.Hide()
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
