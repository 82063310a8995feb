package app

import (
	"time"

	"tally/app/words"
)

// While the computer sleeps, viewers get nothing, and of the clocks that everything
// else goes by none runs. What a show's books say is corrected when it wakes:
// control does that for the show, and each output for its own.

// SleptFor says it.
func SleptFor(d time.Duration) Sentence {
	if d >= 2*time.Minute {
		return words.Say("This computer slept for %.0f min.", d.Minutes())
	}
	return words.Say("This computer slept for %.0f s.", d.Seconds())
}

// sleptError is a connection that ended soon after the computer woke.
type sleptError struct {
	server string
	err    error
}

func (e *sleptError) Error() string { return "app: the computer slept: " + e.err.Error() }
func (e *sleptError) Unwrap() error { return e.err }

// blameSleep is after what time awake a connection that ends has another reason: a
// network card takes seconds to find its network again, and then a dead one is
// given up after deadAfter.
const blameSleep = 2 * deadAfter

// woke puts the time for which the computer has slept into the show's account.
func (s *Studio) woke(d time.Duration) {
	if s.since > 0 {
		at := s.clock.Now() - s.began
		s.account.note(at, Reconnecting, SleptFor(d))
		if s.state != Reconnecting {
			s.account.note(at+d, s.state, "")
		}
		s.asleep += d
	}
	s.began -= d
}

// lookForSleep keeps the output's book of it. The caller holds the lock.
func (o *output) lookForSleep(now time.Time) {
	if d := o.sleeps.Since(); d > 0 {
		o.wokeAt = now
		o.losses.slept(now, d)
	}
}

// blame names sleep as the cause of what ends a connection soon after it. The
// caller holds the lock.
func (o *output) blame(err error) error {
	now := time.Now()
	o.lookForSleep(now)
	if err == nil || o.wokeAt.IsZero() || now.Sub(o.wokeAt) > blameSleep {
		return err
	}
	return &sleptError{o.ways[o.way].Host(), err}
}

// slept takes it that the computer has slept until now.
func (l *losses) slept(now time.Time, d time.Duration) {
	n := len(l.list)
	switch {
	case !l.live:
	case n > 0 && l.list[n-1].until.IsZero():
		l.list[n-1].slept += d
	case n < lossesKept:
		l.list = append(l.list, Loss{Seconds: Seconds(d), Cause: SleptFor(d), at: now.Add(-d).Round(0), from: now, until: now, slept: d})
		l.sum += d
	}
}

// justWoke tells whether the last loss was that the computer slept, a moment ago.
func (l *losses) justWoke(now time.Time) bool {
	n := len(l.list)
	return n > 0 && l.list[n-1].slept > 0 && now.Sub(l.list[n-1].until) < blameSleep
}
