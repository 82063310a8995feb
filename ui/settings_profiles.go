package ui

import (
	"bytes"
	"os"

	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// profileSettings are the choice of a profile, and what can be done with the one
// in use.
func (v *settingsView) profileSettings() []*setting {
	w, k := v.window, &v.sheet.keys
	now := w.shown.Settings
	group := tr("Profile")
	var names []choice[string]
	for _, p := range now.Profiles {
		names = append(names, choice[string]{p.Name, p.Name})
	}
	use := &setting{
		group: group, name: tr("Profile in use"), words: tr("preset scene collection switch set"), simple: len(names) > 0, waits: true,
		hint: tr("It keeps picture, sound, recording and which destinations are on."),
	}
	chosen := pick(v, names, now.Profile, "", func(name string) {
		if v.change(use, func(s *app.Settings) { *s = s.UseProfile(name) }) {
			v.reopen()
		}
	})
	chosen.PlaceHolder = tr("No profile")
	use.control = chosen

	edit := &setting{group: group, name: tr("New profile"), words: tr("save as copy rename delete preset"), hint: tr("With the settings as they are now.")}
	edit.control = newSheetButton(k, tr("New…"), widget.MediumImportance, w.newProfile)
	all := []*setting{use, edit}
	if now.Profile != "" {
		change := &setting{group: group, name: tr("Rename or delete “%s”", now.Profile), words: tr("profile remove")}
		rename := newSheetButton(k, tr("Rename…"), widget.MediumImportance, func() {
			w.askName(tr("Rename the profile"), now.Profile, func(name string) error {
				return w.tryChange(func(s app.Settings) (app.Settings, error) { return s.RenameProfile(name) })
			})
		})
		drop := newSheetButton(k, tr("Delete"), widget.MediumImportance, func() {
			w.confirm(tr("Delete the profile “%s”?", now.Profile), tr("The settings stay as they are now."), tr("Delete"), tr("Keep"), true, func() {
				w.apply(func(s *app.Settings) { *s = s.DropProfile() })
				w.settingsAgain()
			})
		})
		change.control = row(6, rename, drop)
		all = append(all, change)
	}
	return all
}

func (w *Window) newProfile() {
	w.askName(tr("New profile"), "", func(name string) error {
		return w.tryChange(func(s app.Settings) (app.Settings, error) { return s.NewProfile(name) })
	})
}

// tryChange applies what a method of the settings makes of them.
func (w *Window) tryChange(change func(app.Settings) (app.Settings, error)) error {
	next, err := change(w.studio.Settings())
	if err != nil {
		return err
	}
	return w.tryApply(func(s *app.Settings) { *s = next })
}

// settingsAgain shows the settings anew where they are open.
func (w *Window) settingsAgain() {
	if w.settings != nil {
		w.settings.reopen()
	}
}

// useProfile is the menu's way to change the profile.
func (w *Window) useProfile(name string) {
	w.apply(func(s *app.Settings) { *s = s.UseProfile(name) })
}

// askName asks for a name until it can be used.
func (w *Window) askName(title, name string, take func(string) error) {
	s := w.newSheet()
	entry := newSheetEntry(&s.keys, tr("for example Sunday stream"))
	entry.Text = name
	note := hintText("", 360)
	note.Hide()
	save := newSheetButton(&s.keys, tr("Save"), widget.HighImportance, func() {
		if err := take(entry.Text); err != nil {
			note.set(sentence(err), colorBad)
			note.Show()
			s.grow()
			return
		}
		s.close()
		w.settingsAgain()
	})
	cancel := newSheetButton(&s.keys, tr("Cancel"), widget.MediumImportance, s.close)
	s.open(title, widthOf(360, column(tight, entry, note)), entry, cancel, save)
}

// sharingSettings hand settings on.
func (v *settingsView) sharingSettings() []*setting {
	group := tr("Another computer")
	send := &setting{
		group: group, name: tr("Export settings"), words: tr("backup save share file JSON"),
		hint: tr("Into one file, without stream keys and passwords."),
	}
	send.control = newSheetButton(&v.sheet.keys, tr("Export…"), widget.MediumImportance, func() { v.window.exportSettings() })
	get := &setting{
		group: group, name: tr("Import settings"), words: tr("restore load file JSON"), waits: true,
		hint: tr("From a file that Tally has exported, here or elsewhere."),
	}
	get.control = newSheetButton(&v.sheet.keys, tr("Import…"), widget.MediumImportance, func() { v.window.importSettings() })
	return []*setting{send, get}
}

func (w *Window) exportSettings() {
	var file bytes.Buffer
	if err := app.ExportSettings(&file, w.shown.Settings); err != nil {
		w.answered(err)
		return
	}
	s := w.newSheet()
	said := newParagraph(tr("The file has no stream keys and no passwords: whoever gets it needs their own."), theme.ColorNameForeground, theme.SizeNameText, 400)
	save := newSheetButton(&s.keys, tr("Save…"), widget.HighImportance, func() { w.saveText("Tally.json", file.String(), said) })
	done := newSheetButton(&s.keys, tr("Done"), widget.MediumImportance, s.close)
	s.keys.enter = save.OnTapped
	s.open(tr("Export settings"), said, save, done, save)
}

func (w *Window) importSettings() { w.chooseFile([]string{".json"}, w.importFile) }

// importFile reads a file of settings, and asks before anything changes.
func (w *Window) importFile(path string) {
	f, err := os.Open(path)
	if err != nil {
		w.tell(tr("The file was not imported"), tr("It cannot be read."))
		return
	}
	defer f.Close()
	next, err := app.ImportSettings(f, w.studio.Settings())
	if err != nil {
		w.tell(tr("The file was not imported"), sentence(err))
		return
	}
	text := tr("Picture, sound and recording become those of the file. Your own destinations and profiles stay beside those that it brings. Its destinations need a stream key each.")
	w.confirm(tr("Import these settings?"), text, tr("Import"), tr("Cancel"), false, func() {
		w.apply(func(s *app.Settings) { *s = next })
		w.settingsAgain()
	})
}

// tell says something that needs no answer.
func (w *Window) tell(title, text string) {
	s := w.newSheet()
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	s.open(title, newParagraph(text, theme.ColorNameForeground, theme.SizeNameText, 400), done, done)
}
