package linksim

import "time"

// pipe is one direction of a connection. Everything in it is guarded by the
// wire's lock.
type pipe struct {
	wire             *wire
	up               bool
	work, data, room chan struct{} // tokens: for pump, for a reader, for a writer

	waiting   []byte    // written, not yet past the narrow place
	flying    []segment // past it: on the way, or arrived and not yet read
	unread    int       // bytes in flying
	history   []segment // sizes and arrivals that the far end's TCP has not confirmed yet
	written   int64     // bytes
	confirmed int64
	lastAt    time.Time // arrivals keep their order

	ending   bool // no more will be written
	dropped  bool // what waits was thrown away by a reset
	fin      bool
	finAt    time.Time
	reset    bool
	brokenAt time.Time

	outage time.Time // since when nothing passes although something waits
	retry  time.Time // after an outage: TCP's next attempt
}

type segment struct {
	data []byte
	size int
	at   time.Time
}

func (p *pipe) rate(w *Weather) int {
	if p.up {
		return w.Up
	}
	return w.Down
}

func (p *pipe) resetAt(now time.Time) bool { return p.reset && !p.brokenAt.After(now) }

// take reads what has arrived.
func (p *pipe) take(b []byte, now time.Time) (n int) {
	for len(p.flying) > 0 && n < len(b) && !p.flying[0].at.After(now) {
		s := &p.flying[0]
		k := copy(b[n:], s.data)
		n += k
		p.unread -= k
		if s.data = s.data[k:]; len(s.data) == 0 {
			p.flying = p.flying[1:]
		}
	}
	return n
}

// confirm counts what the far end's TCP has confirmed: what has arrived, one way
// back later. Confirmations do not pass where nothing passes.
func (p *pipe) confirm(now time.Time, w *Weather) {
	if p.wire.dead || w.Up == 0 || w.Down == 0 {
		return
	}
	for len(p.history) > 0 && !p.history[0].at.Add(w.Delay).After(now) {
		p.confirmed += int64(p.history[0].size)
		p.history = p.history[1:]
	}
}

const (
	// slice is how much passes the narrow place at once, at most: changes of the
	// weather are felt within it.
	slice = 15 * time.Millisecond
	// packet is how little, in bytes.
	packet = 1460
	// firstRetry is TCP's shortest time until it sends again.
	firstRetry = 200 * time.Millisecond
	// blind is how much TCP sends without any confirmation.
	blind = 64 << 10
)

// pump carries bytes past the narrow place until the connection is over.
func (p *pipe) pump() {
	defer p.wire.net.pumped(p.wire)
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		weather := p.wire.net.Weather()
		p.wire.mu.Lock()
		if p.wire.over || p.dropped || p.bothClosed() {
			p.wire.mu.Unlock()
			return
		}
		now := time.Now()
		n, wait := p.next(now, &weather)
		if n == 0 && wait < 0 && p.ending && len(p.waiting) == 0 && !p.wire.dead && p.rate(&weather) > 0 {
			p.fin, p.finAt = true, later(p.lastAt, now.Add(weather.Delay))
			p.wire.mu.Unlock()
			poke(p.data)
			return
		}
		p.wire.mu.Unlock()
		if n == 0 {
			await(p.work, t, wait)
			continue
		}
		time.Sleep(time.Duration(int64(n) * 8 * int64(time.Second) / int64(p.rate(&weather))))
		delay := p.wire.net.late(&weather)
		p.wire.mu.Lock()
		n = min(n, len(p.waiting)) // a reset may have thrown it away
		if n > 0 && !p.wire.dead {
			p.lastAt = later(p.lastAt, time.Now().Add(delay))
			p.flying = append(p.flying, segment{data: append([]byte(nil), p.waiting[:n]...), at: p.lastAt})
			p.history = append(p.history, segment{size: n, at: p.lastAt})
			p.unread += n
			p.waiting = p.waiting[:copy(p.waiting, p.waiting[n:])]
		}
		p.wire.mu.Unlock()
		poke(p.data)
		poke(p.room)
	}
}

func (p *pipe) bothClosed() bool {
	return p.wire.ends[0].closed && p.wire.ends[1].closed && (len(p.waiting) == 0 || p.wire.dead)
}

// next is how many bytes pass now, or how long to wait until that can change by
// itself; -1: until something happens.
func (p *pipe) next(now time.Time, w *Weather) (n int, wait time.Duration) {
	p.confirm(now, w)
	rate := p.rate(w)
	if len(p.waiting) == 0 || p.wire.dead {
		return 0, -1
	}
	switch {
	case rate == 0:
		if p.outage.IsZero() {
			p.outage = now
		}
		p.retry = time.Time{}
		return 0, -1
	case w.ReadBuffer > 0 && p.unread >= w.ReadBuffer:
		return 0, -1
	case (w.Up == 0 || w.Down == 0) && p.written-p.confirmed-int64(len(p.waiting)) > blind:
		return 0, -1 // no confirmations come back
	}
	if !p.outage.IsZero() {
		if p.retry.IsZero() {
			p.retry = nextAttempt(p.outage, now)
		}
		if p.retry.After(now) {
			return 0, p.retry.Sub(now)
		}
		p.outage, p.retry = time.Time{}, time.Time{}
	}
	n = max(packet, int(int64(rate)/8*int64(slice)/int64(time.Second)))
	return min(n, len(p.waiting)), 0
}

// nextAttempt is when TCP sends again, which it does at intervals that double.
func nextAttempt(since, now time.Time) time.Time {
	for again := firstRetry; since.Before(now); again *= 2 {
		since = since.Add(again)
	}
	return since
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
