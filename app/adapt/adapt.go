// Package adapt decides how many bits the picture may take, from what the
// network shows. It is a pure calculation: samples in, target out; who measures
// and who obeys is the caller's business.
//
// The one thing it acts on is delay: how long what waits here (in our queue and
// in the kernel) will take to leave at the rate at which bytes leave now. A line
// that is too narrow shows in that within half a second, whatever acknowledgement
// style the server has. Bytes leaving slowly without anything waiting only mean
// that the picture is still, and change nothing.
package adapt

import (
	"fmt"
	"time"
)

const (
	// congested is the delay over the line's usual one at which the picture gets
	// fewer bits. A key frame alone makes 200 ms on a line that is just wide
	// enough.
	congested = 350 * time.Millisecond
	// free is the delay under which the line counts as free again.
	free = 120 * time.Millisecond
	// settle is how long a step down is given to show before the next one.
	settle = 800 * time.Millisecond
	// patience is how long the line must be clear before the first step up.
	patience = 1500 * time.Millisecond
	// stepUp is the time between steps up, each a tenth of what the user chose.
	stepUp = 500 * time.Millisecond
	// wary is how long steps up stop short of a rate that has just failed.
	wary = 12 * time.Second
	// window is the time over which the leaving bytes are averaged.
	window = time.Second
)

// Sample is what the network shows at one moment.
type Sample struct {
	At      time.Duration
	Left    int64 // bytes that have left this machine since the connection began
	Waiting int   // bytes in our own queue and in the kernel's
	Other   int   // bit/s of the connection that are not the picture's
}

// Target is what the picture may take.
type Target struct {
	Bitrate int    // bit/s
	Reason  string // why it is less than chosen, as a sentence; empty when it is not
}

// Control remembers one connection. The zero value is not usable; see [New].
type Control struct {
	chosen, floor int
	target        int
	reason        string

	marks   [16]Sample // the last second and a half, oldest first
	usual   delayFloor
	lowered time.Duration // when the last step down was made
	clearAt time.Duration // since when the line is clear; -1: it is not
	raised  time.Duration
	failed  int // bit/s that were too much, and when
	failAt  time.Duration
}

// New controls a picture for which the user chose the given bitrate, in bit/s,
// and which is not worth watching under the floor.
func New(chosen, floor int) *Control {
	return &Control{chosen: chosen, floor: min(floor, chosen), target: chosen, clearAt: -1, lowered: -settle}
}

// Floor is the least bitrate at which a picture of this size and pace is worth
// watching: about 0.02 bit a pixel.
func Floor(width, height, fps int) int { return max(150_000, width*height*fps/50) }

// Choose changes what the user wants; it takes effect at once.
func (c *Control) Choose(bitrate int) {
	c.chosen, c.floor = bitrate, min(c.floor, bitrate)
	c.target, c.reason = bitrate, ""
}

// Target is the current one.
func (c *Control) Target() Target { return Target{c.target, c.reason} }

// Reset forgets the line, not the target: after a reconnect the way may be
// another one.
func (c *Control) Reset() {
	c.marks, c.usual, c.clearAt = [16]Sample{}, delayFloor{}, -1
}

// Update takes a sample, five to ten a second, and returns the target.
func (c *Control) Update(s Sample) Target {
	rate := c.leaving(s)
	over := c.delay(s, rate)
	switch {
	case over > congested:
		c.clearAt = -1
		if s.At-c.lowered >= settle {
			c.lower(s, rate)
		}
	case over > free:
		c.clearAt = -1
	case c.clearAt < 0:
		c.clearAt = s.At
	case c.target < c.chosen && s.At-c.clearAt >= patience && s.At-c.raised >= stepUp:
		c.raise(s)
	}
	return c.Target()
}

// lower goes under the rate at which bytes leave, so that what waits can drain.
func (c *Control) lower(s Sample, rate int) {
	room := rate*85/100 - s.Other
	if room >= c.target {
		// The line is as wide as it was: only a burst has to drain.
		return
	}
	c.failed, c.failAt = c.target, s.At
	c.target = max(c.floor, min(room, c.target*9/10))
	c.lowered = s.At
	c.reason = fmt.Sprintf("Your upload fell to %.1f Mbit/s. Picture lowered to %.1f.", float64(rate)/1e6, float64(c.target)/1e6)
}

// raise goes a tenth up, and stops short of what failed a moment ago.
func (c *Control) raise(s Sample) {
	next := min(c.chosen, c.target+c.chosen/10)
	if c.failed > 0 && s.At-c.failAt < wary {
		next = min(next, c.failed*95/100)
	}
	if next <= c.target {
		return
	}
	c.target, c.raised = next, s.At
	c.reason = ""
	if c.target < c.chosen {
		c.reason = fmt.Sprintf("Your upload is recovering. Picture at %.1f of %.1f Mbit/s.", float64(c.target)/1e6, float64(c.chosen)/1e6)
	}
}

// leaving is the rate, in bit/s, at which bytes left over the last second.
func (c *Control) leaving(s Sample) int {
	copy(c.marks[:], c.marks[1:])
	c.marks[len(c.marks)-1] = s
	for _, m := range c.marks {
		if span := s.At - m.At; m.At > 0 && span > 0 && span <= window {
			return int(float64(s.Left-m.Left) * 8 / span.Seconds())
		}
	}
	return 0
}

// delay is how much longer than usual the last byte that waits will take.
func (c *Control) delay(s Sample, rate int) time.Duration {
	d := time.Duration(0)
	switch {
	case s.Waiting == 0:
	case rate <= 0:
		d = time.Second // nothing leaves at all
	default:
		d = min(time.Duration(float64(s.Waiting)*8/float64(rate)*float64(time.Second)), 10*time.Second)
	}
	return d - c.usual.add(s.At, d)
}

// delayFloor is the least delay of the last ten to twenty seconds: what the
// distance to the server costs on a free line.
type delayFloor struct {
	since         time.Duration
	now, previous time.Duration
	started       bool
}

func (f *delayFloor) add(at, d time.Duration) time.Duration {
	const half = 10 * time.Second
	if !f.started {
		*f = delayFloor{since: at, now: d, previous: d, started: true}
	}
	if at-f.since >= half {
		f.since, f.previous, f.now = at, f.now, d
	}
	f.now = min(f.now, d)
	// A line that has been slow for long has not become a long line: over
	// 300 ms it is a queue.
	return min(f.now, f.previous, 300*time.Millisecond)
}
