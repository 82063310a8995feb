package media

import (
	"context"
	"sync"
	"time"

	"tally/capture"
)

// start is where the tracks of a file wait for each other, at the beginning and
// before each repetition, so that they never part.
type start struct {
	clock  capture.Clock
	tracks int

	mu      sync.Mutex
	here    int
	began   bool
	at      time.Duration // of the file's beginning, on the clock
	longest time.Duration
	gun     chan struct{} // closed when all are here
}

func newStart(clock capture.Clock, tracks int) *start {
	return &start{clock: clock, tracks: tracks, gun: make(chan struct{})}
}

// shortestPass keeps a file without length from being repeated at full speed.
const shortestPass = 20 * time.Millisecond

// wait says when the file begins (again). length is how long the pass was that
// the caller has just played.
func (s *start) wait(ctx context.Context, length time.Duration) (time.Duration, error) {
	s.mu.Lock()
	s.longest = max(s.longest, length)
	s.here++
	gun := s.gun
	if s.here == s.tracks {
		if s.began {
			s.at += max(s.longest, shortestPass)
			if late := s.clock.Now() - s.at; late > 0 { // the machine was too slow
				s.at += late
			}
		} else {
			s.at, s.began = s.clock.Now(), true
		}
		s.here, s.longest, s.gun = 0, 0, make(chan struct{})
		close(gun)
	}
	s.mu.Unlock()
	select {
	case <-gun:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.at, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
