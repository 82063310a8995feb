package ui

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// choice is one option of a setting, in words.
type choice[T comparable] struct {
	label string
	value T
}

type pictureSize struct{ width, height int }

// part is how large a recording's files get.
type part struct{ minutes, mb int }

func sizes() []choice[pictureSize] {
	return []choice[pictureSize]{
		{tr("1920 × 1080 (Full HD)"), pictureSize{1920, 1080}},
		{tr("1280 × 720 (HD)"), pictureSize{1280, 720}},
		{tr("%d × %d", 854, 480), pictureSize{854, 480}},
		{tr("%d × %d", 640, 360), pictureSize{640, 360}},
	}
}

func rates() []choice[int] {
	return []choice[int]{
		{tr("60 – games, sport"), 60},
		{"50", 50},
		{tr("30 – people, talk"), 30},
		{"25", 25},
		{tr("24 – film"), 24},
	}
}

func soundRates() []choice[int] {
	return []choice[int]{
		{bitrate(320), 320},
		{bitrate(192), 192},
		{tr("160 kbit/s – good for music"), 160},
		{bitrate(128), 128},
		{tr("96 kbit/s – enough for speech"), 96},
	}
}

func replays() []choice[int] {
	return []choice[int]{
		{tr("Nothing"), 0},
		{tr("The last 15 seconds"), 15},
		{tr("The last 30 seconds"), 30},
		{tr("The last minute"), 60},
		{tr("The last 5 minutes"), 300},
	}
}

func splits() []choice[part] {
	return []choice[part]{
		{tr("Never"), part{}},
		{tr("Every 30 minutes"), part{minutes: 30}},
		{tr("Every hour"), part{minutes: 60}},
		{tr("Every 4 GB"), part{mb: 4000}},
	}
}

func delays() []choice[bool] {
	return []choice[bool]{
		{tr("Normal – best picture"), false},
		{tr("Low – seen sooner, less sharp"), true},
	}
}

// labels lists the options; a value that is none of them gets one of its own.
func labels[T comparable](of []choice[T], value T, own string) (all []string, selected string) {
	for _, c := range of {
		all = append(all, c.label)
		if c.value == value {
			selected = c.label
		}
	}
	if selected == "" {
		all, selected = append(all, own), own
	}
	return all, selected
}

// valueOf is the option with that label, or what it was.
func valueOf[T comparable](of []choice[T], label string, was T) T {
	for _, c := range of {
		if c.label == label {
			return c.value
		}
	}
	return was
}

// settingsForm edits a copy of the settings, which is applied as a whole.
type settingsForm struct {
	window                  *Window
	sheet                   *sheet
	size, fps, sound, delay *sheetSelect
	preview, replay, split  *sheetSelect
	bitrate                 *sheetEntry
	adapt                   *sheetCheck
	folder                  *line
	recordDir               string
	note                    *paragraph
}

func (w *Window) showSettings() {
	const width = 460
	now := w.shown.Settings
	v := now.Video
	f := &settingsForm{window: w, sheet: w.newSheet(), recordDir: now.RecordDir, note: hintText("", width)}
	f.note.Hide()
	k := &f.sheet.keys
	selectOf := func(all []string, selected string) *sheetSelect {
		s := newSheetSelect(k, all, nil)
		s.Selected = selected
		return s
	}
	f.size = selectOf(labels(sizes(), pictureSize{v.Width, v.Height}, tr("%d × %d", v.Width, v.Height)))
	f.fps = selectOf(labels(rates(), v.FPS, strconv.Itoa(v.FPS)))
	f.sound = selectOf(labels(soundRates(), now.Audio.BitrateKbps, bitrate(now.Audio.BitrateKbps)))
	f.delay = selectOf(labels(delays(), v.LowLatency, ""))
	f.preview = selectOf(labels(paces(), w.paceChosen(), ""))
	f.replay = selectOf(labels(replays(), now.ReplaySeconds, tr("The last %d seconds", now.ReplaySeconds)))
	f.split = selectOf(labels(splits(), part{now.SplitMinutes, now.SplitMB}, tr("Each %d min, %d MiB", now.SplitMinutes, now.SplitMB)))
	f.bitrate = newSheetEntry(k, "2500")
	f.bitrate.SetText(strconv.Itoa(v.BitrateKbps))
	f.adapt = newSheetCheck(k, tr("Lower the bitrate by itself when the connection is too slow"), nil)
	f.adapt.Checked = now.Adapt
	f.folder = newLine(folderText(f.recordDir), colorSecondary, sizeSmall).clipped()
	choose := newSheetButton(k, tr("Choose…"), widget.MediumImportance, f.chooseFolder)
	if w.onAir() {
		f.size.Disable()
		f.fps.Disable()
		f.delay.Disable()
		f.sound.Disable()
		f.note.Show()
		f.note.set(tr("On air, only the picture bitrate and the recordings can change. END the show for the rest."), colorSecondary)
	}
	body := widthOf(width, column(14,
		container.NewGridWithColumns(2,
			field(tr("Picture size"), f.size, nil),
			field(tr("Frames per second"), f.fps, nil)),
		container.NewGridWithColumns(2,
			field(tr("Picture bitrate, kbit/s"), f.bitrate, nil),
			field(tr("Sound bitrate"), f.sound, nil)),
		hintText(tr("More bitrate is a better picture, and needs more upload. 2500 suits 720p at 30; 6000 suits 1080p at 60."), width),
		f.adapt,
		container.NewGridWithColumns(2,
			field(tr("Delay"), f.delay, nil),
			field(tr("Preview in this window"), f.preview, nil)),
		field(tr("Recordings"), ends(f.folder, choose), nil),
		container.NewGridWithColumns(2,
			field(tr("Another file"), f.split, nil),
			field(tr("Keep for a replay"), f.replay, nil)),
		f.note,
	))
	cancel := newSheetButton(k, tr("Cancel"), widget.MediumImportance, f.sheet.close)
	save := newSheetButton(k, tr("Save"), widget.HighImportance, f.save)
	f.sheet.open(tr("Settings"), body, f.size, cancel, save)
}

func folderText(dir string) string {
	if dir == "" {
		return tr("In your Videos folder")
	}
	return tr("In %s", filepath.Clean(dir))
}

func (f *settingsForm) chooseFolder() {
	f.window.chooseFolder(func(dir string) {
		f.recordDir = dir
		f.folder.setText(folderText(dir))
	})
}

func (f *settingsForm) save() {
	kbps, err := strconv.Atoi(strings.TrimSpace(f.bitrate.Text))
	if err != nil {
		f.say(tr("The picture bitrate must be a number, such as 2500."))
		return
	}
	err = f.window.tryApply(func(s *app.Settings) {
		v := &s.Video
		picture := valueOf(sizes(), f.size.Selected, pictureSize{v.Width, v.Height})
		v.Width, v.Height = picture.width, picture.height
		v.FPS = valueOf(rates(), f.fps.Selected, v.FPS)
		v.LowLatency = valueOf(delays(), f.delay.Selected, v.LowLatency)
		v.BitrateKbps = kbps
		s.Audio.BitrateKbps = valueOf(soundRates(), f.sound.Selected, s.Audio.BitrateKbps)
		s.Adapt = f.adapt.Checked
		s.RecordDir = f.recordDir
		s.ReplaySeconds = valueOf(replays(), f.replay.Selected, s.ReplaySeconds)
		p := valueOf(splits(), f.split.Selected, part{s.SplitMinutes, s.SplitMB})
		s.SplitMinutes, s.SplitMB = p.minutes, p.mb
	})
	if err != nil {
		f.say(sentence(err))
		return
	}
	f.window.choosePace(valueOf(paces(), f.preview.Selected, paceAuto))
	f.sheet.close()
}

func (f *settingsForm) say(text string) {
	f.note.set(text, colorBad)
	f.note.Show()
	f.sheet.grow()
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
