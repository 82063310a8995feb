package linksim

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// wire is one connection: two ends and a pipe in each direction.
type wire struct {
	net     *Net
	mu      sync.Mutex // guards everything of the wire
	pipes   [2]pipe    // 0: from the studio, 1: to it
	ends    [2]*Conn
	running int  // pumps; guarded by the net's lock
	dead    bool // nothing passes any more, and nobody is told
	over    bool // the network is closed
}

func newWire(n *Net, studio, server addr) *wire {
	w := &wire{net: n, running: 2}
	for i := range w.pipes {
		w.pipes[i] = pipe{wire: w, up: i == 0, work: token(), data: token(), room: token()}
	}
	for i := range w.ends {
		w.ends[i] = &Conn{wire: w, out: &w.pipes[i], in: &w.pipes[1-i]}
	}
	w.ends[0].local, w.ends[0].remote = studio, server
	w.ends[1].local, w.ends[1].remote = server, studio
	return w
}

func token() chan struct{} { return make(chan struct{}, 1) }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (w *wire) poke() {
	for i := range w.pipes {
		poke(w.pipes[i].work)
		poke(w.pipes[i].data)
		poke(w.pipes[i].room)
	}
}

func (w *wire) end() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.poke()
}

// Conn is one end of a connection. One goroutine may read and one write at a
// time.
type Conn struct {
	wire          *wire
	in, out       *pipe
	local, remote addr

	closed               bool // by us
	linger               bool // closing resets
	readBy, writeBy      time.Time
	readTimer, sendTimer *time.Timer
}

// Read waits for bytes from the other end.
func (c *Conn) Read(b []byte) (int, error) {
	p := c.in
	for {
		c.wire.mu.Lock()
		now := time.Now()
		wait := time.Duration(-1)
		switch {
		case c.closed || c.wire.over:
			c.wire.mu.Unlock()
			return 0, net.ErrClosed
		case p.resetAt(now):
			c.wire.mu.Unlock()
			return 0, syscall.ECONNRESET
		case expired(c.readBy, now):
			c.wire.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case len(p.flying) > 0 && !p.flying[0].at.After(now):
			n := p.take(b, now)
			c.wire.mu.Unlock()
			poke(p.work)
			return n, nil
		case len(p.flying) > 0:
			wait = p.flying[0].at.Sub(now)
		case p.fin && !p.finAt.After(now):
			c.wire.mu.Unlock()
			return 0, io.EOF
		case p.fin:
			wait = p.finAt.Sub(now)
		}
		if p.reset {
			wait = sooner(wait, p.brokenAt.Sub(now))
		}
		if !c.readBy.IsZero() {
			wait = sooner(wait, c.readBy.Sub(now))
		}
		if c.readTimer == nil {
			c.readTimer = time.NewTimer(time.Hour)
		}
		t := c.readTimer
		c.wire.mu.Unlock()
		await(p.data, t, wait)
	}
}

// Write waits while the buffer in front of the narrow place is full.
func (c *Conn) Write(b []byte) (int, error) {
	p, done := c.out, 0
	for {
		capacity := c.wire.net.Weather().Buffer
		c.wire.mu.Lock()
		now := time.Now()
		switch {
		case c.closed || c.wire.over:
			c.wire.mu.Unlock()
			return done, net.ErrClosed
		case c.in.resetAt(now):
			c.wire.mu.Unlock()
			return done, syscall.EPIPE
		case expired(c.writeBy, now):
			c.wire.mu.Unlock()
			return done, os.ErrDeadlineExceeded
		}
		if room := capacity - len(p.waiting); room > 0 && done < len(b) {
			k := min(room, len(b)-done)
			p.waiting = append(p.waiting, b[done:done+k]...)
			p.written += int64(k)
			done += k
			poke(p.work)
		}
		if done == len(b) {
			c.wire.mu.Unlock()
			return done, nil
		}
		wait := time.Duration(-1)
		if !c.writeBy.IsZero() {
			wait = c.writeBy.Sub(now)
		}
		if c.in.reset {
			wait = sooner(wait, c.in.brokenAt.Sub(now))
		}
		if c.sendTimer == nil {
			c.sendTimer = time.NewTimer(time.Hour)
		}
		t := c.sendTimer
		c.wire.mu.Unlock()
		await(p.room, t, wait)
	}
}

func expired(by, now time.Time) bool { return !by.IsZero() && !by.After(now) }

// sooner is the smaller of two waits, of which a negative one is for ever.
func sooner(a, b time.Duration) time.Duration {
	if b = max(b, 0); a < 0 {
		return b
	}
	return min(a, b)
}

// await waits for a token or, unless d is negative, that long.
func await(c chan struct{}, t *time.Timer, d time.Duration) {
	if d < 0 {
		<-c
		return
	}
	t.Reset(d)
	select {
	case <-c:
	case <-t.C:
	}
}

// Unsent is how many written bytes the other end's TCP has not confirmed.
func (c *Conn) Unsent() int {
	back := c.wire.net.Weather()
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	c.out.confirm(time.Now(), &back)
	return int(c.out.written - c.out.confirmed)
}

// SetLinger with 0 makes Close a reset, as on a TCP connection.
func (c *Conn) SetLinger(seconds int) error {
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	c.linger = seconds == 0
	return nil
}

// CloseWrite sends the end of the stream behind what waits.
func (c *Conn) CloseWrite() error {
	c.wire.mu.Lock()
	c.out.ending = true
	c.wire.mu.Unlock()
	poke(c.out.work)
	return nil
}

// Close ends the connection in order, or by a reset if SetLinger asked for that.
func (c *Conn) Close() error {
	weather := c.wire.net.Weather()
	c.wire.mu.Lock()
	if c.closed {
		c.wire.mu.Unlock()
		return net.ErrClosed
	}
	c.closed = true
	p := c.out
	p.ending = true
	if rate := p.rate(&weather); c.linger {
		p.waiting = nil
		p.dropped = true
		if rate > 0 && !c.wire.dead { // a reset is sent once
			p.reset, p.brokenAt = true, time.Now().Add(weather.Delay)
		}
	}
	c.wire.mu.Unlock()
	c.wire.poke()
	return nil
}

// pumped is called when one direction is over.
func (n *Net) pumped(w *wire) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w.running--; w.running == 0 {
		delete(n.wires, w)
	}
}

// LocalAddr and RemoteAddr are the two ends.
func (c *Conn) LocalAddr() net.Addr  { return c.local }
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	c.wire.mu.Lock()
	c.readBy, c.writeBy = t, t
	c.wire.mu.Unlock()
	poke(c.in.data)
	poke(c.out.room)
	return nil
}

// SetReadDeadline is when a Read that waits fails.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.wire.mu.Lock()
	c.readBy = t
	c.wire.mu.Unlock()
	poke(c.in.data)
	return nil
}

// SetWriteDeadline is when a Write that waits fails.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.wire.mu.Lock()
	c.writeBy = t
	c.wire.mu.Unlock()
	poke(c.out.room)
	return nil
}
