package app

import "testing"

// Every pair of state and event, so that one that nobody thought of fails here.
func TestEveryEventInEveryState(t *testing.T) {
	const same = State("")
	events := []event{evGoLive, evLive, evStalled, evLost, evRefused, evEnd, evFinished}
	table := map[State][7]State{
		//             GoLive      Live  Stalled  Lost          Refused Ended   Finished
		Idle:         {Connecting, same, same, same, same, same, same},
		Connecting:   {same, Live, same, same, Ending, Ending, same},
		Live:         {same, same, Stalled, Reconnecting, Ending, Ending, same},
		Stalled:      {same, Live, same, Reconnecting, Ending, Ending, same},
		Reconnecting: {same, Live, same, same, Ending, Ending, same},
		Ending:       {same, same, same, same, same, same, Idle},
	}
	for state, row := range table {
		for i, e := range events {
			want := row[i]
			if want == same {
				want = state
			}
			if got := next(state, e); got != want {
				t.Errorf("next(%s, %d) = %s, want %s", state, e, got, want)
			}
		}
	}
}
