package camera

import (
	"time"

	"tally/capture"
)

// stamper puts the time at which a picture was captured into its frame. It belongs
// to one goroutine.
type stamper struct {
	clock capture.Clock
	any   bool
	last  time.Duration
}

// stamp is false when the picture is none that could be shown after the last one;
// it is released then.
func (s *stamper) stamp(f *capture.Frame, captured time.Time) bool {
	now := s.clock.Now()
	f.PTS = s.clock.At(captured)
	// Drivers have been seen to stamp with another clock, or twice the same.
	if f.PTS > now || f.PTS < now-time.Second || s.any && f.PTS <= s.last {
		f.PTS = now
	}
	if s.any && f.PTS <= s.last {
		f.Release()
		return false
	}
	s.any, s.last = true, f.PTS
	return true
}
