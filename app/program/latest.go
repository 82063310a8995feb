package program

import (
	"context"
	"sync"
	"sync/atomic"

	"tally/capture"
)

// Latest is the edge between two stages that raw pictures cross: one slot, in
// which the newest wins. It has any number of writers and one reader.
type Latest struct {
	token   chan struct{}
	watched atomic.Bool // a reader wants pictures; see [Preview.Resize]

	mu    sync.Mutex
	frame *capture.Frame
	lost  int
}

// NewLatest returns an empty slot.
func NewLatest() *Latest { return &Latest{token: make(chan struct{}, 1)} }

// Put takes over a reference to f. A picture that was not read yet is released
// and counted as lost.
func (l *Latest) Put(f *capture.Frame) {
	l.mu.Lock()
	old := l.frame
	l.frame = f
	if old != nil {
		l.lost++
	}
	l.mu.Unlock()
	if old != nil {
		old.Release()
	}
	select {
	case l.token <- struct{}{}:
	default:
	}
}

// Next waits for a picture that was not read before; the caller releases it.
func (l *Latest) Next(ctx context.Context) (*capture.Frame, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.token:
			if f := l.Take(); f != nil {
				return f, nil
			}
		}
	}
}

// Ready is signalled when there is something to take; a reader that waits for
// other things as well selects on it and calls Take.
func (l *Latest) Ready() <-chan struct{} { return l.token }

// Take is Next without waiting; nil when there is nothing new.
func (l *Latest) Take() *capture.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.frame
	l.frame = nil
	return f
}

// Lost is how many pictures were replaced before they were read.
func (l *Latest) Lost() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Drop empties the slot.
func (l *Latest) Drop() {
	if f := l.Take(); f != nil {
		f.Release()
	}
}
