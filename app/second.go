package app

import (
	"sync"
	"sync/atomic"
	"time"

	"tally/capture"
	"tally/encoder"
)

// second is the recording's own encoder. It runs only while the stream is held
// below what the user chose: always two would cost everybody a core for what
// happens on bad days. see belongs to the stage that encodes the picture.
type second struct {
	params encoder.VideoParams // as the stream's encoder was opened
	splice *splice
	emit   func(made)
	force  func() // a key frame of the stream

	opened  chan *encoder.Video // one that is being opened
	opening bool
	frames  chan *capture.Frame // to the encoder that runs; nil: none does
	running sync.WaitGroup
	lastLow time.Duration // when the stream was last too low

	bitrate atomic.Int64 // bit/s that the user wants
	tooSlow atomic.Bool  // this machine cannot encode twice
	lost    atomic.Int64 // pictures that it was too slow for
}

// made is what an encoder made. A second one's end is a packet that is nil.
type made struct {
	*encoder.Packet
	second bool
}

const (
	// secondQueued bounds the pictures in front of the second encoder. When half of
	// it is full, the machine is too slow, and the stream takes over before a
	// picture is lost.
	secondQueued = 16
	// lowPatience is how long the stream must have been as chosen before the second
	// encoder ends.
	lowPatience = 10 * time.Second
)

func newSecond(p encoder.VideoParams, s *splice, packets chan<- made, force func()) *second {
	return &second{params: p, splice: s, emit: func(m made) { packets <- m }, force: force, opened: make(chan *encoder.Video, 1), lastLow: -lowPatience}
}

// see is shown every picture, also those that the stream leaves out. key says
// that the stream will have a key frame of it; low that the stream is less than
// what the recording should be.
func (s *second) see(f *capture.Frame, key, low bool) {
	if low {
		s.lastLow = f.PTS
	}
	want := f.PTS-s.lastLow < lowPatience && !s.tooSlow.Load()
	switch {
	case s.frames == nil && want && !s.opening:
		s.opening = true
		s.open()
	case s.frames == nil && want && key && s.splice.idle():
		select {
		case enc := <-s.opened:
			s.opening = false
			s.begin(enc, f.PTS)
		default:
		}
	case s.frames != nil && !want && key:
		s.splice.turn(f.PTS)
		s.end()
	}
	if s.frames == nil {
		return
	}
	select {
	case s.frames <- f.Retain():
	default:
		f.Release()
		s.lost.Add(1)
	}
	if len(s.frames) > secondQueued/2 && !s.tooSlow.Swap(true) {
		s.force()
	}
}

// open opens an encoder. With hardware that takes longer than a picture lasts.
func (s *second) open() {
	s.running.Go(func() {
		enc, err := encoder.OpenVideo(s.params)
		if err != nil {
			s.tooSlow.Store(true)
			return
		}
		s.opened <- enc
	})
}

// begin runs the encoder, from the picture at that moment on.
func (s *second) begin(enc *encoder.Video, at time.Duration) {
	s.splice.turn(at)
	frames := make(chan *capture.Frame, secondQueued)
	s.frames = frames
	s.running.Go(func() { s.encode(enc, frames) })
}

func (s *second) end() {
	close(s.frames)
	s.frames = nil
}

func (s *second) encode(enc *encoder.Video, frames <-chan *capture.Frame) {
	defer s.emit(made{second: true})
	defer enc.Close()
	emit := func(p *encoder.Packet) { s.emit(made{p, true}) }
	for f := range frames {
		if want := s.bitrate.Load(); want > 0 {
			_ = enc.SetBitrate(int(want)) // settings are checked: it is in range
		}
		err := enc.Encode(f, emit)
		f.Release()
		if err != nil {
			s.lost.Add(1)
			if !s.tooSlow.Swap(true) {
				s.force()
			}
		}
	}
	_ = enc.Flush(emit)
}

// close ends what runs, and waits for it.
func (s *second) close() {
	if s.frames != nil {
		s.end()
	}
	s.running.Wait()
	select {
	case enc := <-s.opened:
		enc.Close()
	default:
	}
}

// encodeTwice shows a picture to the recording's own encoder.
func (sh *show) encodeTwice(f *capture.Frame, encoded bool) {
	key := encoded && (sh.forceKey.Load() || sh.video.KeyDue(f.PTS))
	chosen := sh.chosen.Load()
	sh.second.bitrate.Store(chosen)
	low := sh.tape.records() && (sh.bitrate.Load() < chosen || sh.pace.Load() > 1)
	sh.second.see(f, key, low)
}
