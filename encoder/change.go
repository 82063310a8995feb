package encoder

import (
	"fmt"
	"time"
)

// change is an encoder that is being opened to take over from one that cannot be
// told what it should do differently. It belongs to the goroutine that encodes.
type change struct {
	opened  chan opened // nil: none is
	ready   *engine     // opened, and waiting for a key frame
	waits   bool        // it takes over where the stream has a key frame anyway
	changed time.Time   // when the last one took over
}

type opened struct {
	*engine
	error
}

// changeAgain is the shortest time from one change to the next: each costs a key
// frame.
const changeAgain = time.Second

// obey does what was asked for since the last picture.
func (v *Video) obey(pts time.Duration, force bool) error {
	want, is := v.wanted(), v.cur.params
	if want.Bitrate != is.Bitrate && !v.cur.fixed {
		v.cur.setBitrate(want.Bitrate)
		is.Bitrate = want.Bitrate
	}
	if v.cur.hardware {
		is.Preset = want.Preset
	}
	lower, higher := want.Bitrate < is.Bitrate, want.Bitrate > is.Bitrate
	if v.opened == nil && v.ready == nil && (lower || higher || want.Preset != is.Preset) && time.Since(v.changed) >= changeAgain {
		v.open(v.cur.backend, want, higher && want.Preset == is.Preset)
	}
	v.receive()
	switch {
	case v.ready != nil && (!v.waits || force || v.KeyDue(pts) || lower):
		e := v.ready
		v.ready = nil
		v.turnTo(e)
	case force && v.cur.counts && v.sinceKey > 0:
		e, err := v.cur.openTried(want) // it makes a key frame in no other way
		if err != nil {
			return fmt.Errorf("encoder: %s: %w", v.cur.name, err)
		}
		v.turnTo(e)
	}
	return nil
}

// turnTo lets e take over where the encoder before has given all it held. If that
// fails, those pictures are lost; the stream goes on.
func (v *Video) turnTo(e *engine) {
	_ = v.cur.drain(v.emit)
	v.cur.close()
	v.changed = time.Now()
	v.take(e, nil)
}

// open opens an encoder beside the one that works: that takes longer than a picture
// lasts.
func (c *change) open(b backend, p VideoParams, waits bool) {
	c.opened, c.waits = make(chan opened, 1), waits
	to := c.opened
	go func() {
		e, err := b.openTried(p)
		to <- opened{e, err}
	}()
}

// receive takes the encoder that is open. One that cannot be opened is tried again
// later.
func (c *change) receive() {
	select {
	case o := <-c.opened:
		c.opened, c.ready = nil, o.engine
		if o.error != nil {
			c.changed = time.Now()
		}
	default:
	}
}

// drop gives up what is being opened.
func (c *change) drop() {
	if c.opened != nil {
		if o := <-c.opened; o.engine != nil {
			o.close()
		}
		c.opened = nil
	}
	if c.ready != nil {
		c.ready.close()
		c.ready = nil
	}
}
