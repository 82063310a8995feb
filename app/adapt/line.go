package adapt

import "time"

// Sample is what the network shows of a connection at one moment.
type Sample struct {
	At       time.Duration
	Sent     int64         // bytes given to the socket since the connection began
	Kernel   int           // of these, not confirmed by the other end's TCP; -1: unknown
	Acked    int64         // of these, confirmed by the server itself; -1: it does not do so
	Queue    int           // bytes in our own queue
	QueueAge time.Duration // of the oldest of them
	Other    int           // bit/s of the connection that are not the picture's
}

// line measures the way to the server from samples: how long bytes take to get
// there, and how fast they go while they have to wait.
type line struct {
	marks [96]mark // the last seconds, a ring
	next  int
	n     int
	usual usual
	acks  int   // confirmations by the server
	step  int64 // bytes; the largest between two of them
	acked int64
	gone  int64         // bytes that the other end's TCP has confirmed
	went  time.Duration // when that last rose, or nothing waited

	lag   time.Duration // of the oldest byte that is not there yet
	over  time.Duration // lag beyond what the distance costs
	busy  bool          // bytes wait for the line
	since mark          // when that began
}

type mark struct {
	at         time.Duration
	sent, left int64 // bytes given to the socket; that have arrived
}

const (
	// waits is the delay from which bytes count as waiting for the line.
	waits = 60 * time.Millisecond
	// settled is after how many confirmations their manner is known.
	settled = 4
	// stood is how long TCP must have confirmed nothing for the line to have stopped.
	stood = 300 * time.Millisecond
	// rateOver is the longest time that a rate is measured over.
	rateOver = 800 * time.Millisecond
)

// take measures with one more sample. ended is the rate of a time of waiting
// that has just come to its end; 0 if none has, or it was too short to measure.
func (l *line) take(s Sample) (ended int) {
	left := s.Sent - int64(max(0, s.Kernel))
	if s.Acked > 0 {
		if d := s.Acked - l.acked; d > 0 {
			l.step, l.acked, l.acks = max(l.step, d), s.Acked, l.acks+1
		}
		if l.acks >= settled {
			// Until the next confirmation is due, all that was sent may be there.
			left = min(left, s.Acked+l.step+l.step/4)
		}
	}
	again := l.goesAgain(s)
	was, before := l.busy, l.last()
	left = max(left, before.left)
	l.push(mark{s.At, s.Sent, left})
	l.lag = s.QueueAge + l.age(s.At, left)
	l.over = l.lag - l.usual.add(s.At, l.lag)
	l.busy = l.over > waits
	switch {
	case l.busy && (!was || again): // what passed while it stood is no rate
		l.since = l.last()
	case was && !l.busy && before.at-l.since.at >= 100*time.Millisecond:
		ended = rate(l.since, before)
	}
	return ended
}

// goesAgain tells that the line had stopped, and something has just passed.
func (l *line) goesAgain(s Sample) bool {
	if s.Kernel < 0 {
		return false
	}
	gone := s.Sent - int64(s.Kernel)
	again := gone > l.gone && s.At-l.went > stood
	if gone > l.gone || s.Kernel == 0 {
		l.gone, l.went = gone, s.At
	}
	return again
}

func (l *line) push(m mark) {
	l.marks[l.next] = m
	l.next = (l.next + 1) % len(l.marks)
	l.n = min(l.n+1, len(l.marks))
}

// back is the i-th newest mark, 0 being the last.
func (l *line) back(i int) mark { return l.marks[(l.next-1-i+2*len(l.marks))%len(l.marks)] }

func (l *line) last() mark {
	if l.n == 0 {
		return mark{}
	}
	return l.back(0)
}

// age is how long ago the oldest byte that has not arrived was sent, at least.
func (l *line) age(now time.Duration, left int64) time.Duration {
	if l.n == 0 || l.back(0).sent <= left {
		return 0
	}
	at := now
	for i := range l.n {
		m := l.back(i)
		if m.sent <= left {
			break
		}
		at = m.at
	}
	return now - at
}

// waited is how long bytes have waited for the line without a break.
func (l *line) waited() time.Duration {
	if !l.busy {
		return 0
	}
	return l.last().at - l.since.at
}

// capacity is the rate, in bit/s, at which bytes arrive while they wait.
func (l *line) capacity() int {
	to, from := l.last(), l.since
	for i := 1; i < l.n; i++ {
		m := l.back(i)
		if m.at < l.since.at || to.at-m.at > rateOver {
			break
		}
		from = m
	}
	return rate(from, to)
}

// ahead is how long all that waits will take to arrive. Where nothing moves that
// is not known, and 0.
func (l *line) ahead(s Sample) time.Duration {
	capacity := l.capacity()
	if capacity < 50_000 {
		return 0
	}
	return time.Duration(float64(s.Sent+int64(s.Queue)-l.last().left) * 8 / float64(capacity) * float64(time.Second))
}

// made is the rate, in bit/s, that was given to the socket over the last second.
func (l *line) made() int {
	to := l.last()
	from := to
	for i := 1; i < l.n && to.at-l.back(i).at <= time.Second; i++ {
		from = l.back(i)
	}
	if to.at <= from.at {
		return 0
	}
	return int(float64(to.sent-from.sent) * 8 / (to.at - from.at).Seconds())
}

func rate(from, to mark) int {
	if to.at <= from.at {
		return 0
	}
	return int(float64(to.left-from.left) * 8 / (to.at - from.at).Seconds())
}

// usual is the least delay of the last ten to twenty seconds: what the distance
// to the server costs on a free line.
type usual struct {
	since         time.Duration
	now, previous time.Duration
	started       bool
}

// longest is the longest distance that is believed: what takes longer waits
// somewhere.
const longest = 800 * time.Millisecond

func (u *usual) add(at, d time.Duration) time.Duration {
	const half = 10 * time.Second
	if !u.started {
		*u = usual{since: at, now: d, previous: d, started: true}
	}
	if at-u.since >= half {
		u.since, u.previous, u.now = at, u.now, d
	}
	u.now = min(u.now, d)
	return min(u.now, u.previous, longest)
}
