package rtmpout_test

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// slowLink is a network of a given speed, without buffers of its own.
type slowLink struct{ rate float64 } // bytes per second

type slowConn struct {
	net.Conn // not *net.TCPConn: its writev would go past Write
	rate     float64
	ready    time.Time
}

func (l *slowLink) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &slowConn{c, l.rate, time.Now()}, nil
}

func (c *slowConn) Write(b []byte) (int, error) {
	if now := time.Now(); c.ready.Before(now) {
		c.ready = now
	}
	c.ready = c.ready.Add(time.Duration(float64(len(b)) / c.rate * float64(time.Second)))
	time.Sleep(time.Until(c.ready))
	return c.Conn.Write(b)
}

// counter counts releases.
type counter struct{ n atomic.Int64 }

func (c *counter) Release() { c.n.Add(1) }

func (c *counter) get() int { return int(c.n.Load()) }
