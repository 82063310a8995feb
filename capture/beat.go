package capture

import (
	"context"
	"time"
)

// Beat divides a clock into equal steps: step n begins at n/FPS seconds. A
// source that makes up its own pace waits for one step after the other; since
// steps are computed and not added up, nothing drifts. It belongs to one
// goroutine.
type Beat struct {
	clock   Clock
	fps     float64
	last    int64
	started bool
	timer   *time.Timer
}

// NewBeat prepares a beat of fps steps a second. It starts nothing.
func NewBeat(clock Clock, fps float64) *Beat { return &Beat{clock: clock, fps: fps} }

// At is when step n begins.
func (b *Beat) At(n int64) time.Duration {
	return time.Duration(float64(n) * float64(time.Second) / b.fps)
}

// Wait sleeps until the next step begins, and returns its number. Who comes too
// late for a step gets the one that is running: steps are skipped and never
// caught up in a burst.
func (b *Beat) Wait(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	now := b.clock.Now()
	running := int64(now.Seconds() * b.fps)
	if !b.started {
		b.last, b.started = running, true
	}
	b.last = max(b.last+1, running)
	if wait := b.At(b.last) - now; wait > 0 {
		if b.timer == nil {
			b.timer = time.NewTimer(wait)
		} else {
			b.timer.Reset(wait)
		}
		select {
		case <-b.timer.C:
		case <-ctx.Done():
			b.timer.Stop()
			return 0, ctx.Err()
		}
	}
	return b.last, nil
}
