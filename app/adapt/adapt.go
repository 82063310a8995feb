// Package adapt decides how many bits the picture may take, and at how many
// pictures a second, from what the network shows. It is a pure calculation:
// samples in, target out; who measures and who obeys is the caller's business.
//
// It acts on delay, as any line that is too narrow shows in that: how long the
// oldest byte has waited that has not arrived, wherever it waits, in our queue,
// in the kernel, in the modem or at the server. While bytes wait, the rate at
// which they arrive is the line's capacity. Bytes that leave slowly without
// waiting only mean that the picture is still, and change nothing.
//
// Every key frame is a small test of the line for nothing: if it has to wait, the
// capacity is known anew; if it does not, there is more than was thought.
package adapt

import (
	"time"

	"tally/app/words"
)

const (
	// early is the delay over the usual one at which the picture gets fewer bits
	// if the line is clearly too narrow, late the one at which it does anyway.
	early = 120 * time.Millisecond
	late  = 350 * time.Millisecond
	// sure is how long bytes must have waited for their rate to be believed.
	sure = 150 * time.Millisecond
	// tooLate is how long what waits may still take to arrive.
	tooLate = 1500 * time.Millisecond
	// settle is how long a step down is given to show before the next one.
	settle = 500 * time.Millisecond
	// warmUp is how long after a connection began TCP is still finding its pace.
	warmUp = 2 * time.Second
	// stepUp is the time between steps up.
	stepUp = 500 * time.Millisecond
	// stale is how long a key frame's word on the capacity counts.
	stale = 3 * time.Second
	// soon and seldom are the times between a rate that was too much and the next
	// try: soon when nothing speaks against it, seldom when key frames still wait.
	soon   = 3 * time.Second
	seldom = 20 * time.Second
)

// Target is what the picture may take.
type Target struct {
	Bitrate int            // bit/s
	Pace    int            // every Pace-th picture is sent: 1 or 2
	Reason  words.Sentence // why it is less than chosen; empty when it is not
	Drop    bool           // what waits here would come too late: drop it
}

// Control remembers one connection. The zero value is not usable; see [New].
type Control struct {
	chosen, floor int
	target        int
	pace          int
	reason        words.Sentence
	line          line

	began   time.Duration // of the connection; -1: no sample yet
	ceiling int           // bit/s that the line was last seen to carry; 0: unknown
	seen    time.Duration // when a narrow line was last seen
	lowered time.Duration // when the last step down was made
	raised  time.Duration // when the last step up was
	clearAt time.Duration // since when nothing waits; -1: something does
	climbs  int           // steps up in a row
	stopped int           // the target when the line last stopped; 0 when it goes
}

// New controls a picture for which the user chose the given bitrate, in bit/s,
// and which at its full pace is not worth watching under the floor. At half the
// pace half the floor will do.
func New(chosen, floor int) *Control {
	c := &Control{chosen: chosen, floor: min(floor, chosen), target: chosen, pace: 1}
	c.Reset()
	return c
}

// Floor is the least bitrate at which a picture of this size and pace is worth
// watching: about 0.02 bit a pixel.
func Floor(width, height, fps int) int { return max(150_000, width*height*fps/50) }

// Choose changes what the user wants; it takes effect at once.
func (c *Control) Choose(bitrate int) {
	c.chosen, c.floor = bitrate, min(c.floor, bitrate)
	c.target, c.pace, c.reason, c.ceiling = bitrate, 1, "", 0
}

// Target is the current one.
func (c *Control) Target() Target { return Target{c.target, c.pace, c.reason, false} }

// Reset forgets the line, not the target: after a reconnect the way may be
// another one.
func (c *Control) Reset() {
	const never = -time.Hour
	c.goOn(c.stopped * 3 / 4)
	c.line, c.ceiling, c.began, c.clearAt, c.climbs = line{}, 0, -1, -1, 0
	c.seen, c.lowered, c.raised = never, never, never
}

// goOn goes back to about what was sent before the line had stopped: that it had
// says nothing on how it goes on.
func (c *Control) goOn(to int) {
	if c.stopped > c.target && to > c.target {
		c.set(to)
		c.reason = words.Say("Your upload had stopped. Picture at %.1f of %.1f Mbit/s.", mega(c.target), mega(c.chosen))
	}
	c.stopped = 0
}

// Update takes a sample, ten to twenty a second, and returns the target.
func (c *Control) Update(s Sample) Target {
	if c.began < 0 {
		c.began = s.At
	}
	if ended := c.line.take(s); ended > 0 {
		c.learn(s, ended)
	}
	if !c.line.busy {
		if c.clearAt < 0 {
			c.clearAt = s.At
		}
		if c.stopped > 0 {
			to := c.stopped * 3 / 4
			if c.ceiling > 0 {
				to = min(to, c.ceiling*92/100-s.Other)
			}
			c.goOn(to)
			c.raised = s.At
		}
		if c.target < c.chosen {
			c.raise(s)
		}
		return c.Target()
	}
	c.clearAt = -1
	if c.line.waited() >= sure && s.At-c.lowered >= settle {
		c.weigh(s)
	}
	t := c.Target()
	t.Drop = c.line.waited() >= sure && s.Queue > 0 && c.line.ahead(s) > tooLate
	return t
}

// learn takes the capacity that a burst has shown.
func (c *Control) learn(s Sample, capacity int) {
	if c.ceiling == 0 && c.target == c.chosen {
		return // nothing to find out
	}
	if capacity < c.ceiling*5/4 && capacity < (c.target+s.Other)*5/4 {
		c.seen = s.At
	}
	if c.ceiling > 0 && capacity < c.ceiling*5/4 {
		capacity = (3*c.ceiling + max(capacity, c.ceiling*3/4)) / 4
	}
	c.ceiling = capacity
}

// weigh decides on a step down while bytes wait.
func (c *Control) weigh(s Sample) {
	over, capacity := c.line.over, c.line.capacity()
	demand := c.target + s.Other
	switch {
	case s.At-c.began < warmUp && over < 2*late:
	case c.climbs > 0 && capacity < demand*97/100: // a try that failed
		c.lower(s, over, capacity)
	case over > late && capacity < demand*97/100, over > early && capacity < demand*85/100:
		c.lower(s, over, capacity)
	}
}

// lower goes under the rate at which bytes arrive, so that what waits can drain.
func (c *Control) lower(s Sample, over time.Duration, capacity int) {
	was := c.target
	if capacity < (c.target+s.Other)/10 {
		// Nothing passes: that says nothing on what will pass when something does.
		c.stopped = max(c.stopped, c.target)
		c.set(c.target / 2)
	} else {
		c.stopped = 0
		drain := int(float64(capacity) * min(over.Seconds()/2, 0.3))
		c.set(capacity*92/100 - drain - s.Other)
		c.ceiling = capacity
	}
	c.seen, c.lowered, c.climbs = s.At, s.At, 0
	if c.target < was || c.reason == "" {
		c.reason = c.lowReason(capacity)
	}
}

func (c *Control) lowReason(capacity int) words.Sentence {
	fell, lowered := mega(capacity), mega(c.target)
	switch {
	case c.stopped > 0:
		return words.Say("Your upload has stopped. Picture lowered to %.1f Mbit/s.", lowered)
	case c.target <= c.floor/2:
		return words.Say("Your upload fell to %.1f Mbit/s. Picture lowered to %.1f and half the frames, the least that is worth watching; what does not fit is left out.", fell, lowered)
	case c.pace > 1:
		return words.Say("Your upload fell to %.1f Mbit/s. Picture lowered to %.1f and half the frames.", fell, lowered)
	}
	return words.Say("Your upload fell to %.1f Mbit/s. Picture lowered to %.1f.", fell, lowered)
}

// raise goes up while nothing waits: quickly to what the line is known to carry,
// then by steps that grow as long as they do no harm.
func (c *Control) raise(s Sample) {
	hold := stepUp
	if c.climbs == 1 { // the first step is small, and must show for longer
		hold = 2 * stepUp
	}
	if s.At-c.raised < hold || s.At-c.clearAt < stepUp/2 || s.At-c.lowered < settle {
		return
	}
	known := c.ceiling*92/100 - s.Other
	if c.ceiling > 0 && c.target < known*97/100 {
		c.climb(s, min(known, c.target*2))
		c.climbs = 0
		return
	}
	if c.climbs == 0 {
		wait := soon
		switch {
		case c.ceiling == 0: // a new connection
			wait = warmUp
			if s.At-c.began < wait {
				return
			}
		case s.At-c.seen < stale:
			wait = seldom
		}
		if s.At-c.lowered < wait {
			return
		}
	}
	// A picture that is still proves nothing: it may go up to what once failed,
	// and on only when the line is really used.
	if c.line.made() < (c.target+s.Other)*8/10 && c.ceiling > 0 && s.At-c.lowered < 2*seldom {
		return
	}
	by := [...]int{112, 110, 120, 135, 150}
	c.climb(s, c.target*by[min(c.climbs, len(by)-1)]/100)
	c.climbs++
}

func (c *Control) climb(s Sample, to int) {
	c.stopped = 0
	c.set(to)
	c.raised = s.At
	c.reason = ""
	if c.target >= c.chosen {
		c.ceiling = 0
		return
	}
	c.reason = words.Say("Your upload is recovering. Picture at %.1f of %.1f Mbit/s.", mega(c.target), mega(c.chosen))
}

// set keeps the target within its bounds and finds the pace for it.
func (c *Control) set(bitrate int) {
	c.target = max(min(bitrate, c.chosen), c.floor/2)
	switch {
	case c.target < c.floor:
		c.pace = 2
	case c.target >= c.floor*5/4 || c.target == c.chosen:
		c.pace = 1
	}
}

func mega(bits int) float64 { return float64(bits) / 1e6 }
