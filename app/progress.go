package app

import (
	"time"

	"tally/rtmpout"
)

// stallAfter is how long a server may show no sign of taking the show before it
// counts as stalled.
const stallAfter = 1800 * time.Millisecond

// progress watches for proof that a server takes what is sent: bytes that it
// confirmed, or, of one that never confirms, bytes that left the kernel for it.
type progress struct {
	taken int64 // the best proof so far, in bytes
	since time.Time
}

// ok judges the latest numbers. A connection on which nothing waits to be taken
// is fine, however long ago the last proof was.
func (p *progress) ok(now time.Time, s rtmpout.Stats) bool {
	taken, waiting := int64(s.Acked), s.InFlight > uint64(2*s.Window)
	if s.AckStyle == rtmpout.AckNone {
		taken, waiting = int64(s.Sent)-int64(max(0, s.Kernel)), s.Kernel > 0
	}
	waiting = waiting || s.QueueAge > stallAfter/2
	if taken > p.taken || p.since.IsZero() || !waiting {
		p.taken, p.since = max(taken, p.taken), now
		return true
	}
	return now.Sub(p.since) < stallAfter
}
