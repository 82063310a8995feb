package ui

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

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

func keyIntervals() []choice[time.Duration] {
	return []choice[time.Duration]{
		{tr("1 second"), time.Second},
		{tr("2 seconds – what services ask for"), 2 * time.Second},
		{tr("4 seconds"), 4 * time.Second},
	}
}

func presets() []choice[string] {
	return []choice[string]{
		{tr("Least work for this computer"), "ultrafast"},
		{tr("Little work"), "superfast"},
		{tr("Normal"), "veryfast"},
		{tr("Better picture, more work"), "faster"},
		{tr("Best picture, most work"), "medium"},
	}
}

func codecs(of []app.Codec) (all []choice[app.Codec]) {
	for _, c := range of {
		all = append(all, choice[app.Codec]{c.String(), c})
	}
	return all
}

// pick is a control for one of several options; a value that is none of them gets
// an option of its own.
func pick[T comparable](v *settingsView, of []choice[T], value T, own string, chosen func(T)) *sheetSelect {
	s := newSheetSelect(&v.sheet.keys, nil, nil)
	for _, c := range of {
		s.Options = append(s.Options, c.label)
		if c.value == value {
			s.Selected = c.label
		}
	}
	if s.Selected == "" && own != "" {
		s.Options, s.Selected = append(s.Options, own), own
	}
	s.OnChanged = func(label string) {
		for _, c := range of {
			if c.label == label {
				chosen(c.value)
			}
		}
	}
	return s
}

// settings lists all, in the order in which they are shown.
func (v *settingsView) settings() []*setting {
	all := v.profileSettings()
	all = append(all, v.pictureSettings()...)
	all = append(all, v.soundSettings()...)
	all = append(all, v.networkSettings()...)
	all = append(all, v.recordingSettings()...)
	all = append(all, v.windowSettings()...)
	return append(all, v.sharingSettings()...)
}

func (v *settingsView) pictureSettings() []*setting {
	now := v.window.shown.Settings.Video
	group := tr("Picture")
	size := &setting{group: group, name: tr("Picture size"), words: tr("resolution width height 1080p 720p HD"), simple: true, waits: true}
	size.control = pick(v, sizes(), pictureSize{now.Width, now.Height}, tr("%d × %d", now.Width, now.Height), func(p pictureSize) {
		v.change(size, func(s *app.Settings) { s.Video.Width, s.Video.Height = p.width, p.height })
	})
	fps := &setting{group: group, name: tr("Frames per second"), words: tr("fps frame rate smooth"), simple: true, waits: true}
	fps.control = pick(v, rates(), now.FPS, strconv.Itoa(now.FPS), func(n int) {
		v.change(fps, func(s *app.Settings) { s.Video.FPS = n })
	})
	delay := &setting{group: group, name: tr("Delay"), words: tr("latency B-frames look-ahead"), waits: true}
	delay.control = pick(v, delays(), now.LowLatency, "", func(low bool) {
		v.change(delay, func(s *app.Settings) { s.Video.LowLatency = low })
	})
	key := &setting{group: group, name: tr("Key frames"), words: tr("keyframe interval GOP IDR"), hint: tr("How often a whole picture is sent: viewers can join there."), waits: true}
	key.control = pick(v, keyIntervals(), now.KeyInterval, seconds(now.KeyInterval), func(d time.Duration) {
		v.change(key, func(s *app.Settings) { s.Video.KeyInterval = d })
	})
	preset := &setting{group: group, name: tr("Effort of the encoder"), words: tr("x264 preset CPU usage quality"), hint: tr("Hardware encoders do not ask for it."), waits: true}
	preset.control = pick(v, presets(), now.Preset, now.Preset, func(p string) {
		v.change(preset, func(s *app.Settings) { s.Video.Preset = p })
	})
	codec := &setting{
		group: group, name: tr("Video codec"), words: tr("encoder H.264 HEVC H.265 AV1 Enhanced RTMP"), waits: true,
		hint: tr("H.264 works everywhere. HEVC and AV1 look better at the same bitrate, cost this computer more, and not every service takes them."),
	}
	codec.control = pick(v, codecs(app.VideoCodecs()), now.Coded(), now.Coded().String(), func(c app.Codec) {
		v.change(codec, func(s *app.Settings) { s.Video.Use(c) })
	})
	keepUp := &setting{
		group: group, name: tr("Lower the effort by itself when this computer is too slow"), words: tr("encoder preset CPU overload keep up"), waits: true,
		hint: tr("In the end only half of the pictures go out. Otherwise as many are left out as it takes."),
	}
	check := newSheetCheck(&v.sheet.keys, tr("Keep up"), nil)
	check.Checked = now.KeepUp
	check.OnChanged = func(on bool) { v.change(keepUp, func(s *app.Settings) { s.Video.KeepUp = on }) }
	keepUp.control = check
	return []*setting{size, fps, v.bitrateSetting(group), delay, key, preset, keepUp, codec}
}

// bitrateSetting is a number that is typed, so it is taken over when the focus
// leaves it: its first digits alone would be another bitrate.
func (v *settingsView) bitrateSetting(group string) *setting {
	s := &setting{
		group: group, name: tr("Picture bitrate, kbit/s"), words: tr("quality upload bandwidth"), simple: true,
		hint: tr("More bitrate is a better picture, and needs more upload. 2500 suits 720p at 30; 6000 suits 1080p at 60."),
	}
	entry := newSheetEntry(&v.sheet.keys, "2500")
	entry.Scroll = container.ScrollNone // else it would keep the wheel from the list that it is in
	entry.Text = strconv.Itoa(v.window.shown.Settings.Video.BitrateKbps)
	v.typed = func() {
		kbps, err := strconv.Atoi(strings.TrimSpace(entry.Text))
		switch {
		case err != nil:
			v.say(s, &app.InvalidError{What: "The picture bitrate must be a number, such as 2500."})
		case kbps != v.window.shown.Settings.Video.BitrateKbps || s.said.color == colorBad:
			v.change(s, func(set *app.Settings) { set.Video.BitrateKbps = kbps })
		}
	}
	entry.left = v.typed
	s.control = entry
	return s
}

func (v *settingsView) soundSettings() []*setting {
	now := v.window.shown.Settings.Audio
	rate := &setting{group: tr("Sound"), name: tr("Sound bitrate"), words: tr("audio quality AAC music speech"), simple: true, waits: true}
	rate.control = pick(v, soundRates(), now.BitrateKbps, bitrate(now.BitrateKbps), func(kbps int) {
		v.change(rate, func(s *app.Settings) { s.Audio.BitrateKbps = kbps })
	})
	codec := &setting{
		group: tr("Sound"), name: tr("Audio codec"), words: tr("encoder AAC Opus Enhanced RTMP"), waits: true,
		hint: tr("AAC works everywhere. Opus needs a server with Enhanced RTMP."),
	}
	codec.control = pick(v, codecs(app.AudioCodecs()), now.Coded(), now.Coded().String(), func(c app.Codec) {
		v.change(codec, func(s *app.Settings) { s.Audio.Codec = string(c) })
	})
	return []*setting{rate, codec}
}

func (v *settingsView) networkSettings() []*setting {
	group := tr("Connection")
	adapt := &setting{
		group: group, name: tr("Lower the bitrate by itself when the connection is too slow"),
		words: tr("adaptive dynamic bitrate network upload"), simple: true,
	}
	check := newSheetCheck(&v.sheet.keys, tr("Adapt"), nil)
	check.Checked = v.window.shown.Settings.Adapt
	check.OnChanged = func(on bool) { v.change(adapt, func(s *app.Settings) { s.Adapt = on }) }
	adapt.control = check
	to := &setting{group: group, name: tr("Destinations"), words: tr("server stream key service Twitch YouTube RTMP URL")}
	to.control = newSheetButton(&v.sheet.keys, tr("Destinations…"), widget.MediumImportance, func() {
		v.sheet.close()
		v.window.showDestinations()
	})
	return []*setting{adapt, to}
}

func (v *settingsView) recordingSettings() []*setting {
	now := v.window.shown.Settings
	group := tr("Recording")
	folder := &setting{group: group, name: tr("Folder"), words: tr("where recordings are saved path disk directory"), hint: folderText(now.RecordDir), simple: true}
	folder.control = newSheetButton(&v.sheet.keys, tr("Choose…"), widget.MediumImportance, func() {
		v.window.chooseFolder(func(dir string) {
			folder.hint = folderText(dir)
			v.change(folder, func(s *app.Settings) { s.RecordDir = dir })
		})
	})
	split := &setting{group: group, name: tr("Another file"), words: tr("split parts size length MP4 MKV")}
	split.control = pick(v, splits(), part{now.SplitMinutes, now.SplitMB}, tr("Each %d min, %d MiB", now.SplitMinutes, now.SplitMB), func(p part) {
		v.change(split, func(s *app.Settings) { s.SplitMinutes, s.SplitMB = p.minutes, p.mb })
	})
	replay := &setting{group: group, name: tr("Keep for a replay"), words: tr("instant replay buffer highlight clip")}
	replay.control = pick(v, replays(), now.ReplaySeconds, tr("The last %d seconds", now.ReplaySeconds), func(n int) {
		v.change(replay, func(s *app.Settings) { s.ReplaySeconds = n })
	})
	return []*setting{folder, split, replay}
}

func folderText(dir string) string {
	if dir == "" {
		return tr("In your Videos folder")
	}
	return tr("In %s", filepath.Clean(dir))
}

func (v *settingsView) windowSettings() []*setting {
	group := tr("This window")
	w := v.window
	look := &setting{group: group, name: tr("Appearance"), words: tr("theme dark light colours night mode"), simple: true}
	look.control = pick(v, appearances(), w.appearance(), "", w.chooseAppearance)

	spoken := &setting{group: group, name: tr("Language"), words: tr("translation English locale"), simple: true}
	spoken.control = pick(v, languageChoices(), w.languageChosen(), "", func(name string) {
		if !readable(name) {
			v.say(spoken, &app.InvalidError{What: noFont(name)})
			return
		}
		w.chooseLanguage(name)
		v.reopen()
	})
	preview := &setting{group: group, name: tr("Preview in this window"), words: tr("CPU usage slow computer smooth picture")}
	preview.control = pick(v, paces(), w.paceChosen(), "", w.choosePace)
	return []*setting{look, spoken, preview}
}
