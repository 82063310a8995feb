package app

import (
	"errors"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"tally/rtmpout"
)

// failure is what an attempt to connect, or a connection, ended with, as far as
// it says how to go on.
type failure uint8

const (
	lineFailed failure = iota // the way to the server, or the server, does not work
	nobodyHome                // the machine is there, but nothing listens: the server is restarting
	nameTaken                 // the server says that somebody is live with this key
	refusedNow                // the server does not want us any more, although it did a moment ago
	refusedYet                // the server does not want us, and never did: only a person can help
)

// failed tells the kinds of failure apart, of which there were so many in a row.
// wasLive: this destination has taken the show before, with the same key.
func failed(err error, attempts int, wasLive bool) failure {
	if r, ok := errors.AsType[*rtmpout.RejectedError](err); ok && r.Code == badName {
		return nameTaken
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nobodyHome
	case Explain(err).Retry:
		return lineFailed
	case hungUp(err) && attempts < manyHangUps:
		return lineFailed
	case wasLive:
		return refusedNow
	}
	return refusedYet
}

// manyHangUps is how often in a row a server may hang up without a word, while it
// is offered the key, until that counts as a refusal. Some servers say no like
// that; but a server that restarts, a balancer and a bad line do the same, and far
// more often to somebody who was live a moment ago with this key. Two more attempts
// cost a wrong key a few seconds; a refusal that is none would cost a streamer ten.
const manyHangUps = 3

func hungUp(err error) bool {
	_, ok := errors.AsType[*rtmpout.ClosedError](err)
	return ok
}

const badName = "NetStream.Publish.BadName"

// steps are the waits before the second, third, … attempt in a row; the last one
// stays. They are short, because a streamer would rather be back than be polite.
// After a connection that was good, the first attempt follows at once.
//
// Where nobody listens, an attempt is one packet and its answer, so there can be
// many: a server that was restarted gets the show back within a second. An old
// session of ours that a server still holds goes away when the server notices,
// after a minute or two; asking is only useful now and then. A refusal is not
// hammered.
var steps = map[failure][]time.Duration{
	lineFailed: {1 * time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second},
	nobodyHome: {600 * time.Millisecond},
	nameTaken:  {2 * time.Second, 3 * time.Second, 5 * time.Second},
	refusedNow: {10 * time.Second, 20 * time.Second, 30 * time.Second},
}

// manyNobodies is after how many attempts a server that does not listen counts
// as one that will not do so soon.
const manyNobodies = 100

// backoff is how long to wait after the given number of failed attempts in a
// row, of which the last took as long as said; false: until a person wants to
// try again. A jitter of a fifth keeps thousands of studios from knocking at a
// restarted server in the same instant.
func backoff(f failure, attempts int, took time.Duration) (time.Duration, bool) {
	waits, ok := steps[f]
	if !ok {
		return 0, false
	}
	if attempts == 0 {
		if f == nameTaken || f == refusedNow { // told so while live: it will not take us back at once
			attempts = 1
		} else {
			return 0, true
		}
	}
	if f == nobodyHome && attempts > manyNobodies {
		waits = steps[lineFailed]
	}
	d := waits[min(attempts, len(waits))-1]
	d += time.Duration((rand.Float64() - 0.5) * 0.4 * float64(d))
	if f == lineFailed {
		// An attempt that waited for an answer has waited already.
		d = max(d-took, 100*time.Millisecond)
	}
	return d, true
}

// perWay is how many attempts a server gets before its backup is tried, and the
// other way round.
const perWay = 2

// noRoute tells an attempt that failed because this machine has no network: the
// operating system tells when it has one again.
func noRoute(err error) bool {
	if d, ok := errors.AsType[*net.DNSError](err); ok && d.IsTemporary {
		return true
	}
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETDOWN)
}
