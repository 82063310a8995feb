package capture

import "time"

// Clock is the one time line of a session: zero when the session began,
// monotonic, untouched by changes of the wall clock. The zero Clock is not
// usable; call [NewClock].
type Clock struct{ start time.Time }

// NewClock starts a time line at zero, now.
func NewClock() Clock { return Clock{start: time.Now()} }

// Now is the time since the session began.
func (c Clock) Now() time.Duration { return time.Since(c.start) }

// At converts an instant that carries a monotonic reading.
func (c Clock) At(t time.Time) time.Duration { return t.Sub(c.start) }
