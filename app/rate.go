package app

import (
	"sync/atomic"
	"time"
)

// rate counts something and tells how much of it there was in the last second.
// Any goroutine adds; one reads, at regular ticks.
type rate struct {
	total atomic.Int64
	marks [5]mark // oldest first
}

type mark struct {
	at    time.Duration
	total int64
}

func (r *rate) add(n int) { r.total.Add(int64(n)) }

// tick notes the total and returns the amount per second since about a second
// ago.
func (r *rate) tick(now time.Duration) float64 {
	copy(r.marks[:], r.marks[1:])
	newest := mark{now, r.total.Load()}
	r.marks[len(r.marks)-1] = newest
	oldest := r.marks[0]
	if newest.at <= oldest.at {
		return 0
	}
	return float64(newest.total-oldest.total) / (newest.at - oldest.at).Seconds()
}

// kbps turns bytes a second into kbit/s.
func kbps(bytesPerSecond float64) int { return int(bytesPerSecond*8/1000 + 0.5) }
