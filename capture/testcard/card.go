// Package testcard is a source that every machine has: a moving test card, and
// a tone to go with it.
//
// Picture and sound mark the same instants. At every full second of the clock
// the card flashes white (see [FlashArea]) for [FlashTime], and the tone beeps
// for [BeepTime]; who decodes a stream measures the offset between the two with
// [Flashing] and [Beeps]. Each frame also carries its number as a row of blocks
// that [ReadCounter] reads back, so that lost, repeated and late frames can be
// found behind any encoder and server.
package testcard

import (
	"context"
	"fmt"
	"time"

	"tally/capture"
)

// FlashTime is how long the flash lasts: frames that begin within it are white.
const FlashTime = 50 * time.Millisecond

// Open prepares a test card. Frames are I420, BT.709 limited. Frame n is stamped
// n/fps exactly and shows n as its counter, whatever the machine is doing: a
// late frame is left out, and its number with it.
func Open(width, height int, fps float64, clock capture.Clock) capture.Source {
	return &card{width: width, height: height, fps: fps, clock: clock}
}

type card struct {
	width, height int
	fps           float64
	clock         capture.Clock
}

func (c *card) Run(ctx context.Context, sink capture.Sink) error {
	if c.width < 16 || c.height < 16 || c.width > 16384 || c.height > 16384 || !(c.fps > 0 && c.fps <= 1000) {
		return fmt.Errorf("testcard: open: %d×%d at %g fps: %w", c.width, c.height, c.fps, capture.ErrNoFormat)
	}
	if sink.Video == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	p := newPainter(c.width, c.height, c.fps)
	beat := capture.NewBeat(c.clock, c.fps)
	for {
		n, err := beat.Wait(ctx)
		if err != nil {
			return err
		}
		sink.Video(p.paint(n, beat.At(n)))
	}
}
