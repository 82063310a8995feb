package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// playerView is under a picker whose source is a file: where it stands, and what to
// do with it.
type playerView struct {
	root    *fyne.Container
	slider  *sheetSlider
	play    *toolButton
	loop    *toolButton
	time    *line
	changed func() // it came or went

	source string // of the file
	place  app.Place
	ended  bool
	asked  time.Time // when the user last moved the slider
}

func newPlayerView(w *Window) *playerView {
	v := &playerView{time: newLine("", colorSecondary, sizeSmall).roomFor("00:00 / 00:00").trailing(), changed: func() {}}
	v.slider = newSheetSlider(&sheetKeys{}, 0, 1, 1, 0, nil)
	v.slider.OnChanged = func(float64) {
		v.asked = time.Now()
		v.time.setText(placeText(time.Duration(v.slider.Value*float64(time.Second)), v.place.Length))
	}
	v.slider.OnChangeEnded = func(at float64) { w.studio.Seek(v.source, time.Duration(at*float64(time.Second))) }
	v.play = newToolButton(tr("Pause"), theme.MediaPauseIcon(), func() { v.toggle(w.studio) })
	v.loop = newToolButton(tr("Repeat"), theme.MediaReplayIcon(), func() {
		source := v.source
		w.apply(func(s *app.Settings) { s.SetOf(source, func(one *app.SourceSettings) { one.Loop = !one.Loop }) })
	})
	v.root = column(0, v.slider, ends(row(6, v.play, v.loop), v.time))
	v.root.Hide()
	return v
}

// toggle pauses the file, or plays it on or again.
func (v *playerView) toggle(s Studio) {
	if v.ended {
		s.Seek(v.source, 0)
		return
	}
	s.Pause(v.source, !v.place.Paused)
}

func (v *playerView) render(s app.Snapshot, st app.SourceStatus) {
	place, plays := s.Playing[st.Source]
	ended := st.State == app.SourceEnded
	visible := plays || ended && strings.HasPrefix(st.Source, "file:")
	if visible != v.root.Visible() {
		show(v.root, visible)
		v.changed()
	}
	if !visible {
		v.source, v.place = "", app.Place{}
		return
	}
	if ended {
		place = app.Place{At: v.place.Length, Length: v.place.Length}
	}
	v.source, v.place, v.ended = st.Source, place, ended
	switch {
	case ended:
		v.play.set(tr("Play again"), theme.MediaPlayIcon(), false)
	case place.Paused:
		v.play.set(tr("Play"), theme.MediaPlayIcon(), false)
	default:
		v.play.set(tr("Pause"), theme.MediaPauseIcon(), false)
	}
	v.loop.set(tr("Repeat"), theme.MediaReplayIcon(), s.Settings.Of(st.Source).Loop)
	if time.Since(v.asked) < time.Second {
		return // the file is still on its way
	}
	v.time.setText(placeText(place.At, place.Length))
	if length := max(1, place.Length.Seconds()); v.slider.Max != length {
		v.slider.Max, v.slider.Step = length, max(1, float64(int(length/200)))
		v.slider.Refresh()
	}
	v.slider.show(min(place.At.Seconds(), v.slider.Max))
}

// placeText is "1:23 / 4:56"; a long film's length has no room.
func placeText(at, length time.Duration) string {
	a, l := int(at.Seconds()), int(length.Seconds())
	if length >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", a/3600, a/60%60, a%60)
	}
	return fmt.Sprintf("%d:%02d / %d:%02d", a/60, a%60, l/60, l%60)
}

// togglePlaying is for the menu: the file of the picture, or else of the sound.
func (w *Window) togglePlaying() {
	for _, v := range []*playerView{w.picture.player, w.sound.player} {
		if v.root.Visible() {
			v.toggle(w.studio)
			return
		}
	}
}
