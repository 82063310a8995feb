package rtmpout

import "time"

// flight bounds what is on its way to the server. TCP gives a line as much as the
// modem's buffer takes: when a line becomes narrow that can be seconds of picture,
// which nobody can take back, and behind which sound waits too. So once bytes take
// longer than the distance, no more are given than arrive in a moment. The rest
// waits in the publisher's queue, where it can be dropped and overtaken.
//
// It goes by what TCP has confirmed, and is the writer's.
type flight struct {
	looks    [64]sight // a ring: half a second at least
	next, n  int
	distance least
	done     int64     // bytes confirmed at the last look
	moved    time.Time // when something was last confirmed, or nothing was under way
}

// sight is a connection at one moment, before a batch.
type sight struct {
	at         time.Time
	sent, done int64 // bytes given to the socket; of these, confirmed by TCP
}

const (
	// flightLate is how much longer than the distance the oldest byte must have been
	// under way.
	flightLate = 60 * time.Millisecond
	// flightTime is how long what is under way may then need, beyond twice the
	// distance: a line may well have become longer and not narrower.
	flightTime = 300 * time.Millisecond
	// flightRate is what the rate at which bytes arrive is measured over.
	flightRate = 150 * time.Millisecond
	// flightLeast is always allowed: enough for TCP to notice a lost segment.
	flightLeast = 12 << 10
	// flightFar is the longest distance that is believed.
	flightFar = 400 * time.Millisecond
	// flightLook is the least time between two looks that are kept.
	flightLook = 8 * time.Millisecond
	// flightPoll is how often a writer that must wait looks again.
	flightPoll = 10 * time.Millisecond
)

// room is how many bytes may be given to the socket now, of which it was given
// sent and holds unconfirmed; a negative number is no limit.
func (f *flight) room(now time.Time, sent int64, unconfirmed int) int {
	done := sent - int64(unconfirmed)
	if f.n == 0 || done > f.done || unconfirmed == 0 {
		f.moved = now
	}
	if d := f.took(now, done); d > 0 {
		f.distance.add(now, min(d, flightFar))
	}
	f.done = done
	age := f.age(now, sent, done)
	if f.n == 0 || now.Sub(f.back(0).at) >= flightLook {
		f.looks[f.next] = sight{now, sent, done}
		f.next = (f.next + 1) % len(f.looks)
		f.n = min(f.n+1, len(f.looks))
	}
	distance := f.distance.value()
	if age-distance <= flightLate {
		return -1
	}
	from := f.since(now.Add(-min(age, flightRate+distance))) // not before the line was in use
	rate := float64(done-from.done) / max(now.Sub(from.at), flightLook).Seconds()
	limit := max(flightLeast, int(rate*(2*distance+flightTime).Seconds()))
	return max(0, limit-unconfirmed)
}

// back is the i-th newest look, 0 being the last.
func (f *flight) back(i int) sight { return f.looks[(f.next-1-i+2*len(f.looks))%len(f.looks)] }

// took is how long the newest byte was under way that has been confirmed since the
// last look, at most; 0 when none has.
func (f *flight) took(now time.Time, done int64) time.Duration {
	for i := range f.n - 1 {
		if s := f.back(i).sent; s <= done {
			if s <= f.done {
				return 0
			}
			return now.Sub(f.back(i + 1).at) // it was given after that look
		}
	}
	return 0
}

// age is how long the oldest byte that is not confirmed has been under way.
func (f *flight) age(now time.Time, sent, done int64) time.Duration {
	if sent <= done {
		return 0
	}
	at := now
	for i := range f.n {
		at = f.back(i).at // what was given next followed this look
		if f.back(i).sent <= done {
			break
		}
	}
	return now.Sub(at)
}

// since is the last look up to a time, or the earliest that is known.
func (f *flight) since(at time.Time) sight {
	i := 0
	for i < f.n-1 && f.back(i).at.After(at) {
		i++
	}
	return f.back(i)
}

// least is the smallest of the values of the last five to ten seconds, and flightFar
// before there is one.
type least struct {
	since         time.Time
	now, previous time.Duration
}

func (l *least) add(at time.Time, d time.Duration) {
	const half = 5 * time.Second
	switch {
	case l.since.IsZero():
		l.since, l.now, l.previous = at, d, d
	case at.Sub(l.since) >= half:
		l.since, l.previous, l.now = at, l.now, d
	}
	l.now = min(l.now, d)
}

func (l *least) value() time.Duration {
	if l.since.IsZero() {
		return flightFar
	}
	return min(l.now, l.previous)
}
