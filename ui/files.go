package ui

import (
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// filesListed bounds the list in the sheet.
const filesListed = 8

// showFiles lists what was done with the files of recordings, the newest first, and
// offers what can be made of the last one.
func (w *Window) showFiles() {
	const width = 460
	s := w.newSheet()
	last := w.shown.Recording.Path
	if last == "" {
		last = w.shown.Report.Record.Path
	}
	if w.shown.Recording.On {
		last = "" // it is not finished
	}
	var parts []fyne.CanvasObject
	act := func(label string, action func(path string), path string) *sheetButton {
		return newSheetButton(&s.keys, label, widget.MediumImportance, func() {
			action(path)
			s.close()
		})
	}
	if last != "" {
		parts = append(parts, field(tr("Your last recording"), column(tight,
			hintText(last, width),
			row(near, act(tr("Make an MP4"), w.studio.RemuxFile, last), act(tr("Save what viewers missed"), w.studio.ExportMissed, last)),
		), nil))
	}
	for n := len(w.shown.Files) - 1; n >= max(0, len(w.shown.Files)-filesListed); n-- {
		f := w.shown.Files[n]
		text, color := fileText(f)
		entry := column(tight, newParagraph(text, color, theme.SizeNameText, width))
		if f.Kind == app.Repair && (f.State == app.Failed || f.State == app.Waiting) {
			entry.Add(row(near, act(tr("Finish it now"), w.studio.RepairFile, f.Path)))
		}
		parts = append(parts, entry)
	}
	if len(parts) == 0 {
		parts = append(parts, hintText(tr("Nothing has been recorded since Tally was started, and nothing was cut off by a crash."), width))
	}
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	s.open(tr("Recordings"), widthOf(width, column(14, parts...)), done, done)
}

// fileText says what became of a file.
func fileText(f app.FileWork) (string, fyne.ThemeColorName) {
	name := filepath.Base(f.Path)
	switch f.State {
	case app.Failed:
		return problemText(f.Problem), colorBad
	case app.Waiting:
		if f.Kind == app.Repair {
			return tr("%s was cut off by a crash. It plays as it is; finishing it makes it seekable.", name), colorWarn
		}
		return tr("%s: waiting for its turn", name), colorSecondary
	case app.Working:
		return tr("%s: being written…", name), colorSecondary
	}
	long := clock(time.Duration(f.Seconds))
	switch f.Kind {
	case app.Repair:
		return tr("%s was cut off by a crash, and is whole again: %s", name, long), colorGood
	case app.Missed:
		return trn(len(f.Made), "%d part of %s that viewers missed: %s", "%d parts of %s that viewers missed: %s", name, long), colorGood
	}
	made := name
	if len(f.Made) > 0 {
		made = filepath.Base(f.Made[0])
	}
	return tr("%s: %s", made, long), colorGood
}
