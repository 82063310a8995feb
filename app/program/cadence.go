package program

import "time"

// cadence keeps the show near its frame rate without inventing times. A frame
// that comes much earlier than one interval after the last is dropped (a 60 fps
// camera in a 30 fps show). Where the source falls silent, its last picture is
// repeated, one interval after the other, but well behind the present: a frame
// that is only late finds its place still free. Everything between passes with
// the stamp it came with; a camera that slows down in the dark is sent as slow
// as it is.
type cadence struct {
	interval time.Duration
	last     time.Duration // stamp of the last picture sent; before the first, when a slate is due instead
	credit   time.Duration // how far the pictures sent lag behind the ideal grid
	late     time.Duration // how old the source's pictures are when they come, at the worst, lately
	started  bool
	filling  bool // the last picture sent was a repeat
}

// longestLate bounds what is believed of a source's delay: a stamp from long ago
// must not silence the repeats.
const longestLate = 500 * time.Millisecond

// arrived notes how old a picture was when it came.
func (c *cadence) arrived(now, pts time.Duration) {
	c.late -= c.late / 256
	c.late = min(max(c.late, now-pts), longestLate)
}

// tooSoon tells whether a picture with this stamp must be left out. Over time no
// more pictures pass than the rate allows; single ones may come up to half an
// interval early, as a camera's do.
func (c *cadence) tooSoon(pts time.Duration) bool {
	step := pts - c.last
	switch {
	case !c.started:
		return false
	case c.filling:
		return step < c.interval/4 // better a short step than the old picture for longer
	}
	return step+c.credit < c.interval-c.interval/8 || step < c.interval/4
}

// sent notes a picture that went out.
func (c *cadence) sent(pts time.Duration, repeat bool) {
	if c.started {
		c.credit = max(-c.interval/2, min(c.credit+pts-c.last-c.interval, c.interval/2))
	}
	c.last, c.started, c.filling = pts, true, repeat
}

// behind is how far in the past repeats lie.
func (c *cadence) behind() time.Duration { return 2*c.interval + c.late }

// overdue tells whether a repeat is due, and the stamp that it gets.
func (c *cadence) overdue(now time.Duration) (pts time.Duration, due bool) {
	switch {
	case !c.started:
		return now, now >= c.last
	case now-c.last < c.behind():
		return 0, false
	case now-c.last > time.Second+c.behind(): // nobody watched for a while: begin again, in the present
		return now - c.behind(), true
	}
	return c.last + c.interval, true
}

// wait is how long until overdue can become true.
func (c *cadence) wait(now time.Duration) time.Duration {
	due := c.last
	if c.started {
		due += c.behind()
	}
	return max(time.Millisecond, due-now)
}
