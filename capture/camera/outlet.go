package camera

import (
	"context"
	"sync"
	"time"

	"tally/capture"
)

// outlet is the door to the sink: it stamps, knows when the last picture went
// through, and stays closed once it was shut.
type outlet struct {
	sink  func(*capture.Frame)
	clock capture.Clock

	mu        sync.Mutex
	closed    bool
	delivered bool
	heard     time.Duration // when the last picture came, or the outlet was made
	last      time.Duration // the stamp of the last picture
}

func newOutlet(sink func(*capture.Frame), clock capture.Clock) *outlet {
	return &outlet{sink: sink, clock: clock, heard: clock.Now()}
}

// deliver hands over a picture that was captured at that instant.
func (o *outlet) deliver(f *capture.Frame, captured time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		f.Release()
		return
	}
	o.heard = o.clock.Now()
	f.PTS = o.clock.At(captured)
	// Drivers have been seen to stamp with another clock, or twice the same.
	if f.PTS > o.heard || f.PTS < o.heard-time.Second || o.delivered && f.PTS <= o.last {
		f.PTS = o.heard
	}
	if o.delivered && f.PTS <= o.last {
		f.Release()
		return
	}
	o.delivered, o.last = true, f.PTS
	o.sink(f)
}

// stalled is [capture.ErrStalled] when nothing came for too long.
func (o *outlet) stalled() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	limit := openWithin
	if o.delivered {
		limit = stallAfter
	}
	if o.clock.Now()-o.heard > limit {
		return capture.ErrStalled
	}
	return nil
}

// shut lets nothing through any more.
func (o *outlet) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// Cameras that this process has open. A driver object of mediadevices must not
// be used by two at a time, and a camera can not.
var (
	claimedMu sync.Mutex
	claimed   = map[string]chan struct{}{} // closed when the camera is free again
)

// claim waits for a short while, in case the same camera is just being closed.
func claim(ctx context.Context, id string) (release func(), err error) {
	limit := time.NewTimer(time.Second)
	defer limit.Stop()
	for {
		claimedMu.Lock()
		free, taken := claimed[id]
		if !taken {
			mine := make(chan struct{})
			claimed[id] = mine
			claimedMu.Unlock()
			return func() {
				claimedMu.Lock()
				delete(claimed, id)
				claimedMu.Unlock()
				close(mine)
			}, nil
		}
		claimedMu.Unlock()
		select {
		case <-free:
		case <-limit.C:
			return nil, selfBusy()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
