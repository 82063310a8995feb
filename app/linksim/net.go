// Package linksim is a bad network inside the process: connections between a
// studio and servers that have a rate, a distance, a buffer in the modem, and
// days on which nothing works. It is made for testing/synctest, where an hour of
// it takes a second and is the same every time.
//
//	net := linksim.New(1)
//	defer net.Close()
//	server, _ := rtmptest.Listen(rtmptest.Config{Listener: net.Listen("server:1935")})
//	… publish with rtmpout.Options{DialContext: net.DialContext}
//	net.Set(func(w *linksim.Weather) { w.Up = 1_900_000 })
//
// It is a model of what TCP shows to a program, not of TCP: bytes leave at the
// rate of the narrow place, in order; what does not fit waits in a buffer, and
// when that is full Write waits; after an outage bytes flow again only at TCP's
// next attempt, which comes later the longer the outage was.
package linksim

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Weather is what the network is like at a moment.
type Weather struct {
	Up, Down   int           // bit/s from and to the studio; 0: nothing passes
	Delay      time.Duration // one way
	Jitter     time.Duration // what may be added to Delay, at random; order is kept
	Buffer     int           // bytes that wait in front of the narrow place before Write does
	ReadBuffer int           // bytes that the far end takes without reading them
	NoRoute    bool          // this machine knows that it has no network: dialing fails at once
}

// Fair is a good line: 20 Mbit/s up, 15 ms to the server.
var Fair = Weather{Up: 20_000_000, Down: 50_000_000, Delay: 15 * time.Millisecond, Buffer: 64 << 10, ReadBuffer: 256 << 10}

// Net is one network. Its methods may be called from any goroutine.
type Net struct {
	mu      sync.Mutex
	weather Weather
	rng     *rand.Rand
	servers map[string]*Listener
	wires   map[*wire]struct{}
	port    int
	closed  bool
	wg      sync.WaitGroup
}

// New is a network in [Fair] weather. The seed is that of its jitter.
func New(seed uint64) *Net {
	return &Net{weather: Fair, rng: rand.New(rand.NewPCG(seed, 1)), servers: map[string]*Listener{}, wires: map[*wire]struct{}{}}
}

// Set changes the weather for what is sent from now on.
func (n *Net) Set(change func(*Weather)) {
	n.mu.Lock()
	change(&n.weather)
	n.mu.Unlock()
	n.poke()
}

// Weather is the present one.
func (n *Net) Weather() Weather {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.weather
}

// Forget makes every connection a black hole for both ends, as a router does
// that has lost its table, or a phone that has changed networks. New ones work.
func (n *Net) Forget() {
	for _, w := range n.all() {
		w.mu.Lock()
		w.dead = true
		w.mu.Unlock()
	}
	n.poke()
}

// Close ends the network: all connections, and all that Net has started.
func (n *Net) Close() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	for _, w := range n.all() {
		w.mu.Lock()
		w.over = true
		w.mu.Unlock()
	}
	n.poke()
	n.wg.Wait()
}

func (n *Net) all() []*wire {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]*wire, 0, len(n.wires))
	for w := range n.wires {
		list = append(list, w)
	}
	return list
}

func (n *Net) poke() {
	for _, w := range n.all() {
		w.poke()
	}
}

// late is the delay of something sent now.
func (n *Net) late(w *Weather) time.Duration {
	if w.Jitter <= 0 {
		return w.Delay
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return w.Delay + time.Duration(n.rng.Int64N(int64(w.Jitter)))
}

// Listen is a server's end. Closing it refuses further connections; listening
// again at the same address is the server's restart.
func (n *Net) Listen(address string) *Listener {
	l := &Listener{net: n, address: address, backlog: make(chan net.Conn, 16), done: make(chan struct{})}
	n.mu.Lock()
	n.servers[address] = l
	n.mu.Unlock()
	return l
}

// DialContext connects to a server of the network, with TCP's patience: the
// first packet is sent again after 1, 3 and 7 s.
func (n *Net) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	for again := time.Second; ; again *= 2 {
		w := n.Weather()
		if w.NoRoute {
			return nil, dialError(syscall.ENETUNREACH)
		}
		if w.Up > 0 && w.Down > 0 {
			if err := sleep(ctx, 2*n.late(&w)); err != nil {
				return nil, err
			}
			n.mu.Lock()
			l := n.servers[address]
			n.mu.Unlock()
			if l == nil || l.ended() {
				return nil, dialError(syscall.ECONNREFUSED)
			}
			if !l.silent.Load() {
				return n.connect(l)
			}
		}
		if err := sleep(ctx, again); err != nil {
			return nil, err
		}
	}
}

func dialError(no syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", no)}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

var errNetClosed = errors.New("linksim: the network is closed")

func (n *Net) connect(l *Listener) (net.Conn, error) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, errNetClosed
	}
	n.port++
	w := newWire(n, addr("studio:"+string(rune('a'+n.port%26))), addr(l.address))
	n.wires[w] = struct{}{}
	n.mu.Unlock()
	for i := range w.pipes {
		n.wg.Go(w.pipes[i].pump)
	}
	select {
	case l.backlog <- w.ends[1]:
		return w.ends[0], nil
	case <-l.done:
		w.end()
		return nil, dialError(syscall.ECONNREFUSED)
	}
}

type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }
