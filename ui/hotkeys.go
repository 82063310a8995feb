package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// hotkeys are keys that work while another window is in front: none, until somebody
// chooses them. They are the window's own and kept in Fyne's preferences.
type hotkeys struct {
	// grab asks the desktop for combinations such as "Ctrl+Alt+M", one for each
	// action, empty for none, in the place of those before. It returns those that it
	// cannot have. It is nil where the desktop gives none.
	grab func(combinations []string) (refused []string)
	// ask is for desktops that choose the keys themselves, as on Wayland: it tells them
	// what is wished for. What they give comes later, to GivenHotkeys. It is nil
	// elsewhere.
	ask     func(actions []Hotkey)
	given   []string  // by the desktop, one for each action, as it names them; nil: it has not answered
	said    func()    // the answer has changed, while they are being chosen
	endedAt time.Time // when END was pressed once
}

// Hotkey is an action for which a desktop is asked for a key.
type Hotkey struct{ Name, Title, Wish string }

// hotkeyActions are what they do, by the names under which they are kept.
var hotkeyActions = []string{"mute", "live", "mark"}

func hotkeyTitle(action string) string {
	switch action {
	case "mute":
		return tr("Mute or unmute")
	case "live":
		return tr("Go live, and press twice to end")
	}
	return tr("Mark a chapter in the recording")
}

// UseHotkeys says how to get keys from the desktop. What they do is [Window.Hotkey].
func (w *Window) UseHotkeys(grab func([]string) []string) {
	w.hotkeys.grab = grab
	grab(w.chosenHotkeys())
}

// UseDesktopHotkeys says how to wish for keys where the desktop chooses them. Those
// that were chosen before are wished for at once.
func (w *Window) UseDesktopHotkeys(ask func([]Hotkey)) {
	w.hotkeys.ask = ask
	if strings.Join(w.chosenHotkeys(), "") != "" {
		w.wishHotkeys()
	}
}

func (w *Window) wishHotkeys() {
	var list []Hotkey
	for i, key := range w.chosenHotkeys() {
		list = append(list, Hotkey{hotkeyActions[i], hotkeyTitle(hotkeyActions[i]), key})
	}
	w.hotkeys.ask(list)
}

// GivenHotkeys takes the desktop's answer: a key for each action, as it names them;
// empty is none.
func (w *Window) GivenHotkeys(keys []string) {
	w.hotkeys.given = keys
	if w.hotkeys.said != nil {
		w.hotkeys.said()
	}
}

// HotkeyNamed is Hotkey for an action's name.
func (w *Window) HotkeyNamed(name string) {
	if n := slices.Index(hotkeyActions, name); n >= 0 {
		w.Hotkey(n)
	}
}

func (w *Window) chosenHotkeys() []string {
	var keys []string
	for _, a := range hotkeyActions {
		keys = append(keys, w.app.Preferences().String("hotkey."+a))
	}
	return keys
}

// endTwice is the time within which a second press ends the show.
const endTwice = 5 * time.Second

// Hotkey does what the n-th key is for. Ending needs a second press, since nobody
// may see the question.
func (w *Window) Hotkey(n int) {
	switch hotkeyActions[n] {
	case "mute":
		w.toggleMute()
	case "mark":
		w.mark()
	case "live":
		switch {
		case !w.onAir():
			w.goLiveFromAfar()
		case !w.watched() || time.Since(w.hotkeys.endedAt) < endTwice:
			w.studio.End()
		default:
			w.hotkeys.endedAt = time.Now()
			w.notify.send(fyne.NewNotification(tr("Tally – end the show?"), tr("Press the key again within 5 seconds, and it ends for your viewers.")))
		}
	}
}

// showHotkeys lets somebody choose them.
func (w *Window) showHotkeys() {
	const width = 420
	s := w.newSheet()
	if w.hotkeys.grab == nil && w.hotkeys.ask == nil {
		done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
		text := tr("This desktop gives programs no keys that work while another window is in front. Every desktop does on X11, and on Wayland GNOME from 48 on, KDE Plasma and Hyprland.")
		s.open(tr("Keys for everywhere"), newParagraph(text, theme.ColorNameForeground, theme.SizeNameText, width), done, done)
		return
	}
	body := column(12, newParagraph(tr("These keys work while another window is in front. Click a field and press the keys; Backspace clears it."), theme.ColorNameForeground, theme.SizeNameText, width))
	said := hintText(" ", width)
	var fields []*keyField
	for i, key := range w.chosenHotkeys() {
		f := newKeyField(&s.keys, key)
		fields = append(fields, f)
		body.Add(field(hotkeyTitle(hotkeyActions[i]), f, nil))
	}
	body.Add(said)
	if w.hotkeys.ask != nil {
		w.chooseWithDesktop(s, body, fields, said, width)
		return
	}
	cancel := newSheetButton(&s.keys, tr("Cancel"), widget.MediumImportance, s.close)
	save := newSheetButton(&s.keys, tr("Save"), widget.HighImportance, func() {
		keys := keysIn(fields)
		if refused := w.hotkeys.grab(keys); len(refused) > 0 {
			w.hotkeys.grab(w.chosenHotkeys())
			said.set(tr("Another program uses %s already. Choose another key.", strings.Join(refused, ", ")), colorBad)
			s.grow()
			return
		}
		w.keepHotkeys(keys)
		s.close()
	})
	s.open(tr("Keys for everywhere"), body, fields[0], cancel, save)
}

func (w *Window) keepHotkeys(keys []string) {
	for i, a := range hotkeyActions {
		w.app.Preferences().SetString("hotkey."+a, keys[i])
	}
}

// chooseWithDesktop is showHotkeys where the fields are wishes: under them stands
// what the desktop gives.
func (w *Window) chooseWithDesktop(s *sheet, body *fyne.Container, fields []*keyField, said *paragraph, width float32) {
	lines := column(4)
	body.Add(lines)
	said.set(tr("Your desktop has the last word on these keys, and may ask you."), colorSecondary)
	w.hotkeys.said = func() {
		lines.RemoveAll()
		for i, key := range w.hotkeys.given {
			title, text := hotkeyTitle(hotkeyActions[i]), ""
			if key == "" {
				text = tr("%s: your desktop gives no key. Choose one in its settings, under shortcuts.", title)
			} else {
				text = tr("%s: your desktop gives %s.", title, key)
			}
			lines.Add(newParagraph(text, theme.ColorNameForeground, sizeSmall, width))
		}
		s.grow()
	}
	s.closed = func() { w.hotkeys.said = nil }
	done := newSheetButton(&s.keys, tr("Done"), widget.MediumImportance, s.close)
	ask := newSheetButton(&s.keys, tr("Ask the desktop"), widget.HighImportance, func() {
		keys := keysIn(fields)
		w.keepHotkeys(keys)
		w.hotkeys.given = nil
		w.hotkeys.said()
		w.wishHotkeys()
	})
	s.open(tr("Keys for everywhere"), body, fields[0], done, ask)
	w.hotkeys.said()
}

// keysIn are what the fields have.
func keysIn(fields []*keyField) []string {
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.keys())
	}
	return keys
}

// keyField is an entry into which keys are pressed instead of letters typed.
type keyField struct {
	sheetEntry
}

func newKeyField(k *sheetKeys, chosen string) *keyField {
	f := &keyField{}
	f.sheetEntry.keys = k
	f.ExtendBaseWidget(f)
	f.PlaceHolder = tr("None")
	f.Text = chosen
	return f
}

func (f *keyField) keys() string { return f.Text }

func (f *keyField) TypedRune(rune)              {}
func (f *keyField) TypedShortcut(fyne.Shortcut) {}
func (f *keyField) KeyUp(*fyne.KeyEvent)        {}
func (f *keyField) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyBackspace || e.Name == fyne.KeyDelete {
		f.SetText("")
		return
	}
	f.sheetEntry.keys.take(e, true)
}

// KeyDown hears every key, also with Ctrl and Alt.
func (f *keyField) KeyDown(e *fyne.KeyEvent) {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	if !ok {
		return
	}
	if c := combination(e.Name, d.CurrentKeyModifiers()); c != "" {
		f.SetText(c)
	}
}

// combination names keys that are pressed together; empty: they are needed for
// typing.
func combination(key fyne.KeyName, held fyne.KeyModifier) string {
	name := string(key)
	alone := len(name) > 1 && name[0] == 'F' || slices.Contains([]string{"Pause", "ScrollLock", "Insert"}, name)
	if !alone && (len(name) != 1 || held&^fyne.KeyModifierShift == 0) {
		return ""
	}
	var parts []string
	for _, m := range []struct {
		bit  fyne.KeyModifier
		name string
	}{{fyne.KeyModifierControl, "Ctrl"}, {fyne.KeyModifierAlt, "Alt"}, {fyne.KeyModifierShift, "Shift"}, {fyne.KeyModifierSuper, "Super"}} {
		if held&m.bit != 0 {
			parts = append(parts, m.name)
		}
	}
	return strings.Join(append(parts, name), "+")
}
