package ui

import (
	"cmp"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// soundView chooses what viewers hear, and shows how loud it is.
type soundView struct {
	root   fyne.CanvasObject
	picker *picker
	timing *toolButton
	mute   *toolButton
	meter  *meter
	hint   *line
	player *playerView

	source app.SourceStatus
	muted  bool
}

func newSoundView(w *Window) *soundView {
	v := &soundView{player: newPlayerView(w), meter: newMeter(), hint: newLine("", colorSecondary, sizeSmall).clipped()}
	v.picker = newPicker(tr("Sound"), func() *fyne.Menu { return soundMenu(w) })
	v.picker.opening = w.studio.RefreshDevices
	v.mute = newToolButton(tr("Mute"), theme.VolumeUpIcon(), w.toggleMute)
	v.timing = newToolButton("", theme.HistoryIcon(), w.showTiming)
	v.root = newCard(column(tight, ends(caption(tr("Sound")), row(6, widthOf(92, v.timing), widthOf(90, v.mute))), v.picker, v.player.root, pad(4, 0, 0, 0, v.meter), v.hint))
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
	v.picker.list(identities(s.Devices))
	v.source, v.muted = s.Sound, s.Settings.Audio.Muted
	if v.muted {
		v.mute.set(tr("Unmute"), theme.VolumeMuteIcon(), true)
	} else {
		v.mute.set(tr("Mute"), theme.VolumeUpIcon(), false)
	}
	v.timing.set(timingText(s.Audio.SyncMs), theme.HistoryIcon(), false)
	own := s.Sound
	if own.Source == s.Picture.Source {
		own = app.SourceStatus{} // the picture's player is for both
	}
	v.player.render(s, own)
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
	case v.source.State == app.SourceRunning && v.source.Desktop:
		v.hint.set(tr("Viewers hear what this computer plays"), colorSecondary)
	case v.source.State == app.SourceRunning && b.dead:
		v.hint.set(tr("No sound at all – is it muted or switched off?"), colorBad)
	case v.source.State == app.SourceRunning && b.silent():
		v.hint.set(tr("Silent – is the microphone on?"), colorWarn)
	default:
		v.hint.set(tr("Speech should reach the yellow part"), colorSecondary)
	}
}
