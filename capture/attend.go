package capture

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Patience is how long a device of pictures may take before it is given up.
type Patience struct {
	Open  time.Duration // until its first picture
	Stall time.Duration // from one picture to the next
	Leave time.Duration // to come back when it is told to stop
}

// Outlet is the door from a device to a sink. It notes when something went
// through, and stays closed once it was shut.
type Outlet struct {
	sink func(*Frame)

	mu     sync.Mutex
	closed bool
	heard  time.Time
	limit  time.Duration
	stall  time.Duration
}

// Deliver takes over the reference to f.
func (o *Outlet) Deliver(f *Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		f.Release()
		return
	}
	o.heard, o.limit = time.Now(), o.stall
	o.sink(f)
}

func (o *Outlet) stalled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Since(o.heard) > o.limit
}

func (o *Outlet) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// Attend runs work, which uses a device and may hang in it, and stands by: when
// nothing was delivered for too long it ends work, with [ErrStalled], and when
// work does not come back it leaves without it. What comes late then goes
// nowhere, and work cleans up whenever its device lets it. A nil sink wants
// nothing; work is not run then.
func Attend(ctx context.Context, p Patience, sink func(*Frame), work func(context.Context, *Outlet) error) error {
	if sink == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	inner, stop := context.WithCancel(ctx)
	defer stop()
	out := &Outlet{sink: sink, heard: time.Now(), limit: p.Open, stall: p.Stall}
	done := make(chan error, 1)
	go func() { done <- work(inner, out) }()

	watch := time.NewTicker(p.Stall / 10)
	defer watch.Stop()
	for {
		var cause error
		select {
		case err := <-done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		case <-ctx.Done():
			cause = ctx.Err()
		case <-watch.C:
			if !out.stalled() {
				continue
			}
			cause = fmt.Errorf("capture: %w", ErrStalled)
		}
		out.shut() // before work hears of it, and delivers what it still has
		stop()
		select {
		case <-done:
		case <-time.After(p.Leave):
		}
		return cause
	}
}
