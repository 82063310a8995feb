package program

import "time"

// cadence keeps the show near its frame rate without inventing times. A frame
// that comes much earlier than one interval after the last is dropped (a 60 fps
// camera in a 30 fps show); where none comes for one and a half intervals, the
// last is repeated one interval after itself. Everything between passes with the
// stamp it came with.
type cadence struct {
	interval time.Duration
	last     time.Duration // stamp of the last picture sent; before the first, when a slate is due instead
	credit   time.Duration // how far the pictures sent lag behind the ideal grid
	started  bool
}

// tooSoon tells whether a picture with this stamp must be left out. Over time no
// more pictures pass than the rate allows; single ones may come up to half an
// interval early, as a camera's do.
func (c *cadence) tooSoon(pts time.Duration) bool {
	if !c.started {
		return false
	}
	step := pts - c.last
	return step+c.credit < c.interval-c.interval/8 || step < c.interval/4
}

// sent notes a picture that went out.
func (c *cadence) sent(pts time.Duration) {
	if c.started {
		c.credit = max(-c.interval/2, min(c.credit+pts-c.last-c.interval, c.interval/2))
	}
	c.last, c.started = pts, true
}

// overdue tells whether a repeat is due, and the stamp that it gets.
func (c *cadence) overdue(now time.Duration) (pts time.Duration, due bool) {
	if !c.started {
		return now, now >= c.last
	}
	if now-c.last < c.interval+c.interval/2 {
		return 0, false
	}
	if now-c.last > time.Second { // nobody watched for a while: begin again, in the present
		return now, true
	}
	return c.last + c.interval, true
}

// wait is how long until overdue can become true.
func (c *cadence) wait(now time.Duration) time.Duration {
	if !c.started {
		return max(time.Millisecond, c.last-now)
	}
	return max(time.Millisecond, c.last+c.interval+c.interval/2-now)
}
