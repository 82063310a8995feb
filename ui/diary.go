package ui

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"

	"tally/app"
)

// happening is something that happened in a show, in words.
type happening struct {
	at     time.Time
	text   string
	detail string // what to do, or what Tally does; often empty
	bad    bool
	tell   bool // also somebody who does not look at the window
}

// diary tells what has happened since GO LIVE, from what changes between one
// snapshot and the next.
type diary struct {
	moments []happening
	last    app.Snapshot
	picture string    // the name of the source that viewers see, as last known
	sound   string    // and of the one that they hear
	lostAt  time.Time // when the show left the air; zero while it has not
	missed  int       // pictures that were told
	quiet   time.Time // when more were missed last
	counted int       // pictures missed then
	changed func()    // there is a new moment
}

// diaryKept bounds the diary; the oldest go first.
const diaryKept = 500

// patient is for how long no more pictures must be missed before they are told,
// so that one bad minute is one line.
const patient = 3 * time.Second

// read writes down what is new in a snapshot, and returns that.
func (d *diary) read(s app.Snapshot, now time.Time) []happening {
	was := d.last
	d.last = s
	if was.State == "" { // the window has just opened
		return nil
	}
	var fresh []happening
	add := func(m happening) {
		m.at = now
		fresh = append(fresh, m)
	}
	if was.State == app.Idle && s.State.OnAir() {
		d.moments, d.missed, d.counted, d.lostAt = nil, 0, 0, time.Time{}
		d.picture, d.sound = "", ""
		add(happening{text: tr("GO LIVE was pressed.")})
	}
	d.readState(was, s, now, add)
	if s.State.OnAir() || was.State.OnAir() {
		if slept := time.Duration(s.Slept - was.Slept); slept > 0 {
			add(happening{text: say(app.SleptFor(slept)), bad: true, tell: true})
		}
		readOutputs(was, s, add)
		readProblems(was, s, add)
		d.readMissed(s, now, add)
	}
	if s.State.OnAir() {
		if was.State.OnAir() {
			readChoices(was, s, add)
		}
		d.readSources(s, add)
	}
	if len(fresh) > 0 {
		d.moments = append(d.moments, fresh...)
		d.moments = slices.Clone(d.moments[max(0, len(d.moments)-diaryKept):])
		if d.changed != nil {
			d.changed()
		}
	}
	return fresh
}

func (d *diary) readState(was, s app.Snapshot, now time.Time, add func(happening)) {
	if was.State == s.State {
		return
	}
	switch s.State {
	case app.Live:
		switch {
		case !d.lostAt.IsZero():
			add(happening{text: tr("Back on air after %s.", seconds(now.Sub(d.lostAt))), tell: true})
			d.lostAt = time.Time{}
		case s.Rehearsal.Running:
			add(happening{text: tr("The rehearsal is running.")})
		default:
			add(happening{text: tr("On air.")})
		}
	case app.Stalled, app.Reconnecting:
		if was.State == app.Live {
			d.lostAt = now
		}
		add(leftTheAir(s))
	case app.Ending:
		add(happening{text: tr("The show is ending.")})
	case app.Idle:
		if was.Rehearsal.Running || s.Report.OnAir == 0 {
			add(happening{text: tr("It is over.")})
			return
		}
		add(happening{text: tr("The show is over. It was on air for %s.", clock(time.Duration(s.Report.OnAir))), tell: true})
	}
}

// leftTheAir is about a show that viewers do not get any more.
func leftTheAir(s app.Snapshot) happening {
	if s.State == app.Stalled {
		return happening{text: say(stalledProblem(s).Title), detail: say(stalledProblem(s).Advice), bad: true, tell: true}
	}
	m := happening{text: tr("The connection was lost."), detail: tr("The show goes on here, and Tally connects again by itself."), bad: true, tell: true}
	for _, o := range s.Outputs {
		m.text = cmp.Or(say(o.Problem.Title), say(o.Cause), m.text)
	}
	return m
}

// readOutputs is about single destinations of a show that goes to several.
func readOutputs(was, s app.Snapshot, add func(happening)) {
	if len(s.Outputs) < 2 || len(was.Outputs) != len(s.Outputs) {
		return
	}
	for i, o := range s.Outputs {
		before := was.Outputs[i]
		switch {
		case o.State == before.State:
		case o.State == app.Live && before.State == app.Connecting:
			add(happening{text: tr("%s takes the show.", o.Name)})
		case o.State == app.Live:
			add(happening{text: tr("%s gets the show again.", o.Name), tell: true})
		case o.Problem.Title != "":
			add(happening{text: tr("%s: %s", o.Name, say(o.Problem.Title)), detail: say(o.Problem.Advice), bad: true, tell: before.State == app.Live})
		case before.State == app.Live:
			add(happening{text: tr("%s does not get the show.", o.Name), bad: true, tell: true})
		}
		if o.Backup != before.Backup {
			if o.Backup {
				add(happening{text: tr("%s: the backup server is used.", o.Name)})
			} else {
				add(happening{text: tr("%s: the first server is used again.", o.Name)})
			}
		}
	}
}

// readProblems is about what is wrong now and was not before. Those of the
// destinations are told with their state.
func readProblems(was, s app.Snapshot, add func(happening)) {
	known := func(of app.Snapshot, title app.Sentence) bool {
		return slices.ContainsFunc(of.Problems, func(p app.Problem) bool { return p.Title == title })
	}
	for _, p := range s.Problems {
		about := func(o app.OutputStatus) bool { return o.Problem.Title == p.Title }
		if !known(was, p.Title) && !slices.ContainsFunc(s.Outputs, about) {
			add(happening{text: say(p.Title), detail: say(p.Advice), bad: true, tell: true})
		}
	}
	switch {
	case s.Video.Reason != "" && s.Video.Reason != was.Video.Reason && s.Video.TargetKbps < s.Video.ChosenKbps:
		add(happening{text: say(s.Video.Reason), bad: true})
	case was.Video.TargetKbps < was.Video.ChosenKbps && s.Video.TargetKbps >= s.Video.ChosenKbps && s.State.OnAir():
		add(happening{text: tr("The picture is back at %s.", bitrate(s.Video.ChosenKbps))})
	}
	if was.Machine.Battery && was.Machine.OnMains != s.Machine.OnMains {
		if s.Machine.OnMains {
			add(happening{text: tr("The charger is plugged in.")})
		} else {
			add(happening{text: tr("The charger is unplugged. The battery is at %d %%.", s.Machine.BatteryPercent), bad: true})
		}
	}
}

// readSources tells when another source is seen or heard. One has no name until it is
// opened, so the first name of a show is nothing new.
func (d *diary) readSources(s app.Snapshot, add func(happening)) {
	if changed(&d.picture, s.Picture.Name) {
		add(happening{text: tr("The picture is now: %s", d.picture)})
	}
	if changed(&d.sound, s.Sound.Name) {
		add(happening{text: tr("The sound is now: %s", d.sound)})
	}
}

// changed notes a name, if there is one, and tells whether there was another before.
func changed(known *string, now string) bool {
	before := *known
	*known = cmp.Or(now, before)
	return before != "" && before != *known
}

// readChoices is about what somebody did in mid-show.
func readChoices(was, s app.Snapshot, add func(happening)) {
	if now := s.Settings.Audio.Muted; now != was.Settings.Audio.Muted {
		if now {
			add(happening{text: tr("You muted the sound.")})
		} else {
			add(happening{text: tr("You unmuted the sound.")})
		}
	}
	switch r, before := s.Recording, was.Recording; {
	case r.On && !before.On:
		add(happening{text: tr("The recording has begun: %s", filepath.Base(r.Path))})
	case !r.On && before.On:
		add(happening{text: tr("The recording has ended: %s", filepath.Base(before.Path))})
	case r.Paused && !before.Paused:
		add(happening{text: tr("The recording pauses.")})
	case !r.Paused && before.Paused:
		add(happening{text: tr("The recording goes on.")})
	}
}

// readMissed tells of missed pictures once no more are missed.
func (d *diary) readMissed(s app.Snapshot, now time.Time, add func(happening)) {
	n := missed(s)
	if n != d.counted {
		d.counted, d.quiet = n, now
	}
	if n > d.missed && now.Sub(d.quiet) >= patient {
		more := n - d.missed
		d.missed = n
		add(happening{text: trn(more, "Viewers missed %d picture.", "Viewers missed %d pictures."), bad: true})
	}
}
