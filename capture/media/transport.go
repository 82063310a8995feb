package media

import (
	"context"
	"errors"
	"sync"
	"time"

	"tally/capture"
)

// transport is what the tracks of a playing file share, as the parts of a tape
// deck do: where the file stands on the clock, whether it is paused, and where
// it was wound to. The tracks wait for each other at the beginning, after each
// jump and at the end of each pass, so that they never part.
type transport struct {
	clock  capture.Clock
	tracks int

	mu      sync.Mutex
	loop    bool
	paused  bool
	ready   bool          // all tracks were there since it was wound
	playing bool          // at is true: ready and not paused
	over    bool          // the file has ended for good
	at      time.Duration // of the file's beginning, on the clock
	stands  time.Duration // in the file, while it is not playing
	jumps   int           // how often it was wound
	here    int           // tracks that wait for the others
	passes  int           // how often it began again
	longest time.Duration // track of the pass that ends
	gun     chan struct{} // closed when all are here
	changed chan struct{} // closed when it is wound, paused or let go
}

func newTransport(clock capture.Clock, tracks int, from time.Duration, loop, paused bool) *transport {
	return &transport{
		clock: clock, tracks: tracks, stands: from, loop: loop, paused: paused,
		gun: make(chan struct{}), changed: make(chan struct{}),
	}
}

// errWound is why a track must begin anew, from another place.
var errWound = errors.New("the file was wound")

// shortestPass keeps a file without length from being repeated at full speed.
const shortestPass = 20 * time.Millisecond

// change does something with the transport and lets waiting tracks look again.
func (p *transport) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
	close(p.changed)
	p.changed = make(chan struct{})
}

// seek winds to a place in the file. It is false when the file is over.
func (p *transport) seek(to time.Duration) bool {
	ok := false
	p.change(func() {
		if ok = !p.over; ok {
			p.stands, p.ready, p.playing = to, false, false
			p.here, p.longest = 0, 0
			p.jumps++
		}
	})
	return ok
}

func (p *transport) pause(on bool) {
	p.change(func() {
		switch {
		case p.paused == on:
		case on && p.playing:
			p.stands, p.playing = p.clock.Now()-p.at, false
		case !on:
			p.play()
		}
		p.paused = on
	})
}

// play lets the clock run, unless a track is still on its way.
func (p *transport) play() {
	if p.ready {
		p.at, p.playing = p.clock.Now()-p.stands, true
	}
}

func (p *transport) setLoop(on bool) {
	p.mu.Lock()
	p.loop = on
	p.mu.Unlock()
}

// position is where in the file it stands.
func (p *transport) position() (at time.Duration, paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.playing {
		return p.clock.Now() - p.at, p.paused
	}
	return p.stands, p.paused
}

// begin says from where a track has to play, and which jump brought it there.
func (p *transport) begin() (from time.Duration, jump int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stands, p.jumps
}

// meet waits for the other tracks; then the last one does what is to be done.
// Meanwhile it calls idle now and then.
func (p *transport) meet(ctx context.Context, jump int, last, idle func()) error {
	p.mu.Lock()
	if jump != p.jumps {
		p.mu.Unlock()
		return errWound
	}
	gun := p.gun
	if p.here++; p.here == p.tracks {
		last()
		p.here, p.gun = 0, make(chan struct{})
		close(gun)
	}
	p.mu.Unlock()
	for {
		p.mu.Lock()
		changed := p.changed
		wound := jump != p.jumps
		p.mu.Unlock()
		if wound {
			return errWound
		}
		select {
		case <-gun:
			return nil
		case <-changed:
		case <-time.After(holdEvery):
			idle()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// start is where all tracks are ready to play from that place.
func (p *transport) start(ctx context.Context, jump int, idle func()) error {
	return p.meet(ctx, jump, func() {
		p.ready = true
		if !p.paused {
			p.play()
		}
	}, idle)
}

// end is where all tracks have played to their end, the caller after that
// length. again tells that the file begins anew; otherwise it is over after the
// longest of them.
func (p *transport) end(ctx context.Context, jump int, length time.Duration, idle func()) (again bool, longest time.Duration, err error) {
	p.mu.Lock()
	p.longest = max(p.longest, length, shortestPass)
	pass := p.passes
	p.mu.Unlock()
	err = p.meet(ctx, jump, func() {
		if !p.loop {
			return
		}
		if p.playing {
			p.at += p.longest
			p.at += max(0, p.clock.Now()-p.at) // the machine was too slow
		}
		p.stands, p.longest = 0, 0
		p.passes++
	}, idle)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passes != pass, p.longest, err
}

// finish makes the end final, unless the file was wound in the last moment.
func (p *transport) finish(jump int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if jump != p.jumps {
		return errWound
	}
	p.over = true
	return nil
}

// until waits for a moment of the file, and says when on the clock that is.
// Meanwhile it calls idle now and then.
func (p *transport) until(ctx context.Context, jump int, moment time.Duration, timer *time.Timer, idle func()) (time.Duration, error) {
	for {
		p.mu.Lock()
		at, playing, changed, wound := p.at, p.playing, p.changed, jump != p.jumps
		p.mu.Unlock()
		wait := holdEvery
		switch {
		case wound:
			return 0, errWound
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case playing:
			left := at + moment - p.clock.Now()
			if left <= 0 {
				return at + moment, nil
			}
			wait = min(wait, left)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
			if wait == holdEvery {
				idle()
			}
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
