package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// Fyne gives keys to the widget with the focus only, and most swallow Escape and
// Return. Those in a sheet are these, which pass both on.

// sheetKeys is what a sheet wants to hear of.
type sheetKeys struct {
	escape, enter func()
	focused       func(fyne.CanvasObject) // it has got the focus
}

// gained tells the sheet which of its widgets has the focus.
func (k *sheetKeys) gained(o fyne.CanvasObject) {
	if k.focused != nil {
		k.focused(o)
	}
}

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

func (e *sheetEntry) FocusGained()  { e.Entry.FocusGained(); e.keys.gained(e) }
func (b *sheetButton) FocusGained() { b.Button.FocusGained(); b.keys.gained(b) }
func (s *sheetSelect) FocusGained() { s.Select.FocusGained(); s.keys.gained(s) }
func (c *sheetCheck) FocusGained()  { c.Check.FocusGained(); c.keys.gained(c) }

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
	s.Options, s.OnChanged, s.PlaceHolder = options, changed, tr("Choose…")
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

// sheetSlider also takes + and -.
type sheetSlider struct {
	widget.Slider
	keys *sheetKeys
}

func newSheetSlider(k *sheetKeys, least, most, step, value float64, changed func(float64)) *sheetSlider {
	s := &sheetSlider{keys: k}
	s.Min, s.Max, s.Step, s.Value = least, most, step, value
	s.ExtendBaseWidget(s)
	s.OnChanged = changed
	return s
}

func (s *sheetSlider) TypedKey(e *fyne.KeyEvent) {
	if !s.keys.take(e, true) {
		s.Slider.TypedKey(e)
	}
}

func (s *sheetSlider) TypedRune(r rune) {
	switch r {
	case '+':
		s.SetValue(s.Value + s.Step)
	case '-', '−':
		s.SetValue(s.Value - s.Step)
	}
}

// show moves the slider without having been asked to.
func (s *sheetSlider) show(value float64) {
	if s.Value != value {
		s.Value = value
		s.Refresh()
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

// menu is the window's main menu. Every intent is in it, with its key.
func (w *Window) menu() *fyne.MainMenu {
	const ctrl = fyne.KeyModifierShortcutDefault
	const shift = ctrl | fyne.KeyModifierShift
	item := func(label string, key fyne.KeyName, with fyne.KeyModifier, action func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(label, w.unlessSheet(action))
		i.Shortcut = &desktop.CustomShortcut{KeyName: key, Modifier: with}
		return i
	}
	quit := item(tr("Quit"), fyne.KeyQ, ctrl, w.askToClose)
	quit.IsQuit = true
	return fyne.NewMainMenu(
		fyne.NewMenu("Tally",
			item(tr("Settings…"), fyne.KeyComma, ctrl, w.showSettings),
			w.profileMenu(),
			item(tr("Export settings…"), fyne.KeyE, shift, w.exportSettings),
			item(tr("Import settings…"), fyne.KeyI, shift, func() {
				if !w.onAir() {
					w.importSettings()
				}
			}),
			fyne.NewMenuItemSeparator(),
			item(tr("Destinations…"), fyne.KeyD, ctrl, w.showDestinations),
			item(tr("Add a destination…"), fyne.KeyN, ctrl, func() { w.showDestination(app.Destination{}) }),
			fyne.NewMenuItemSeparator(),
			item(tr("Guide…"), fyne.KeyG, ctrl, func() { w.showGuide(stepPicture) }),
			fyne.NewMenuItemSeparator(),
			quit,
		),
		fyne.NewMenu(tr("Show"),
			item(tr("Go live"), fyne.KeyL, ctrl, w.goLive),
			item(tr("What to look at before a show…"), fyne.KeyB, ctrl, func() { w.showChecks(false) }),
			item(tr("End…"), fyne.KeyE, ctrl, w.askToEnd),
			item(tr("Retry the connection now"), fyne.KeyR, ctrl, w.studio.RetryNow),
			fyne.NewMenuItemSeparator(),
			item(tr("Choose the picture…"), fyne.Key1, ctrl, w.picture.picker.open),
			item(tr("Choose the sound…"), fyne.Key2, ctrl, w.sound.picker.open),
			item(tr("Choose where to stream…"), fyne.Key3, ctrl, w.to.picker.open),
			item(tr("Mute or unmute"), fyne.KeyM, ctrl, w.toggleMute),
			fyne.NewMenuItemSeparator(),
			item(tr("Adjust the camera…"), fyne.KeyJ, ctrl, w.showCamera),
			item(tr("Timing of the sound…"), fyne.KeyT, shift, w.showTiming),
			item(tr("Pause a file or let it go on"), fyne.KeySpace, ctrl, w.togglePlaying),
			fyne.NewMenuItemSeparator(),
			item(tr("Report of the last show…"), fyne.KeyT, ctrl, w.showLastReport),
			item(tr("History of shows…"), fyne.KeyH, ctrl, w.showHistory),
		),
		fyne.NewMenu(tr("Recording"),
			item(tr("Record to a file"), fyne.KeyR, shift, w.toggleRecord),
			item(tr("Pause or go on"), fyne.KeyP, ctrl, w.togglePause),
			item(tr("Mark a chapter"), fyne.KeyK, ctrl, w.mark),
			item(tr("Save the replay"), fyne.KeyS, shift, w.studio.SaveReplay),
			fyne.NewMenuItemSeparator(),
			item(tr("Recordings…"), fyne.KeyO, ctrl, w.showFiles),
		),
		fyne.NewMenu(tr("View"),
			item(tr("Full screen"), fyne.KeyF, shift, w.toggleFullScreen),
		),
	)
}

// profileMenu lists the profiles; those that are first have keys.
func (w *Window) profileMenu() *fyne.MenuItem {
	now := w.shown.Settings
	m := fyne.NewMenu("")
	for i, p := range now.Profiles {
		use := fyne.NewMenuItem(clipName(p.Name), w.unlessSheet(func() { w.useProfile(p.Name) }))
		use.Checked, use.Disabled = p.Name == now.Profile, w.onAir()
		if i < 9 {
			use.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyName(rune('1' + i)), Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierAlt}
		}
		m.Items = append(m.Items, use)
	}
	if len(m.Items) > 0 {
		m.Items = append(m.Items, fyne.NewMenuItemSeparator())
	}
	fresh := fyne.NewMenuItem(tr("New profile…"), w.unlessSheet(w.newProfile))
	fresh.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyN, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	m.Items = append(m.Items, fresh)
	item := fyne.NewMenuItem(tr("Profile"), nil)
	item.ChildMenu = m
	return item
}

// menuState is what the menu is made from; when it changes, so does the menu.
func (w *Window) menuState() string {
	var b strings.Builder
	for _, p := range w.shown.Settings.Profiles {
		b.WriteString(p.Name + "\n")
	}
	fmt.Fprint(&b, w.shown.Settings.Profile, "\n", w.onAir())
	return b.String()
}

func (w *Window) renderMenu() {
	if now := w.menuState(); now != w.menuShows {
		w.menuShows = now
		w.win.SetMainMenu(w.menu())
	}
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
