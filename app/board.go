package app

import (
	"context"
	"sync"
)

// board is where the newest snapshot hangs. One goroutine posts; any number
// watch.
type board struct {
	mu      sync.Mutex
	current Snapshot
	changed chan struct{} // closed when current is replaced
}

func newBoard(first Snapshot) *board {
	return &board{current: first, changed: make(chan struct{})}
}

func (b *board) post(s Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.current = s
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *board) read() (Snapshot, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current, b.changed
}

// watch calls fn with the current snapshot and after every change, until ctx
// ends. While fn runs, newer snapshots replace each other: a slow watcher skips
// some, but never misses the latest.
func (b *board) watch(ctx context.Context, fn func(Snapshot)) {
	for {
		s, changed := b.read()
		fn(s)
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}
