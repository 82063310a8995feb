package app

import (
	"sync"
	"time"

	"tally/encoder"
)

// splice makes one track of pictures out of two encoders': the stream's, and the
// recording's own while the network allows the stream less than the user chose.
//
//	stream  K p p p K p p p K p p p K p p p
//	own             K p p p p p p K
//	kept    K p p p K p p p p p p K K p p p
//
// They take turns where the stream has a key frame anyway, so neither loses a
// picture nor needs a key frame for it. The encoders are not equally fast: what
// comes early is held. It belongs to the fan-out, but for turn and idle.
type splice struct {
	keep   func(*encoder.Packet)     // retains what it keeps
	change func(encoder.VideoConfig) // pictures come from another encoder from here on

	mu    sync.Mutex
	turns []time.Duration // stamps of the stream's key frames from which on the other encoder counts
	own   bool            // the recording's own encoder counts

	config *encoder.VideoConfig // of the stream, where its last packet was that is not held

	back bool // the stream counts again, when the other has given all
	over bool // the other has given all
	held []*encoder.Packet
}

// turn says that the other encoder counts from the picture of that stamp on, for
// which the stream is going to have a key frame.
func (s *splice) turn(at time.Duration) {
	s.mu.Lock()
	s.turns = append(s.turns, at)
	s.mu.Unlock()
}

// idle tells that the stream counts, and no turn is to come.
func (s *splice) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.own && len(s.turns) == 0
}

// stream takes a packet of the stream, in order.
func (s *splice) stream(p *encoder.Packet) {
	if p.Track == encoder.AudioTrack {
		s.keep(p)
		return
	}
	held := false
	defer func() {
		if p.Config != nil && !held {
			s.config = p.Config
		}
	}()
	s.mu.Lock()
	turn := p.Key && len(s.turns) > 0 && p.PTS >= s.turns[0]
	if turn {
		s.turns = s.turns[1:]
		turn = !s.own
		s.back = s.own
		s.own = true
	}
	own := s.own
	s.mu.Unlock()
	switch {
	case turn:
		s.flush()
	case own && !s.back:
	case own && !s.over:
		held = true
		s.held = append(s.held, p.Retain())
	case own:
		s.goBack()
		s.put(p)
	default:
		s.put(p)
	}
}

// second takes a picture of the recording's own encoder.
func (s *splice) second(p *encoder.Packet) {
	s.mu.Lock()
	own := s.own
	s.mu.Unlock()
	if own {
		s.put(p)
		return
	}
	s.held = append(s.held, p.Retain())
}

// ended says that the recording's own encoder has given all.
func (s *splice) ended() {
	s.over = true
	if s.back {
		s.goBack()
	}
}

// goBack goes back to the stream.
func (s *splice) goBack() {
	if s.config != nil {
		s.change(*s.config)
	}
	for _, p := range s.held {
		if p.Config != nil {
			s.config = p.Config
		}
	}
	s.flush()
	s.back, s.over = false, false
	s.mu.Lock()
	s.own = false
	s.mu.Unlock()
}

func (s *splice) flush() {
	for _, p := range s.held {
		s.put(p)
		p.Release()
	}
	s.held = nil
}

// put keeps a picture.
func (s *splice) put(p *encoder.Packet) {
	if p.Config != nil {
		s.change(*p.Config)
	}
	s.keep(p)
}

// close releases what is held. Nothing follows.
func (s *splice) close() {
	for _, p := range s.held {
		p.Release()
	}
	s.held = nil
}
