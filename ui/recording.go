package ui

import (
	"cmp"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// recordingView switches the recording, and shows the file.
type recordingView struct {
	root   fyne.CanvasObject
	toggle *switchBox
	detail *line
}

func newRecordingView(w *Window) *recordingView {
	v := &recordingView{detail: newLine("", colorSecondary, sizeSmall).clipped()}
	v.toggle = newSwitchBox(func(on bool) { w.apply(func(s *app.Settings) { s.Record = on }) })
	title := newLine("Record to a file", theme.ColorNameForeground, theme.SizeNameText)
	card := newCard(ends(column(0, title, v.detail), v.toggle))
	card.padY = 6
	v.root = card
	return v
}

func (v *recordingView) render(s app.Snapshot) {
	v.toggle.set(s.Settings.Record)
	r := s.Recording
	switch {
	case !r.Problem.IsZero():
		v.detail.set(r.Problem.Title, colorBad)
	case r.Path != "":
		v.detail.set(clock(time.Duration(r.Seconds*float64(time.Second)))+" · "+dataSize(r.Bytes)+" · "+filepath.Base(r.Path), colorGood)
	case s.Settings.Record:
		v.detail.set("starts with the show, in "+folderName(s.Settings.RecordDir), colorSecondary)
	default:
		v.detail.set("off", colorSecondary)
	}
}

func folderName(dir string) string {
	if dir == "" {
		return "your Videos folder"
	}
	return cmp.Or(filepath.Base(dir), dir)
}
