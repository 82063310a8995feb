package ui

import (
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// recordingView switches the recording, and shows the file. While one is made, it
// can be paused and marked.
type recordingView struct {
	root                   fyne.CanvasObject
	toggle                 *switchBox
	detail                 *line
	quality                *paragraph
	buttons                *fyne.Container
	pause, chapter, replay *toolButton
	shown                  [4]bool // quality and the buttons
	changed                func()  // some have come or gone
}

func newRecordingView(w *Window) *recordingView {
	v := &recordingView{changed: func() {}, detail: newLine("", colorSecondary, sizeSmall).clipped(), quality: hintText("", 280)}
	v.toggle = newSwitchBox(tr("Record to a file"), func(on bool) { w.setRecording(on) })
	v.pause = newToolButton(tr("Pause"), theme.MediaPauseIcon(), w.togglePause)
	v.chapter = newToolButton(tr("Mark"), theme.ContentAddIcon(), w.mark)
	v.replay = newToolButton(tr("Replay"), theme.HistoryIcon(), w.studio.SaveReplay)
	v.buttons = row(near, v.pause, v.chapter, v.replay)
	v.buttons.Hide()
	v.quality.Hide()
	title := newLine(tr("Record to a file"), theme.ColorNameForeground, theme.SizeNameText)
	card := newCard(column(tight, ends(column(0, title, v.detail), v.toggle), v.quality, v.buttons))
	card.padY = 6
	v.root = card
	return v
}

// recordingOn is what the switch shows: on air what is, else what the next show
// begins with.
func recordingOn(s app.Snapshot) bool {
	if s.State.OnAir() && s.State != "" {
		return s.Recording.On
	}
	return s.Settings.Record
}

func (v *recordingView) render(s app.Snapshot) {
	r := s.Recording
	v.toggle.set(recordingOn(s))
	text, color := recordingText(s)
	v.detail.set(text, color)
	v.quality.set(say(r.Quality), colorSecondary)
	if r.Paused {
		v.pause.set(tr("Go on"), theme.MediaPlayIcon(), true)
	} else {
		v.pause.set(tr("Pause"), theme.MediaPauseIcon(), false)
	}
	now := [...]bool{r.Quality != "", r.On, r.ReplaySeconds > 0, r.On || r.ReplaySeconds > 0}
	if now == v.shown {
		return
	}
	v.shown = now
	show(v.quality, now[0])
	show(v.pause, now[1])
	show(v.chapter, now[1])
	show(v.replay, now[2])
	show(v.buttons, now[3])
	v.buttons.Refresh() // the row has another button at the same size
	v.changed()
}

// lowDisk is how many minutes of room are few enough to be told.
const lowDisk = 10 * 60

func recordingText(s app.Snapshot) (string, fyne.ThemeColorName) {
	r := s.Recording
	long := clock(time.Duration(r.Seconds * float64(time.Second)))
	switch {
	case !r.Problem.IsZero():
		return say(r.Problem.Title), colorBad
	case r.On && r.Paused:
		return tr("paused at %s", long), colorWarn
	case r.On:
		if r.MinutesLeft > 0 && r.MinutesLeft < lowDisk {
			return tr("%s · %s · room for %s · %s", long, dataSize(r.Bytes), minutes(r.MinutesLeft), filepath.Base(r.Path)), colorGood
		}
		return tr("%s · %s · %s", long, dataSize(r.Bytes), filepath.Base(r.Path)), colorGood
	case r.Path != "" && s.State.OnAir():
		return tr("ended after %s · %s", long, filepath.Base(r.Path)), colorSecondary
	case s.Settings.Record && s.Rehearsal.Running:
		return tr("off in a rehearsal; switch it on to record this one"), colorSecondary
	case s.Settings.Record:
		if s.Settings.RecordDir == "" {
			return tr("starts with the show, in your Videos folder"), colorSecondary
		}
		return tr("starts with the show, in %s", filepath.Base(s.Settings.RecordDir)), colorSecondary
	}
	for _, f := range s.Files {
		if f.Kind == app.Repair && f.State == app.Failed {
			return say(f.Problem.Title), colorBad
		}
	}
	for _, f := range s.Files {
		if f.Kind == app.Repair && f.State == app.Done {
			return tr("finished after a crash: %s", filepath.Base(f.Path)), colorGood
		}
	}
	return tr("off"), colorSecondary
}

func minutes(n int) string {
	if n < 120 {
		return tr("%d min", n)
	}
	return tr("%d h", n/60)
}

// setRecording begins or ends a recording.
func (w *Window) setRecording(on bool) {
	err := w.studio.SetRecording(on)
	if err == nil {
		s := w.shown // until the next snapshot, which says the same
		s.Settings.Record = on
		s.Recording.On = on && s.State.OnAir()
		w.draw(s)
	}
	w.answered(err)
}

func (w *Window) togglePause() {
	switch r := w.shown.Recording; {
	case !r.On:
	case r.Paused:
		w.studio.ResumeRecording()
	default:
		w.studio.PauseRecording()
	}
}

func (w *Window) mark() {
	if w.shown.Recording.On {
		w.studio.Mark("")
	}
}
