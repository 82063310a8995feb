package ui

import (
	"cmp"
	"image/color"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
	"tally/capture"
)

// pictureView chooses what viewers see.
type pictureView struct {
	root   fyne.CanvasObject
	head   fyne.CanvasObject // what a very low window does without
	picker *picker
	adjust *toolButton
	player *playerView
}

func newPictureView(w *Window) *pictureView {
	v := &pictureView{player: newPlayerView(w)}
	v.picker = newPicker(tr("Picture"), func() *fyne.Menu { return pictureMenu(w) })
	v.picker.opening = w.studio.RefreshDevices
	v.adjust = newToolButton(tr("Adjust"), theme.SettingsIcon(), w.showCamera)
	strut := canvas.NewRectangle(color.Transparent) // as high with the button as without
	strut.SetMinSize(fyne.NewSize(0, v.adjust.MinSize().Height))
	v.head = container.NewStack(strut, ends(caption(tr("Picture")), v.adjust))
	v.root = newCard(column(tight, v.head, v.picker, v.player.root))
	return v
}

func (v *pictureView) render(s app.Snapshot) {
	label, detail, color := sourceText(s.Picture, pictureSource(s), s.Devices, tr("No picture"))
	v.picker.set(sourceIcon(pictureSource(s)), label, detail, color, false)
	v.picker.list(identities(s.Devices))
	show(v.adjust, isCamera(s))
	v.player.render(s, s.Picture)
}

// isCamera tells whether the picture comes from a camera that can be adjusted.
func isCamera(s app.Snapshot) bool { return strings.HasPrefix(s.Picture.Device, "camera:") }

// identities tells one list of devices from another.
func identities(all []capture.Device) []string {
	var out []string
	for _, d := range all {
		if d.Kind == capture.KindWindow { // its title may change each second
			program, _, _ := strings.Cut(d.ID, "/")
			out = append(out, "window:"+program)
			continue
		}
		out = append(out, string(d.Kind)+":"+d.ID+":"+d.Name)
	}
	return out
}

// pictureSource is what the picture is made of. When nothing was chosen it is a
// camera if there is one, else the test card.
func pictureSource(s app.Snapshot) string {
	otherwise := "testcard"
	if len(devices(s.Devices, capture.KindCamera)) > 0 {
		otherwise = "camera"
	}
	return cmp.Or(s.Picture.Source, s.Settings.Video.Source, otherwise)
}

// soundSource is the same for sound.
func soundSource(s app.Snapshot) string {
	otherwise := "tone"
	if len(devices(s.Devices, capture.KindMicrophone)) > 0 {
		otherwise = "mic"
	}
	return cmp.Or(s.Sound.Source, s.Settings.Audio.Source, otherwise)
}

// sourceMenu is being filled with what can be chosen for one slot.
type sourceMenu struct {
	w      *Window
	chosen string
	choose func(source string)
	items  []*fyne.MenuItem
}

func (m *sourceMenu) add(label, source string, icon fyne.Resource) {
	m.items = append(m.items, &fyne.MenuItem{
		Label: clipName(label), Action: func() { m.choose(source) }, Icon: icon, Checked: sameSource(source, m.chosen, m.w.shown.Devices),
	})
}

// addDevices lists those of one kind; none is what to say when there are none, if
// anything.
func (m *sourceMenu) addDevices(kind capture.Kind, icon fyne.Resource, none string) {
	all := devices(m.w.shown.Devices, kind)
	for _, d := range all {
		m.add(d.Name, string(kind)+":"+d.ID, icon)
	}
	if len(all) == 0 && none != "" {
		m.items = append(m.items, &fyne.MenuItem{Label: none, Disabled: true, Icon: icon})
	}
}

func (m *sourceMenu) addFile(label string, endings []string) {
	m.items = append(m.items, m.w.fileItem(label, m.chosen, endings, func(path string) { m.choose("file:" + path) }))
}

// pictureMenu lists the cameras and screens of this moment, and what else can
// be a picture.
func pictureMenu(w *Window) *fyne.Menu {
	m := sourceMenu{w: w, chosen: pictureSource(w.shown), choose: func(source string) {
		w.apply(func(s *app.Settings) { s.Video.Source = source })
	}}
	m.addDevices(capture.KindCamera, iconCamera, tr("No camera found"))
	m.items = append(m.items, w.screenItems(m.chosen, func(source string) func() { return func() { m.choose(source) } })...)
	m.items = append(m.items, fyne.NewMenuItemSeparator())
	m.add(tr("Test card"), "testcard", iconTestcard)
	m.addFile(tr("Media file…"), videoFiles)
	m.add(tr("No picture"), "none", iconNone)
	return fyne.NewMenu("", m.items...)
}

// soundMenu is the same for sound.
func soundMenu(w *Window) *fyne.Menu {
	m := sourceMenu{w: w, chosen: soundSource(w.shown), choose: func(source string) {
		w.apply(func(s *app.Settings) { s.Audio.Source = source })
	}}
	m.addDevices(capture.KindMicrophone, iconMic, tr("No microphone found"))
	m.items = append(m.items, fyne.NewMenuItemSeparator())
	m.add(tr("Test tone"), "tone", iconTone)
	m.addFile(tr("Sound of a media file…"), soundFiles)
	m.add(tr("No sound"), "none", iconNone)
	return fyne.NewMenu("", m.items...)
}

func (w *Window) fileItem(label, chosen string, endings []string, choose func(path string)) *fyne.MenuItem {
	item := &fyne.MenuItem{Label: label, Icon: iconFile, Action: func() { w.chooseFile(endings, choose) }}
	if path, ok := strings.CutPrefix(chosen, "file:"); ok {
		item.Label, item.Checked = tr("%s – choose another…", clipName(filepath.Base(path))), true
	}
	return item
}

var (
	videoFiles = []string{".mp4", ".mkv", ".mov", ".webm", ".flv", ".avi", ".ts", ".m4v", ".mpg", ".mpeg", ".gif", ".png", ".jpg", ".jpeg", ".webp"}
	soundFiles = append([]string{".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a", ".aac"}, videoFiles...)
)

func devices(all []capture.Device, kind capture.Kind) []capture.Device {
	var out []capture.Device
	for _, d := range all {
		if d.Kind == kind {
			out = append(out, d)
		}
	}
	return out
}

// sameSource tells whether two sources mean the same device: "camera" is the
// default one.
func sameSource(a, b string, all []capture.Device) bool {
	full := func(s string) string {
		if kind, id, ok := strings.Cut(s, ":"); ok && id != "" || kind == "testcard" || kind == "tone" || kind == "none" || kind == "" {
			return s
		}
		of := devices(all, capture.Kind(s))
		for _, d := range of {
			if d.Default {
				return s + ":" + d.ID
			}
		}
		if len(of) > 0 {
			return s + ":" + of[0].ID
		}
		return s
	}
	return full(a) == full(b)
}

// sourceName names a source for people.
func sourceName(source string, all []capture.Device) string {
	kind, id, _ := strings.Cut(source, ":")
	if partOf(source) != "" {
		return partName(source)
	}
	switch kind {
	case "testcard":
		return tr("Test card")
	case "tone":
		return tr("Test tone")
	case "file":
		return filepath.Base(id)
	}
	for _, d := range devices(all, capture.Kind(kind)) {
		if d.ID == id || id == "" && d.Default {
			return d.Name
		}
	}
	switch kind {
	case "camera":
		return tr("Camera")
	case "mic":
		return tr("Microphone")
	case "screen":
		return tr("Screen")
	case "window":
		return windowTitle(id)
	}
	return source
}

func sourceIcon(source string) fyne.Resource {
	kind, _, _ := strings.Cut(source, ":")
	switch kind {
	case "camera":
		return iconCamera
	case "screen":
		if partOf(source) != "" {
			return iconPart
		}
		return iconScreen
	case "window":
		return iconWindow
	case "mic":
		return iconMic
	case "testcard":
		return iconTestcard
	case "tone":
		return iconTone
	case "file":
		return iconFile
	}
	return iconNone
}

// sourceText is what a picker shows of a source: its name, and how it is doing.
func sourceText(st app.SourceStatus, source string, all []capture.Device, none string) (label, detail string, color fyne.ThemeColorName) {
	label = sourceName(source, all)
	if source != "testcard" && source != "tone" {
		label = cmp.Or(st.Name, label)
	}
	switch st.State {
	case app.SourceOff:
		return none, tr("nothing chosen"), colorSecondary
	case app.SourceStarting:
		return label, tr("starting…"), colorSecondary
	case app.SourceFailed:
		return label, cmp.Or(say(st.Problem.Title), tr("does not work")), colorBad
	case app.SourceEnded:
		return label, tr("the file is over"), colorWarn
	}
	if source == "none" {
		return none, "", colorSecondary
	}
	return label, say(st.Format), colorSecondary
}

// clipName keeps a menu narrower than the window, however long the name that a
// device gives itself.
func clipName(name string) string {
	const most = 48
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}
