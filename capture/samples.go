package capture

import (
	"sync"
	"sync/atomic"
	"time"
)

// Samples is a block of sound: interleaved 32-bit floats, full scale ±1. It is
// read-only once it has been delivered.
type Samples struct {
	PTS      time.Duration // when the first sample was captured, on the session's [Clock]
	Rate     int           // frames a second, in Hz
	Channels int
	Data     []float32 // a whole number of frames of Channels values

	refs atomic.Int32
}

// Frames is how many moments the block covers.
func (s *Samples) Frames() int { return len(s.Data) / s.Channels }

// Duration is how long the block sounds.
func (s *Samples) Duration() time.Duration {
	return time.Duration(s.Frames()) * time.Second / time.Duration(s.Rate)
}

// Retain adds a reference, and returns s for convenience.
func (s *Samples) Retain() *Samples {
	s.refs.Add(1)
	return s
}

// Release gives one reference back. After the last one the buffer may be
// overwritten at any time.
func (s *Samples) Release() {
	switch n := s.refs.Add(-1); {
	case n == 0:
		samplesPool.Put(s)
	case n < 0:
		panic("capture: Samples released more often than retained")
	}
}

var samplesPool = sync.Pool{New: func() any { return new(Samples) }}

// NewSamples hands out a block with one reference and room for the given number
// of frames. Its contents are left over from earlier use.
func NewSamples(rate, channels, frames int) *Samples {
	s := samplesPool.Get().(*Samples)
	n := channels * frames
	if cap(s.Data) < n {
		s.Data = make([]float32, n)
	}
	s.Data = s.Data[:n]
	s.PTS, s.Rate, s.Channels = 0, rate, channels
	s.refs.Store(1)
	return s
}
