package capturetest

import (
	"sync/atomic"

	"tally/capture"
)

// framesHeld is how many frames a slow reader keeps for the whole run.
const framesHeld = 3

// recorder is the sink of the contract. The source's goroutine writes it; the
// test reads it when the source has ended.
type recorder struct {
	clock          capture.Clock
	frames, blocks []delivery
	held           []held
	repeats        bool // a picture was delivered twice, on purpose: nothing changed
	ended          atomic.Bool
	late           atomic.Int32
}

type held struct {
	frame *capture.Frame
	sum   uint32
}

func (r *recorder) video(f *capture.Frame) {
	if r.ended.Load() {
		r.late.Add(1)
		return
	}
	r.frames = append(r.frames, delivery{arrived: r.clock.Now(), pts: f.PTS})
	if n := len(r.frames); n%5 == 2 && len(r.held) < framesHeld {
		r.held = append(r.held, held{f, sum(f)})
		return
	}
	f.Release()
}

func (r *recorder) audio(s *capture.Samples) {
	if r.ended.Load() {
		r.late.Add(1)
		return
	}
	r.blocks = append(r.blocks, delivery{arrived: r.clock.Now(), pts: s.PTS, duration: s.Duration()})
	s.Release()
}
