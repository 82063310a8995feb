package ui

import (
	"cmp"
	"image"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/capture"
	"tally/capture/screen"
	"tally/capture/wayland"
)

// screenItems are the picture's menu for what this computer shows: its screens, a
// part of one, and the windows of other programs in a menu of their own.
func (w *Window) screenItems(chosen string, choose func(source string) func()) []*fyne.MenuItem {
	s := w.shown
	var items []*fyne.MenuItem
	add := func(label, source string, icon fyne.Resource) *fyne.MenuItem {
		i := &fyne.MenuItem{Label: clipName(label), Action: choose(source), Icon: icon, Checked: sameSource(source, chosen, s.Devices)}
		items = append(items, i)
		return i
	}
	screens := devices(s.Devices, capture.KindScreen)
	if len(screens) == 1 && screens[0].ID == wayland.DeviceID {
		item := add(tr("A screen or window…"), "screen:"+wayland.DeviceID, iconScreen)
		if item.Checked { // chosen once more: the desktop asks once more
			item.Action = w.studio.AskForScreen
		}
		return items
	}
	for _, d := range screens {
		add(d.Name, "screen:"+d.ID, iconScreen)
	}
	if len(screens) > 0 {
		if part := cmp.Or(partOf(chosen), partOf(s.Settings.Video.Part)); part != "" {
			add(partName(part), part, iconPart)
			add(tr("Another part of a screen…"), "", iconPart).Action = w.showPart
		} else {
			add(tr("A part of a screen…"), "", iconPart).Action = w.showPart
		}
	}
	windows := devices(s.Devices, capture.KindWindow)
	of := items
	items = nil
	for _, d := range windows {
		add(d.Name, "window:"+d.ID, iconWindow)
	}
	if id, ok := strings.CutPrefix(chosen, "window:"); ok && !has(windows, id) {
		add(windowTitle(id), chosen, iconWindow) // it is closed now, or chosen by a part of its title
	}
	if len(items) > 0 {
		of = append(of, &fyne.MenuItem{Label: tr("A window"), Icon: iconWindow, ChildMenu: fyne.NewMenu("", items...)})
	}
	return of
}

// windowTitle is what an ID or a wish tells of a window that is not open.
func windowTitle(id string) string {
	if _, title, ok := strings.Cut(id, "/"); ok && title != "" {
		return title
	}
	return id
}

func has(all []capture.Device, id string) bool {
	for _, d := range all {
		if d.ID == id {
			return true
		}
	}
	return false
}

// partOf is source if it is a part of a screen, else nothing.
func partOf(source string) string {
	if a, ok := areaOf(source); ok && !a.Part.Empty() {
		return source
	}
	return ""
}

func areaOf(source string) (screen.Area, bool) {
	text, ok := strings.CutPrefix(source, "screen:")
	a, err := screen.ParseArea(text)
	return a, ok && err == nil
}

func partName(source string) string {
	a, _ := areaOf(source)
	return tr("Part of a screen, %d × %d", a.Part.Dx(), a.Part.Dy())
}

// partForm chooses a part of a screen, on a picture of it or by numbers.
type partForm struct {
	window  *Window
	sheet   *sheet
	screens []capture.Device
	which   *sheetSelect
	chooser *partChooser
	numbers [4]*sheetEntry // width, height, from the left, from the top
	note    *paragraph
	filling bool // the numbers follow the picture
}

const partWidth = 600

func (w *Window) showPart() {
	f := &partForm{window: w, sheet: w.newSheet(), screens: devices(w.shown.Devices, capture.KindScreen), note: hintText("", partWidth)}
	k := &f.sheet.keys
	f.chooser = newPartChooser(k, f.count)
	var names []string
	for _, d := range f.screens {
		names = append(names, d.Name)
	}
	f.which = newSheetSelect(k, names, nil)
	for i := range f.numbers {
		f.numbers[i] = newSheetEntry(k, "")
		f.numbers[i].OnChanged = func(string) { f.typed() }
	}
	again := newSheetButton(k, tr("New picture"), widget.MediumImportance, func() { f.look() })
	how := tr("Drag over what viewers should see, or move it with the arrow keys: with Shift they change its size.")
	top := ends(hintText(how, partWidth-170), again)
	if len(names) > 1 {
		top = column(tight, ends(widthOf(300, f.which), again), hintText(how, partWidth))
	}
	f.begin()
	f.which.OnChanged = func(string) { f.look() }
	body := widthOf(partWidth, column(12, top, container.NewCenter(f.chooser), numberRow(f.numbers), f.note))
	cancel := newSheetButton(k, tr("Cancel"), widget.MediumImportance, f.sheet.close)
	use := newSheetButton(k, tr("Show this part"), widget.HighImportance, f.use)
	f.sheet.open(tr("A part of a screen"), body, f.numbers[0], cancel, use)
}

// begin shows the part that was chosen last, or all of the main screen.
func (f *partForm) begin() {
	set := f.window.shown.Settings.Video
	last, _ := areaOf(cmp.Or(partOf(set.Source), set.Part))
	for i, d := range f.screens {
		if i == 0 || d.Default && last.Screen == "" || d.ID == last.Screen {
			f.which.SetSelectedIndex(i)
		}
	}
	f.look()
	if part := last.Part.Intersect(f.chooser.whole()); !part.Empty() && f.screen() == cmp.Or(last.Screen, f.screen()) {
		f.chooser.set(part)
		f.count(part)
	}
}

// screen is the ID of the one that is shown.
func (f *partForm) screen() string {
	if i := f.which.SelectedIndex(); i >= 0 {
		return f.screens[i].ID
	}
	return ""
}

// look takes a new picture of the screen.
func (f *partForm) look() {
	img, problem := f.window.studio.ScreenPicture(f.screen())
	if !problem.IsZero() {
		f.say(problemText(problem), colorBad)
		return
	}
	f.chooser.show(img)
	f.count(f.chooser.part)
	f.sheet.grow()
}

// count shows in numbers what was chosen on the picture.
func (f *partForm) count(part image.Rectangle) {
	f.filling = true
	for i, n := range []int{part.Dx(), part.Dy(), part.Min.X, part.Min.Y} {
		f.numbers[i].SetText(strconv.Itoa(n))
	}
	f.filling = false
	v := f.window.shown.Settings.Video
	f.say("", colorSecondary)
	if !part.Empty() && differ(float32(part.Dx())/float32(part.Dy()), float32(v.Width)/float32(v.Height)) {
		f.say(tr("Its shape is not that of the show, %d × %d: viewers see black bars beside it.", v.Width, v.Height), colorSecondary)
	}
}

// typed draws what the numbers say.
func (f *partForm) typed() {
	if part, ok := f.read(); ok && !f.filling {
		f.chooser.set(part)
	}
}

// read takes the numbers, if they are a part of this screen.
func (f *partForm) read() (image.Rectangle, bool) {
	var n [4]int
	for i := range n {
		var ok bool
		if n[i], ok = wholeNumber(f.numbers[i].Text); !ok {
			return image.Rectangle{}, false
		}
	}
	part := image.Rect(n[2], n[3], n[2]+n[0], n[3]+n[1])
	return part, !part.Empty() && part.In(f.chooser.whole())
}

func (f *partForm) use() {
	part, ok := f.read()
	if !ok {
		f.say(tr("These numbers are no part of this screen, which has %d × %d pixels.", f.chooser.whole().Dx(), f.chooser.whole().Dy()), colorBad)
		return
	}
	source := "screen:" + screen.Area{Screen: f.screen(), Part: part}.String()
	err := f.window.tryApply(func(s *app.Settings) { s.Video.Source, s.Video.Part = source, source })
	if err != nil {
		f.say(sentence(err), colorBad)
		return
	}
	f.sheet.close()
}

func (f *partForm) say(text string, color fyne.ThemeColorName) {
	f.note.set(text, color)
	show(f.note, text != "")
	f.sheet.grow()
}
