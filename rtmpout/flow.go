package rtmpout

import (
	"time"

	"tally/rtmpout/internal/wire"
)

// AckStyle is how a server counts in its Acknowledgements (section 5.4.3). Servers
// differ, see the comment on acks.
type AckStyle string

const (
	AckNone        AckStyle = "none"        // nothing confirmed yet
	AckCumulative  AckStyle = "cumulative"  // all bytes so far, as the specification says
	AckIncremental AckStyle = "incremental" // the bytes since the acknowledgement before
	AckImplausible AckStyle = "implausible" // numbers that fit nothing we sent; nothing relies on them
)

// acks makes one number of confirmed bytes out of what servers send. Two readings
// are followed side by side: a running total that may wrap at 2^32, at 2^31
// (Twitch) or start again at 0xF0000000 (nginx-rtmp, SRS), and increments
// (YouTube, by one report). The total is believed until it does not rise while
// increments would still fit what was sent; increments are ruled out for good once
// their sum exceeds it. The total may or may not include the 3073 bytes of the
// handshake.
type acks struct {
	style     AckStyle
	acked     uint64    // confirmed bytes after the handshake, never more than sent
	at        time.Time // when that last rose
	count     int
	previous  uint32 // the value that came last
	last      uint32 // the value that made total rise last
	total     uint64 // as a running total, unwrapped
	sum       uint64 // as increments
	sumOut    bool   // increments are ruled out
	unrisen   int    // how often the total did not rise while increments were possible
	nonsense  int    // values in a row that fit no reading
	handshake bool   // the total has shown that it counts the handshake
}

const handshakeBytes = wire.HandshakeBytes

// settled is after how many values without a rising total increments are certain.
const settled = 8

// ack takes the value of one Acknowledgement when sent bytes have left.
func (a *acks) ack(value uint32, sent uint64, now time.Time) {
	limit := sent + handshakeBytes
	a.count++
	if a.sum += uint64(value); a.sum > limit {
		a.sumOut = true
	}
	rose := false
	if a.unrisen < settled || a.sumOut {
		var next uint64
		if next, rose = a.unwrap(value, limit); rose {
			a.total, a.last = next, value
		} else if !a.sumOut {
			a.unrisen++
		}
	}
	repeated := a.count > 1 && value == a.previous
	a.previous = value

	confirmed := a.acked
	switch {
	case !a.sumOut && a.unrisen > 0:
		a.style, a.nonsense = AckIncremental, 0
		confirmed = a.sum
	case rose:
		a.style, a.nonsense = AckCumulative, 0
		confirmed = a.total
		if confirmed > sent {
			a.handshake = true
		}
		if a.handshake {
			confirmed -= min(confirmed, handshakeBytes)
		}
	case !repeated:
		if a.nonsense++; a.nonsense >= 3 {
			a.style = AckImplausible
		}
	}
	if confirmed = min(confirmed, sent); confirmed > a.acked {
		a.acked, a.at = confirmed, now
	}
}

// unwrap finds the running total that value stands for: the smallest step forward
// under any of the known wraps that stays within limit.
func (a *acks) unwrap(value uint32, limit uint64) (uint64, bool) {
	if a.count == 1 {
		// The connection may already be past 4 GiB when the first one comes.
		total := limit&^uint64(0xffffffff) | uint64(value)
		if total > limit && total >= 1<<32 {
			total -= 1 << 32
		}
		return total, total <= limit
	}
	if value > a.last {
		if next := a.total + uint64(value-a.last); next <= limit {
			return next, true
		}
		return 0, false
	}
	if value == a.last {
		return 0, false
	}
	last := uint64(a.last)
	for _, step := range [...]uint64{
		uint64(value) + 1<<32 - last,
		uint64(value) + 1<<31 - min(last, 1<<31),
		uint64(value) + resetAt - min(last, resetAt), // from 0 once the reset is reached (nginx-rtmp)
		uint64(value), // at the step itself (SRS)
	} {
		known := step == uint64(value)+1<<32-last || last < 1<<31 && step == uint64(value)+1<<31-last || near(last, resetAt)
		if known && a.total+step <= limit {
			return a.total + step, true
		}
	}
	return 0, false
}

// resetAt is where some servers start to count again; near is how far from it the
// last acknowledgement may have been.
const resetAt = 0xf0000000

func near(a, b uint64) bool { return max(a, b)-min(a, b) < 1<<24 }

// window is the limit on unconfirmed bytes that a server can set by Set Peer
// Bandwidth (section 5.4.5).
type window struct {
	size     int  // 0: none
	hard     bool // the last limit that took effect was Hard
	failOpen bool // confirmations do not come: not enforced any more
}

const minWindow = 64 << 10

// limit takes one Set Peer Bandwidth and tells whether the window changed.
func (w *window) limit(size uint32, kind byte) bool {
	switch kind {
	case wire.LimitHard:
	case wire.LimitSoft:
		if w.size != 0 && int64(size) > int64(w.size) {
			size = uint32(w.size)
		}
	case wire.LimitDynamic:
		if !w.hard {
			return false
		}
	default:
		return false
	}
	w.hard = kind != wire.LimitSoft
	old := w.size
	w.size = int(min(max(int64(size), minWindow), 1<<31-1))
	return w.size != old
}
