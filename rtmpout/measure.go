package rtmpout

import (
	"sync"
	"time"
)

// flow is what is known about the bytes of one connection: how many were written,
// how many the server has confirmed, and how long that took. The writer and the
// reader both use it.
type flow struct {
	mu     sync.Mutex
	sent   uint64 // bytes after the handshake that the socket took
	taking uint64 // bytes that it is taking: they may be confirmed before the write returns
	acks   acks
	window window
	told   int // the last Window Acknowledgement Size we sent
	marks  marks
	delay  time.Duration // from writing a byte to its confirmation, as last seen
	rate   rate
	start  time.Time
}

func (f *flow) init(o *Options) {
	f.told = o.WindowAckSize
	f.acks.style = AckNone
	f.start = time.Now()
}

// writing announces a write of n bytes; wrote tells how many were taken.
func (f *flow) writing(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taking = uint64(n)
}

func (f *flow) wrote(n int, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taking -= min(f.taking, uint64(n))
	f.sent += uint64(n)
	f.rate.add(n, now.Sub(f.start))
	f.marks.add(f.sent, now)
}

func (f *flow) total() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent
}

func (f *flow) ack(value uint32, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.acks.acked
	f.acks.ack(value, f.sent+f.taking, now)
	if f.acks.acked > before {
		if at, ok := f.marks.confirm(f.acks.acked); ok {
			f.delay = now.Sub(at)
		}
	}
}

// peerBandwidth takes Set Peer Bandwidth; answer tells that the server is owed a
// Window Acknowledgement Size of that size.
func (f *flow) peerBandwidth(size uint32, kind byte) (_ uint32, answer bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.window.limit(size, kind)
	if f.window.size == 0 || f.window.size == f.told {
		return 0, false
	}
	f.told = f.window.size
	return uint32(f.told), true
}

// confirmTimeout is how long a full window is respected without any confirmation.
const confirmTimeout = 2 * time.Second

// room is how many bytes the server's window lets out now: a negative number when
// it enforces none. When confirmations do not come it stops being enforced, as
// servers exist that set a window and then confirm nothing; expired tells that this
// has just happened.
func (f *flow) room(now, blockedSince time.Time) (room int, expired bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &f.window
	if w.size == 0 || w.failOpen {
		return -1, false
	}
	if room = w.size - int(f.sent-min(f.acks.acked, f.sent)); room > 0 && f.acks.style != AckImplausible {
		return room, false
	}
	since := blockedSince
	if f.acks.at.After(since) {
		since = f.acks.at
	}
	if f.acks.style == AckImplausible || !since.IsZero() && now.Sub(since) >= confirmTimeout {
		w.failOpen = true
		return -1, true
	}
	return 0, false
}

// marks remembers when which byte was written, at most each 10 ms, for half a
// minute at least under load.
type marks struct {
	at       [512]mark
	first, n int
}

type mark struct {
	position uint64
	time     time.Time
}

func (m *marks) add(position uint64, now time.Time) {
	if m.n > 0 {
		last := &m.at[(m.first+m.n-1)%len(m.at)]
		if now.Sub(last.time) < 10*time.Millisecond {
			return
		}
	}
	if m.n == len(m.at) {
		m.first = (m.first + 1) % len(m.at)
		m.n--
	}
	m.at[(m.first+m.n)%len(m.at)] = mark{position, now}
	m.n++
}

// confirm forgets what is confirmed and returns when the newest of it was written.
func (m *marks) confirm(position uint64) (at time.Time, ok bool) {
	for m.n > 0 && m.at[m.first].position <= position {
		at, ok = m.at[m.first].time, true
		m.first = (m.first + 1) % len(m.at)
		m.n--
	}
	return at, ok
}

// rate is the bytes of the last second, in tenths.
type rate struct {
	tenths [11]int
	newest int64 // number of the tenth that is being filled
}

func (r *rate) advance(since time.Duration) {
	tenth := int64(since / (100 * time.Millisecond))
	for n := min(tenth-r.newest, int64(len(r.tenths))); n > 0; n-- {
		r.tenths[(tenth-n+1)%int64(len(r.tenths))] = 0
	}
	r.newest = max(r.newest, tenth)
}

func (r *rate) add(n int, since time.Duration) {
	r.advance(since)
	r.tenths[r.newest%int64(len(r.tenths))] += n
}

// perSecond is the sum of the ten last whole tenths.
func (r *rate) perSecond(since time.Duration) int {
	r.advance(since)
	sum := 0
	for i, n := range r.tenths {
		if int64(i) != r.newest%int64(len(r.tenths)) {
			sum += n
		}
	}
	return sum
}
