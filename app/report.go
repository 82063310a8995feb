package app

import "time"

// Report is what became of a show.
type Report struct {
	Started time.Time       `json:"started"`
	Seconds Seconds         `json:"seconds"` // from GO LIVE until everything was closed
	OnAir   Seconds         `json:"on_air_s"`
	OffAir  Seconds         `json:"off_air_s"` // after the first second on air, without any server taking the show
	Video   VideoStatus     `json:"video"`
	Audio   AudioStatus     `json:"audio"`
	Outputs []OutputStatus  `json:"outputs"`
	Record  RecordingStatus `json:"recording,omitzero"`
	Check   RehearsalStatus `json:"rehearsal,omitzero"`
	Events  []Event         `json:"events"`
}

// IsZero tells whether no show has ended yet.
func (r Report) IsZero() bool { return r.Started.IsZero() }

// Event is a moment of a show.
type Event struct {
	At    Seconds `json:"at_s"` // since GO LIVE
	State State   `json:"state"`
	Cause string  `json:"cause,omitempty"` // one sentence
}

// account is the running show's book: every change of state, with its cause.
type account struct {
	started time.Time
	events  []Event
}

// eventsKept bounds the book of a show on a very bad line.
const eventsKept = 1000

func openAccount(now time.Time) account { return account{started: now} }

func (a *account) note(at time.Duration, s State, cause string) {
	if len(a.events) < eventsKept {
		a.events = append(a.events, Event{At: Seconds(at), State: s, Cause: cause})
	}
}

// close sums up. last has the show's final numbers.
func (a *account) close(at time.Duration, last *Snapshot) Report {
	r := Report{
		Started: a.started, Seconds: Seconds(at), Video: last.Video, Audio: last.Audio, Outputs: last.Outputs,
		Record: last.Recording, Check: last.Rehearsal, Events: a.events,
	}
	if r.Outputs == nil {
		r.Outputs = []OutputStatus{}
	}
	for i, e := range a.events {
		until := Seconds(at)
		if i+1 < len(a.events) {
			until = a.events[i+1].At
		}
		switch e.State {
		case Live:
			r.OnAir += until - e.At
		case Stalled, Reconnecting:
			r.OffAir += until - e.At
		}
	}
	return r
}
