package linksim

import (
	"net"
	"sync"
	"sync/atomic"
)

// Listener is where a server gets its connections from.
type Listener struct {
	net     *Net
	address string
	backlog chan net.Conn
	done    chan struct{}
	once    sync.Once
	silent  atomic.Bool
}

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Silence makes the server answer nobody who connects, as a machine that is off.
func (l *Listener) Silence(on bool) { l.silent.Store(on) }

// Close refuses further connections. Those that exist stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *Listener) ended() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// Addr is the address that Listen was given.
func (l *Listener) Addr() net.Addr { return addr(l.address) }
