package app

import (
	"slices"
	"time"
)

// Report is what became of a show.
type Report struct {
	Started time.Time       `json:"started"`
	Seconds Seconds         `json:"seconds"` // from GO LIVE until everything was closed
	OnAir   Seconds         `json:"on_air_s"`
	OffAir  Seconds         `json:"off_air_s"` // after the first second on air, without any server taking the show
	Video   VideoStatus     `json:"video"`
	Audio   AudioStatus     `json:"audio"`
	Outputs []OutputStatus  `json:"outputs"` // with what each of them has missed
	Record  RecordingStatus `json:"recording,omitzero"`
	Check   RehearsalStatus `json:"rehearsal,omitzero"`
	Events  []Event         `json:"events"`
	Graph   []GraphPoint    `json:"graph,omitempty"`   // from the first second to the last, at most 1200
	Crashed bool            `json:"crashed,omitempty"` // Tally or its machine stopped in the middle of it
}

// IsZero tells whether no show has ended yet.
func (r Report) IsZero() bool { return r.Started.IsZero() }

// Event is a moment of a show.
type Event struct {
	At    Seconds  `json:"at_s"` // since GO LIVE
	State State    `json:"state"`
	Cause Sentence `json:"cause,omitempty"`
}

// GraphPoint is how a moment of a show was.
type GraphPoint struct {
	At         Seconds `json:"at_s"`      // since GO LIVE
	SentKbps   int     `json:"sent_kbps"` // to the main destination
	TargetKbps int     `json:"target_kbps"`
	State      State   `json:"state"`
	DelayMs    int     `json:"delay_ms,omitempty"`    // the longest of all destinations
	Missed     int     `json:"missed,omitempty"`      // pictures that viewers did not get, since the show began
	CPUPercent int     `json:"cpu_percent,omitempty"` // of the whole computer
	Outputs    []int   `json:"outputs,omitempty"`     // kbit/s sent to each destination, when there are several
}

// account is the running show's book: every change of state, with its cause, and
// its graph. The crash of a show that goes on afterwards is one of its events, so
// it is also what a marker holds.
type account struct {
	Began  time.Time    `json:"began"`
	Events []Event      `json:"events"`
	Graph  []GraphPoint `json:"graph"`
	Every  int          `json:"every"` // seconds from one point to the next
}

// eventsKept bounds the book of a show on a very bad line, and graphKept its
// graph: when that is full, every other point goes.
const (
	eventsKept = 1000
	graphKept  = 1200
)

func openAccount(now time.Time) account { return account{Began: now, Every: 1} }

func (a *account) note(at time.Duration, s State, cause Sentence) {
	if len(a.Events) < eventsKept {
		a.Events = append(a.Events, Event{At: Seconds(at), State: s, Cause: cause})
	}
}

// plot adds to the graph.
func (a *account) plot(p HistoryPoint) {
	if n := len(a.Graph); n > 0 && p.At-time.Duration(a.Graph[n-1].At) < time.Duration(a.Every)*time.Second {
		return
	}
	if len(a.Graph) == graphKept {
		half := make([]GraphPoint, graphKept/2, graphKept) // snapshots have the old one
		for i := range half {
			half[i] = a.Graph[2*i]
		}
		a.Graph, a.Every = half, 2*a.Every
	}
	a.Graph = append(a.Graph, GraphPoint{
		At: Seconds(p.At), SentKbps: p.SentKbps, TargetKbps: p.TargetKbps, State: p.State,
		DelayMs: p.DelayMs, Missed: p.Missed, CPUPercent: p.CPUPercent, Outputs: p.Outputs,
	})
}

// copy is one that the running account does not change.
func (a *account) copy() account {
	c := *a
	c.Events, c.Graph = slices.Clone(a.Events), slices.Clone(a.Graph)
	return c
}

// close sums up. last has the show's final numbers.
func (a *account) close(at time.Duration, last *Snapshot) Report {
	r := Report{
		Started: a.Began, Seconds: Seconds(at), Video: last.Video, Audio: last.Audio, Outputs: last.Outputs,
		Record: last.Recording, Check: last.Rehearsal, Events: a.Events, Graph: a.Graph,
	}
	if r.Outputs == nil {
		r.Outputs = []OutputStatus{}
	}
	wasLive := false // also for no time that was written down, when it crashed at once
	for i, e := range a.Events {
		until := Seconds(at)
		if i+1 < len(a.Events) {
			until = a.Events[i+1].At
		}
		switch e.State {
		case Live:
			r.OnAir += until - e.At
			wasLive = true
		case Stalled, Reconnecting, Connecting:
			if wasLive {
				r.OffAir += until - e.At
			}
		}
	}
	return r
}
