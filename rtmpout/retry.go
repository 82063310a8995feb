package rtmpout

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"
)

// Retryable tells whether trying again by itself can help. It cannot after what
// only a person can change (URL, options, certificate, password, a key that the
// server denies), nor after the end that the caller asked for: Close, Abort, or a
// cancelled context.
func Retryable(err error) bool {
	var (
		url      *URLError
		options  *OptionsError
		tls      *TLSError
		auth     *AuthError
		redirect *RedirectError
		other    *NotRTMPError
		refused  *RejectedError
		dns      *net.DNSError
	)
	switch {
	case err == nil, errors.Is(err, ErrClosed), errors.Is(err, ErrAborted), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &url), errors.As(err, &options), errors.As(err, &auth), errors.As(err, &redirect), errors.As(err, &other):
		return false
	case errors.As(err, &tls):
		return tls.Reason == TLSOther || tls.Reason == TLSNoAnswer
	case errors.As(err, &refused):
		switch refused.Code {
		case "NetStream.Publish.Denied", "NetStream.Publish.Rejected", "NetConnection.Connect.InvalidApp":
			return false
		}
		return true
	case errors.As(err, &dns):
		return true // also "no such host": the network may be back soon
	}
	return true
}

// Backoff gives the times to wait between attempts. The zero value begins with about
// a second and waits about half a minute at most.
type Backoff struct {
	First, Max time.Duration // give or take a tenth; 1 s and 30 s when 0
	attempt    int
	random     func() float64 // tests; [0,1)
}

// badNameRetry is tried first after the server says that the name is in use: most
// often by our own lost connection, which nginx-rtmp keeps for its timeout of 60 s.
const badNameRetry = 5 * time.Second

// Next is how long to wait after an attempt that ended with err; false when no
// attempt should follow. Each time is longer than the one before by half, with a
// jitter of a tenth so that many clients do not come back together.
func (b *Backoff) Next(err error) (time.Duration, bool) {
	if !Retryable(err) {
		return 0, false
	}
	first, limit := b.First, b.Max
	if first <= 0 {
		first = time.Second
	}
	if limit <= 0 {
		limit = 30 * time.Second
	}
	wait := float64(first)
	for range min(b.attempt, 64) {
		wait *= 1.5
	}
	b.attempt++
	var refused *RejectedError
	if errors.As(err, &refused) && refused.Code == "NetStream.Publish.BadName" {
		wait = max(wait, float64(badNameRetry))
	}
	wait = min(wait, float64(limit))
	random := rand.Float64
	if b.random != nil {
		random = b.random
	}
	return time.Duration(wait * (0.9 + 0.2*random())), true
}

// Reset begins anew, after a connection that was good for a while.
func (b *Backoff) Reset() { b.attempt = 0 }
