package app

import (
	"time"

	"tally/rtmpout"
)

const (
	// stallAfter is how long a server may show no sign of taking the show before it
	// counts as stalled: the lamp tells it within two seconds.
	stallAfter = 1500 * time.Millisecond
	// deadAfter is how long before the connection is given up.
	deadAfter = 5 * time.Second
	// doubtAfter is the same while there is reason to doubt: the machine's way to
	// the server has just changed.
	doubtAfter = 2 * time.Second
)

// progress watches one connection for proof that the server takes what is sent.
//
// The best proof is that it confirms bytes. Servers do so each so many bytes, as
// they like (the largest step seen tells); only when more than that has reached
// them is a confirmation owed. Until then, and for servers that never confirm,
// the proof is that bytes leave the kernel, which is TCP's confirmation, or that
// none are there.
type progress struct {
	acked, drained     int64
	ackedAt, drainedAt time.Time
	step               int64 // bytes; largest between two confirmations
	owed               bool  // the server should have confirmed by now, and TCP says that it is there
	deaf               bool  // confirmations have proved worthless: do not ask for them
	moves              int   // the stream's moves to other servers: bytes are counted anew after each
}

// look takes the latest numbers and tells since when there has been no proof.
func (p *progress) look(now time.Time, s rtmpout.Stats) (since time.Time) {
	if s.Moves != p.moves {
		*p = progress{deaf: p.deaf, moves: s.Moves}
	}
	if p.ackedAt.IsZero() {
		p.ackedAt, p.drainedAt = now, now
	}
	if acked := int64(s.Acked); acked > p.acked {
		p.step = max(p.step, acked-p.acked)
		p.acked, p.ackedAt = acked, now
	}
	kernel := int64(max(0, s.Kernel))
	waits := s.Kernel > 0 || s.QueueAge > stallAfter/2
	if drained := int64(s.Sent) - kernel; drained > p.drained || !waits {
		p.drained, p.drainedAt = max(p.drained, drained), now
	}
	margin := p.step / 2
	if s.Kernel < 0 { // what is on its way is not known
		margin = max(margin, int64(s.PerSecond))
	}
	confirms := !p.deaf && (s.AckStyle == rtmpout.AckCumulative || s.AckStyle == rtmpout.AckIncremental)
	p.owed = confirms && int64(s.InFlight)-kernel > p.step+margin
	if p.owed {
		return p.ackedAt
	}
	return later(p.ackedAt, p.drainedAt)
}

// onlyUnconfirmed tells that bytes still leave for the server and that only its
// confirmations are missing.
func (p *progress) onlyUnconfirmed(now time.Time) bool {
	return p.owed && now.Sub(p.drainedAt) < stallAfter
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
