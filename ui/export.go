package ui

import (
	"io"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// exportForm is one way to write shows into a file.
type exportForm struct {
	label, ending string
	write         func(io.Writer, []app.Report) error
}

// exportForms are those for so many shows.
func exportForms(shows int) []exportForm {
	forms := []exportForm{
		{tr("Text, to read and to send"), ".txt", exportText},
		{tr("Table of what was lost, for a spreadsheet"), ".csv", app.ExportLosses},
	}
	if shows == 1 {
		forms = append(forms, exportForm{tr("Table of the bitrate, for a spreadsheet"), ".csv", func(w io.Writer, shows []app.Report) error { return app.ExportGraph(w, shows[0]) }})
	}
	return append(forms, exportForm{tr("Everything, for programs"), ".json", app.ExportShows})
}

func exportText(w io.Writer, shows []app.Report) error {
	texts := make([]string, len(shows))
	for i, r := range shows {
		texts[i] = reportText(r) + "\n"
	}
	_, err := io.WriteString(w, strings.Join(texts, "\n"))
	return err
}

// export asks in which form, and then where, and writes shows there. said tells
// what became of it.
func (w *Window) export(name string, shows []app.Report, said *paragraph) {
	s := w.newSheet()
	forms := exportForms(len(shows))
	labels := make([]string, len(forms))
	for i, f := range forms {
		labels[i] = f.label
	}
	form := newSheetSelect(&s.keys, labels, nil)
	form.SetSelectedIndex(0)
	cancel := newSheetButton(&s.keys, tr("Cancel"), widget.MediumImportance, s.close)
	save := newSheetButton(&s.keys, tr("Save as…"), widget.HighImportance, func() {
		s.close()
		w.saveAs(name, forms[form.SelectedIndex()], shows, said)
	})
	s.open(tr("Export"), widthOf(380, column(4, caption(tr("As")), form)), form, cancel, save)
}

// saveAs asks where, and writes shows there.
func (w *Window) saveAs(name string, form exportForm, shows []app.Report, said *paragraph) {
	w.saveFile(name+form.ending, said, func(f io.Writer) error { return form.write(f, shows) })
}

// saveText asks where, and writes text there.
func (w *Window) saveText(name, text string, said *paragraph) {
	w.saveFile(name, said, func(f io.Writer) error {
		_, err := io.WriteString(f, text+"\n")
		return err
	})
}

// saveFile asks where, and has what belongs there written.
func (w *Window) saveFile(name string, said *paragraph, write func(io.Writer) error) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		w.dialog = nil
		switch {
		case err != nil:
			said.set(tr("It could not be saved: %s", err.Error()), colorBad)
		case f != nil: // else somebody thought better of it
			fill(f, said, write)
		}
		if w.sheet != nil { // what it says may be longer or shorter than before
			w.sheet.grow()
		}
	}, w.win)
	d.SetFileName(name)
	d.SetFilter(storage.NewExtensionFileFilter([]string{filepath.Ext(name)}))
	w.showDialog(d)
}

// fill writes the file that was chosen, and closes it.
func fill(f fyne.URIWriteCloser, said *paragraph, write func(io.Writer) error) {
	err := write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		said.set(tr("It could not be saved: %s", err.Error()), colorBad)
		return
	}
	said.set(tr("Saved as %s", f.URI().Path()), colorGood)
}
