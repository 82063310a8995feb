package app

// State is where a show is.
//
//	         GoLive                first output live
//	Idle ───────────> Connecting ────────────────────> Live <───────┐
//	 ^                    │  │                          │ │         │ an output is
//	 │                    │  │        no output is live │ │ End     │ live again
//	 │       all refused  │  │ End                      v │         │
//	 ├────────────────────┘  │                   Reconnecting ──────┘
//	 │                       v                        │ │
//	 └──────────────────── Ending <───────────────────┘ │ End
//	                         ^──────────────────────────┘
//
// The transitions are in [next]; nothing else changes a state.
type State string

const (
	Idle         State = "idle"         // preview only
	Connecting   State = "connecting"   // asked to be live, never yet live in this show
	Live         State = "live"         // at least one server takes the show
	Stalled      State = "stalled"      // connected, but the server has confirmed nothing for a while
	Reconnecting State = "reconnecting" // was live; every connection is lost; the show goes on locally
	Ending       State = "ending"       // flushing, saying goodbye, closing the recording
)

// OnAir tells whether a show is running in any way: END is offered, closing the
// window asks first.
func (s State) OnAir() bool { return s != Idle }

// event is what can happen to a show.
type event uint8

const (
	evGoLive   event = iota // the user wants to be live
	evLive                  // an output was accepted and flows
	evStalled               // the only live outputs make no progress
	evLost                  // no output is live any more
	evRefused               // no output can ever be accepted: wrong key, bad certificate
	evEnd                   // the user wants to end, the file is over, the time is up
	evFinished              // everything is flushed and closed
)

// next is the whole state machine. An event that has no meaning in a state
// leaves it as it is.
func next(s State, e event) State {
	switch s {
	case Idle:
		if e == evGoLive {
			return Connecting
		}
	case Connecting:
		switch e {
		case evLive:
			return Live
		case evRefused, evEnd:
			return Ending
		}
	case Live, Stalled, Reconnecting:
		switch e {
		case evLive:
			return Live
		case evStalled:
			if s == Live {
				return Stalled
			}
		case evLost:
			return Reconnecting
		case evRefused, evEnd:
			return Ending
		}
	case Ending:
		if e == evFinished {
			return Idle
		}
	}
	return s
}
