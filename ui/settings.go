package ui

import (
	"errors"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"golang.org/x/text/unicode/norm"

	"tally/app"
)

// setting is one thing that can be chosen. It is changed as soon as it is.
type setting struct {
	group   string
	name    string
	words   string // what people call it besides, to find it by
	hint    string
	simple  bool // shown before somebody asks for all
	waits   bool // it can change only when no show is running
	control fyne.CanvasObject

	row  fyne.CanvasObject
	said *paragraph // the hint, or what is wrong
}

// settingsView is the sheet of all settings: the few that matter at first, and a
// search through all of them.
type settingsView struct {
	window *Window
	sheet  *sheet
	all    []*setting
	groups map[string]*fyne.Container // with the space around them
	search *sheetEntry
	more   *sheetButton
	none   *paragraph
	scroll *container.Scroll
	list   *fyne.Container
	whole  bool   // not only the simple ones
	typed  func() // takes over a number that is being typed
}

// Widths of the sheet's two columns, and its height at most.
const (
	settingName    = 300
	settingControl = 310
	settingsHeight = 470
)

func (w *Window) showSettings() { w.openSettings("", false) }

// openSettings shows the settings with a search, which may be empty.
func (w *Window) openSettings(search string, whole bool) {
	v := &settingsView{window: w, sheet: w.newSheet(), groups: map[string]*fyne.Container{}, list: column(8), whole: whole}
	k := &v.sheet.keys
	v.search = newSheetEntry(k, tr("Search, for example bitrate or folder"))
	v.search.Text = search
	v.search.OnChanged = func(string) { v.filter() }
	v.none = hintText(tr("No setting is called that."), settingName)
	v.all = v.settings()
	v.arrange()
	v.scroll = container.NewVScroll(pad(0, 0, 0, 14, v.list))
	height := min(float32(settingsHeight), w.win.Canvas().Size().Height-230)
	v.scroll.SetMinSize(fyne.NewSize(settingName+settingControl+30, max(height, 120)))
	k.focused = v.reveal

	v.more = newSheetButton(k, "", widget.MediumImportance, func() {
		v.whole = !v.whole
		v.filter()
	})
	done := newSheetButton(k, tr("Done"), widget.HighImportance, func() {
		if v.finish() {
			v.sheet.close()
		}
	})
	v.filter()
	var first fyne.Focusable = v.search
	v.sheet.open(tr("Settings"), column(12, v.search, v.scroll), first, v.more, done)
}

// reopen shows the settings anew, as they are now.
func (v *settingsView) reopen() {
	search, whole, at := v.search.Text, v.whole, v.scroll.Offset
	v.sheet.close()
	v.window.openSettings(search, whole)
	if again := v.window.settings; again != nil {
		again.scroll.ScrollToOffset(at)
	}
}

// arrange makes the rows, under the names of their groups.
func (v *settingsView) arrange() {
	v.window.settings = v
	v.sheet.closed = func() { v.window.settings = nil }
	rows := map[string]*fyne.Container{}
	for _, s := range v.all {
		if rows[s.group] == nil {
			rows[s.group] = column(10, newLine(s.group, theme.ColorNameForeground, theme.SizeNameText).bold())
			v.groups[s.group] = pad(4, 4, 0, 0, rows[s.group])
			v.list.Add(v.groups[s.group])
		}
		s.said = hintText(s.hint, settingName)
		if s.waits && v.window.onAir() {
			s.said.set(tr("This can change when the show is over."), colorWarn)
			if d, ok := s.control.(fyne.Disableable); ok {
				d.Disable()
			}
		}
		name := newParagraph(s.name, theme.ColorNameForeground, theme.SizeNameText, settingName)
		left := column(1, name, s.said)
		show(s.said, s.said.text != "")
		s.row = ends(left, widthOf(settingControl, s.control))
		rows[s.group].Add(s.row)
	}
	v.list.Add(v.none)
}

// filter shows what the search finds, or the simple settings, or all.
func (v *settingsView) filter() {
	shown, simple := 0, 0
	inGroup := map[string]int{}
	for _, s := range v.all {
		visible := v.whole || s.simple
		if v.search.Text != "" {
			visible = s.answers(v.search.Text)
		}
		show(s.row, visible)
		if visible {
			shown++
			inGroup[s.group]++
		}
		if s.simple {
			simple++
		}
	}
	for group, c := range v.groups {
		show(c, inGroup[group] > 0)
	}
	show(v.none, shown == 0)
	v.more.SetText(tr("Fewer settings"))
	if !v.whole {
		v.more.SetText(trn(len(v.all)-simple, "%d more setting", "%d more settings"))
	}
	v.list.Refresh()
	v.scroll.ScrollToTop()
}

// answers tells whether a setting is meant by each of the words that somebody
// searches for.
func (s *setting) answers(search string) bool {
	about := folded(s.name + " " + s.words + " " + s.group + " " + s.hint)
	for _, word := range strings.Fields(folded(search)) {
		if !strings.Contains(about, word) {
			return false
		}
	}
	return true
}

// folded is text without what people leave out when they search: capitals and
// accents.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
}

// reveal scrolls to the control that got the focus.
func (v *settingsView) reveal(o fyne.CanvasObject) {
	for _, s := range v.all {
		if s.control != o && !within(s.control, o) {
			continue
		}
		d := fyne.CurrentApp().Driver()
		y := d.AbsolutePositionForObject(s.row).Y - d.AbsolutePositionForObject(v.list).Y
		at, height := v.scroll.Offset, v.scroll.Size().Height
		switch {
		case y < at.Y:
			at.Y = y
		case y+s.row.Size().Height > at.Y+height:
			at.Y = y + s.row.Size().Height - height
		}
		v.scroll.ScrollToOffset(at)
		return
	}
}

func within(c, o fyne.CanvasObject) bool {
	group, ok := c.(*fyne.Container)
	if !ok {
		return false
	}
	for _, child := range group.Objects {
		if child == o || within(child, o) {
			return true
		}
	}
	return false
}

// change applies a change of a setting at once, and says beside it why not.
func (v *settingsView) change(s *setting, change func(*app.Settings)) bool {
	err := v.window.tryApply(change)
	v.say(s, err)
	return err == nil
}

func (v *settingsView) say(s *setting, err error) {
	if err == nil {
		s.said.set(s.hint, colorSecondary)
	} else {
		s.said.set(sentence(err), colorBad)
	}
	show(s.said, s.said.text != "")
	v.list.Refresh()
}

// finish takes over what is still being typed; false when it cannot be.
func (v *settingsView) finish() bool {
	if v.typed != nil {
		v.typed()
	}
	for _, s := range v.all {
		if s.said.color == colorBad {
			return false
		}
	}
	return true
}

// sentence makes an error readable: settings report theirs one a line.
func sentence(err error) string {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	lines := make([]string, len(all))
	for i, e := range all {
		if bad, ok := errors.AsType[*app.InvalidError](e); ok {
			lines[i] = say(bad.What)
		} else {
			lines[i] = problemText(app.Explain(e))
		}
	}
	return strings.Join(lines, "\n")
}
