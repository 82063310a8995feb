// Package netwatch tells when something changes in the way from this machine to
// the world: an interface comes or goes, an address or a route changes, the
// machine wakes from sleep. It tells only that; [Has] answers whether a
// connection can have survived it, and [Sleeps] for how long it slept.
package netwatch

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// settle is how long events are collected before they are told: a change of
// networks makes a dozen of them.
const settle = 150 * time.Millisecond

// sleepEvery is how often the clocks are compared, and slept by how much the one
// that counts sleep must have gained for it to have been sleep.
const (
	sleepEvery = time.Second
	slept      = 2 * time.Second
)

// Run calls changed after each change, until ctx ends. changed must not block.
func Run(ctx context.Context, changed func()) error {
	events := make(chan struct{}, 1)
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { failed <- listen(ctx, func() { token(events) }) }()
	defer func() { cancel(); <-failed }()

	clocks := time.NewTicker(sleepEvery)
	defer clocks.Stop()
	sleeps := WatchSleep()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			failed <- err // for the deferred wait
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		case <-clocks.C:
			if sleeps.Since() > 0 {
				changed()
			}
		case <-events:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(settle):
			}
			drain(events)
			changed()
		}
	}
}

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// reading is two clocks at one moment: one that stands still while the machine
// sleeps, and one that does not.
type reading struct{ awake, all time.Duration }

// sleptSince is for how long it slept; 0 for less than counts.
func (r reading) sleptSince(before reading) time.Duration {
	if gap := (r.all - before.all) - (r.awake - before.awake); gap >= slept {
		return gap
	}
	return 0
}

// Sleeps measures for how long the machine has slept. It is for one goroutine.
type Sleeps struct{ last reading }

// WatchSleep begins to.
func WatchSleep() Sleeps { return Sleeps{read()} }

// Since is for how long the machine has slept since the last call, or since
// WatchSleep. Sleep of less than two seconds does not count.
func (s *Sleeps) Since() time.Duration {
	now := read()
	d := now.sleptSince(s.last)
	s.last = now
	return d
}

// Has tells whether a local address of a connection is still one of this
// machine's, on an interface that is up: without that the connection cannot live.
// A cable that is out, or a carrier that is lost, it survives for a while. When
// nothing can be known it is true.
func Has(local net.Addr) bool {
	tcp, ok := local.(*net.TCPAddr)
	if !ok {
		return true
	}
	ip := tcp.AddrPort().Addr().Unmap()
	interfaces, err := net.Interfaces()
	if err != nil {
		return true
	}
	for _, i := range interfaces {
		addrs, err := i.Addrs()
		if err != nil {
			return true
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == ip {
				return i.Flags&net.FlagUp != 0
			}
		}
	}
	return false
}
