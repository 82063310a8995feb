package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// Fyne gives keys to the widget with the focus only, and most swallow Escape and
// Return. Those in a sheet are these, which pass both on.

// sheetKeys is what a sheet wants to hear of.
type sheetKeys struct{ escape, enter func() }

// take uses a key that belongs to the sheet.
func (k *sheetKeys) take(e *fyne.KeyEvent, enterToo bool) bool {
	switch {
	case e.Name == fyne.KeyEscape && k.escape != nil:
		k.escape()
	case enterToo && (e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter) && k.enter != nil:
		k.enter()
	default:
		return false
	}
	return true
}

type sheetEntry struct {
	widget.Entry
	keys   *sheetKeys
	left   func() // the focus goes elsewhere
	pasted func()
}

func newSheetEntry(k *sheetKeys, placeholder string) *sheetEntry {
	e := &sheetEntry{keys: k}
	e.ExtendBaseWidget(e)
	e.PlaceHolder = placeholder
	return e
}

func newSheetPassword(k *sheetKeys, placeholder string) *sheetEntry {
	e := &sheetEntry{keys: k}
	e.Password = true
	e.ExtendBaseWidget(e)
	e.PlaceHolder = placeholder
	return e
}

func (e *sheetEntry) TypedKey(k *fyne.KeyEvent) {
	if !e.keys.take(k, true) {
		e.Entry.TypedKey(k)
	}
}

func (e *sheetEntry) FocusLost() {
	e.Entry.FocusLost()
	if e.left != nil {
		e.left()
	}
}

func (e *sheetEntry) TypedShortcut(s fyne.Shortcut) {
	e.Entry.TypedShortcut(s)
	if _, ok := s.(*fyne.ShortcutPaste); ok && e.pasted != nil {
		e.pasted()
	}
}

type sheetButton struct {
	widget.Button
	keys *sheetKeys
}

func newSheetButton(k *sheetKeys, label string, importance widget.Importance, tapped func()) *sheetButton {
	b := &sheetButton{keys: k}
	b.Text, b.Importance, b.OnTapped = label, importance, tapped
	b.ExtendBaseWidget(b)
	return b
}

func (b *sheetButton) TypedKey(e *fyne.KeyEvent) {
	if b.keys.take(e, false) {
		return
	}
	if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		b.Tapped(nil)
		return
	}
	b.Button.TypedKey(e)
}

type sheetSelect struct {
	widget.Select
	keys *sheetKeys
}

func newSheetSelect(k *sheetKeys, options []string, changed func(string)) *sheetSelect {
	s := &sheetSelect{keys: k}
	s.Options, s.OnChanged, s.PlaceHolder = options, changed, "Choose…"
	s.ExtendBaseWidget(s)
	return s
}

func (s *sheetSelect) TypedKey(e *fyne.KeyEvent) {
	if !s.keys.take(e, true) {
		s.Select.TypedKey(e)
	}
}

type sheetCheck struct {
	widget.Check
	keys *sheetKeys
}

func newSheetCheck(k *sheetKeys, label string, changed func(bool)) *sheetCheck {
	c := &sheetCheck{keys: k}
	c.Text, c.OnChanged = label, changed
	c.ExtendBaseWidget(c)
	return c
}

func (c *sheetCheck) TypedKey(e *fyne.KeyEvent) {
	if !c.keys.take(e, true) {
		c.Check.TypedKey(e)
	}
}

type sheetLink struct {
	widget.Hyperlink
	keys *sheetKeys
}

func newSheetLink(k *sheetKeys, text string) *sheetLink {
	l := &sheetLink{keys: k}
	l.Text, l.SizeName = text, sizeSmall
	l.ExtendBaseWidget(l)
	return l
}

func (l *sheetLink) TypedKey(e *fyne.KeyEvent) {
	if !l.keys.take(e, false) {
		l.Hyperlink.TypedKey(e)
	}
}

// ctrl is the shortcut of a menu item.
func ctrl(key fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierShortcutDefault}
}

// menu is the window's main menu. Every intent is in it, with its key.
func (w *Window) menu() *fyne.MainMenu {
	item := func(label string, key fyne.KeyName, action func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(label, w.unlessSheet(action))
		i.Shortcut = ctrl(key)
		return i
	}
	quit := item("Quit", fyne.KeyQ, w.askToClose)
	quit.IsQuit = true
	full := fyne.NewMenuItem("Full screen", w.unlessSheet(w.toggleFullScreen))
	full.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	record := fyne.NewMenuItem("Record to a file", w.unlessSheet(w.toggleRecord))
	record.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyR, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	replay := fyne.NewMenuItem("Save the replay", w.unlessSheet(w.studio.SaveReplay))
	replay.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyS, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	return fyne.NewMainMenu(
		fyne.NewMenu("Tally",
			item("Settings…", fyne.KeyComma, w.showSettings),
			item("Destinations…", fyne.KeyD, w.showDestinations),
			fyne.NewMenuItem(tr("Keys for everywhere…"), w.unlessSheet(w.showHotkeys)),
			item("Add a destination…", fyne.KeyN, func() { w.showDestination(app.Destination{}) }),
			fyne.NewMenuItemSeparator(),
			quit,
		),
		fyne.NewMenu("Show",
			item("Go live", fyne.KeyL, w.goLive),
			item("End…", fyne.KeyE, w.askToEnd),
			item("Retry the connection now", fyne.KeyR, w.studio.RetryNow),
			fyne.NewMenuItemSeparator(),
			item("Mute or unmute", fyne.KeyM, w.toggleMute),
		),
		fyne.NewMenu("Recording",
			record,
			item("Pause or go on", fyne.KeyP, w.togglePause),
			item("Mark a chapter", fyne.KeyK, w.mark),
			replay,
			fyne.NewMenuItemSeparator(),
			item("Recordings…", fyne.KeyO, w.showFiles),
		),
		fyne.NewMenu("View",
			full,
			fyne.NewMenuItemSeparator(),
			item(tr("Graphs of the show…"), fyne.KeyG, w.showGraphs),
			item(tr("What happened…"), fyne.KeyH, w.showDiary),
		),
	)
}

// unlessSheet keeps a menu's shortcut from acting behind a sheet or a dialog.
func (w *Window) unlessSheet(action func()) func() {
	return func() {
		if w.sheet == nil && w.dialog == nil {
			action()
		}
	}
}

// passOn gives a key that a widget has no use for to the window.
func passOn(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// typedKey hears keys that no widget has.
func (w *Window) typedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyEscape && w.dialog != nil:
		w.dialog.Dismiss()
	case e.Name == fyne.KeyEscape && w.sheet != nil:
		w.sheet.close()
	case e.Name == fyne.KeyEscape && w.win.FullScreen():
		w.win.SetFullScreen(false)
	case e.Name == fyne.KeyF11:
		w.toggleFullScreen()
	}
}
