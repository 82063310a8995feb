package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

const (
	// resumeIn is how long somebody has to say no before a show goes on by itself.
	resumeIn = 15 * time.Second
	// resumeWithin is how young a crash must be for that: who comes back later does
	// not expect to be on air.
	resumeWithin = 15 * time.Minute
)

// unfinishedView offers to go on with the show that a crash or a power cut has
// ended. There may be nobody at the machine, so a young one goes on by itself;
// the picture that would go out is behind the sheet.
type unfinishedView struct {
	window  *Window
	sheet   *sheet // nil: nothing is offered
	count   *line
	at      time.Time // when it goes on by itself; zero: it does not
	decided time.Time // when the show began on which somebody has decided
}

func (v *unfinishedView) render(s app.Snapshot) {
	u := s.Unfinished
	switch {
	case u.IsZero() || s.State.OnAir() || u.Started.Equal(v.decided):
		v.withdraw()
	case v.sheet == nil:
		v.offer(u)
	case !v.at.IsZero():
		left := time.Until(v.at)
		if left <= 0 {
			v.decide(u, v.window.studio.Resume)
			return
		}
		v.count.setText(countdown(left))
	}
}

func countdown(left time.Duration) string {
	n := int((left + time.Second - 1) / time.Second)
	return trn(n, "It goes on in %d second.", "It goes on in %d seconds.")
}

// offer opens the sheet.
func (v *unfinishedView) offer(u app.Unfinished) {
	w := v.window
	s := w.newSheet()
	v.sheet = s
	off := newSheetButton(&s.keys, tr("Stay off air"), widget.MediumImportance, func() { v.decide(u, w.studio.ForgetUnfinished) })
	on := newSheetButton(&s.keys, tr("Go on now"), widget.HighImportance, func() { v.decide(u, w.studio.Resume) })
	s.keys.escape = off.OnTapped
	ago := time.Since(u.Stopped)
	text := newParagraph(unfinishedText(u, ago), theme.ColorNameForeground, theme.SizeNameText, 420)
	focus, hint := on, tr("Going on connects to the same places with the picture you see. Staying off air keeps the show in the history.")
	v.at = time.Now().Add(resumeIn)
	v.count = newLine(countdown(resumeIn), colorWarn, theme.SizeNameSubHeadingText).bold()
	parts := []fyne.CanvasObject{text, v.count, hintText(hint, 420)}
	if ago > resumeWithin || ago < 0 {
		v.at, focus, parts = time.Time{}, off, []fyne.CanvasObject{text, hintText(hint, 420)}
		s.keys.enter = func() {}
	}
	s.open(tr("Your show was cut off"), column(12, parts...), focus, off, on)
}

func unfinishedText(u app.Unfinished, ago time.Duration) string {
	return tr("Tally or this computer stopped %[1]s ago, %[2]s into your show to %[3]s.",
		roughly(max(ago, 0)), roughly(u.Stopped.Sub(u.Started)), strings.Join(u.Destinations, ", "))
}

// roughly writes a time as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return trn(int(d/time.Second), "%d second", "%d seconds")
	case d < 2*time.Hour:
		return trn(int(d/time.Minute), "%d minute", "%d minutes")
	}
	return trn(int(d/time.Hour), "%d hour", "%d hours")
}

// decide closes the offer for good.
func (v *unfinishedView) decide(u app.Unfinished, what func()) {
	v.decided = u.Started
	v.withdraw()
	what()
}

func (v *unfinishedView) withdraw() {
	if v.sheet != nil {
		v.sheet.close()
		v.sheet = nil
	}
}
