package camera

import (
	"context"
	"sync"
	"time"
)

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
