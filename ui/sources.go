package ui

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"tally/app"
	"tally/capture"
)

// pictureView chooses what viewers see.
type pictureView struct {
	root   fyne.CanvasObject
	title  *line
	picker *picker
	listed []string
}

func newPictureView(w *Window) *pictureView {
	v := &pictureView{title: caption(tr("Picture"))}
	v.picker = newPicker(tr("Picture"), func() *fyne.Menu { return pictureMenu(w) })
	v.picker.opening = w.studio.RefreshDevices
	v.root = newCard(column(tight, v.title, v.picker))
	return v
}

func (v *pictureView) render(s app.Snapshot) {
	label, detail, color := sourceText(s.Picture, pictureSource(s), s.Devices, tr("No picture"))
	v.picker.set(sourceIcon(pictureSource(s)), label, detail, color, false)
	if now := identities(s.Devices); !slices.Equal(now, v.listed) {
		v.listed = now
		v.picker.relist()
	}
}

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

// pictureMenu lists the cameras and screens of this moment, and what else can
// be a picture.
func pictureMenu(w *Window) *fyne.Menu {
	s := w.shown
	chosen := pictureSource(s)
	choose := func(source string) func() {
		return func() { w.apply(func(s *app.Settings) { s.Video.Source = source }) }
	}
	var items []*fyne.MenuItem
	add := func(label, source string, icon fyne.Resource) {
		items = append(items, &fyne.MenuItem{Label: clipName(label), Action: choose(source), Icon: icon, Checked: sameSource(source, chosen, s.Devices)})
	}
	cameras := devices(s.Devices, capture.KindCamera)
	for _, d := range cameras {
		add(d.Name, "camera:"+d.ID, iconCamera)
	}
	if len(cameras) == 0 {
		items = append(items, &fyne.MenuItem{Label: tr("No camera found"), Disabled: true, Icon: iconCamera})
	}
	items = append(items, w.screenItems(chosen, choose)...)
	items = append(items, fyne.NewMenuItemSeparator())
	add(tr("Test card"), "testcard", iconTestcard)
	items = append(items, w.fileItem(tr("Media file…"), chosen, videoFiles, func(path string) { choose("file:" + path)() }))
	add(tr("No picture"), "none", iconNone)
	return fyne.NewMenu("", items...)
}

// soundMenu is the same for sound.
func soundMenu(w *Window) *fyne.Menu {
	s := w.shown
	chosen := soundSource(s)
	choose := func(source string) func() {
		return func() { w.apply(func(s *app.Settings) { s.Audio.Source = source }) }
	}
	var items []*fyne.MenuItem
	add := func(label, source string, icon fyne.Resource) {
		items = append(items, &fyne.MenuItem{Label: clipName(label), Action: choose(source), Icon: icon, Checked: sameSource(source, chosen, s.Devices)})
	}
	mics := devices(s.Devices, capture.KindMicrophone)
	for _, d := range mics {
		add(d.Name, "mic:"+d.ID, iconMic)
	}
	if len(mics) == 0 {
		items = append(items, &fyne.MenuItem{Label: tr("No microphone found"), Disabled: true, Icon: iconMic})
	}
	items = append(items, fyne.NewMenuItemSeparator())
	add(tr("Test tone"), "tone", iconTone)
	items = append(items, w.fileItem(tr("Sound of a media file…"), chosen, soundFiles, func(path string) { choose("file:" + path)() }))
	add(tr("No sound"), "none", iconNone)
	return fyne.NewMenu("", items...)
}

func (w *Window) fileItem(label, chosen string, endings []string, choose func(path string)) *fyne.MenuItem {
	item := &fyne.MenuItem{Label: label, Icon: iconFile, Action: func() { w.chooseFile(endings, choose) }}
	if path, ok := strings.CutPrefix(chosen, "file:"); ok {
		item.Label, item.Checked = tr("%s – choose another…", clipName(filepath.Base(path))), true
	}
	return item
}

var (
	videoFiles = []string{".mp4", ".mkv", ".mov", ".webm", ".flv", ".avi", ".ts", ".m4v", ".mpg", ".mpeg"}
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

// soundView chooses what viewers hear, and shows how loud it is.
type soundView struct {
	root   fyne.CanvasObject
	picker *picker
	mute   *toolButton
	meter  *meter
	hint   *line

	source app.SourceStatus
	muted  bool
	listed []string
}

func newSoundView(w *Window) *soundView {
	v := &soundView{meter: newMeter(), hint: newLine("", colorSecondary, sizeSmall).clipped()}
	v.picker = newPicker(tr("Sound"), func() *fyne.Menu { return soundMenu(w) })
	v.picker.opening = w.studio.RefreshDevices
	v.mute = newToolButton(tr("Mute"), theme.VolumeUpIcon(), w.toggleMute)
	v.root = newCard(column(tight, ends(caption(tr("Sound")), v.mute), v.picker, pad(4, 0, 0, 0, v.meter), v.hint))
	return v
}

// setCompact leaves out what a low window has no room for.
func (v *soundView) setCompact(compact bool) {
	show(v.hint, !compact || v.muted)
	v.meter.setCompact(compact)
}

func (v *soundView) render(s app.Snapshot) {
	label, detail, color := sourceText(s.Sound, soundSource(s), s.Devices, tr("No sound"))
	v.picker.set(sourceIcon(soundSource(s)), label, detail, color, false)
	if now := identities(s.Devices); !slices.Equal(now, v.listed) {
		v.listed = now
		v.picker.relist()
	}
	v.source, v.muted = s.Sound, s.Settings.Audio.Muted
	if v.muted {
		v.mute.set(tr("Unmute"), theme.VolumeMuteIcon(), true)
	} else {
		v.mute.set(tr("Mute"), theme.VolumeUpIcon(), false)
	}
	v.renderHint()
}

// renderHint says in words what the meter shows.
func (v *soundView) renderHint() {
	b := &v.meter.ballistics
	switch {
	case v.muted:
		v.hint.set(tr("Muted – viewers hear nothing"), colorWarn)
	case v.source.State == app.SourceOff:
		v.hint.set(tr("Viewers hear nothing"), colorSecondary)
	case v.source.State == app.SourceFailed:
		v.hint.set(cmp.Or(say(v.source.Problem.Advice), tr("Choose another microphone")), colorBad)
	case b.clipped:
		v.hint.set(tr("Too loud – turn the microphone down"), colorBad)
	case v.source.State == app.SourceRunning && b.silent():
		v.hint.set(tr("Silent – is the microphone on?"), colorWarn)
	default:
		v.hint.set(tr("Speech should reach the yellow part"), colorSecondary)
	}
}
