package rtmpout

import (
	"net/url"
	"strings"
	"time"
)

// redirect is the target for a tcUrl that the server gave, absolute or relative to
// ours (RFC 3986 section 5; E-RTMP, Reconnect Request). The key goes with us, user
// and password only stay with the same host. Never from rtmps to rtmp.
func (t Target) redirect(reference string) (Target, error) {
	bad := &RedirectError{"the server named no usable place"}
	if len(reference) > maxURLLength || hasControl(reference) {
		return Target{}, bad
	}
	if reference == "" {
		return t, nil
	}
	base, err := url.Parse(t.ServerURL())
	if err != nil {
		return Target{}, bad
	}
	ref, err := url.Parse(strings.TrimSpace(reference))
	if err != nil {
		return Target{}, bad
	}
	next, err := ParseServer(base.ResolveReference(ref).String())
	if err != nil {
		return Target{}, bad
	}
	if t.secure && !next.secure {
		return Target{}, &RedirectError{"from an encrypted to a plain connection"}
	}
	next.app = strings.TrimSuffix(next.app, "/"+t.key()) // some name the whole URL
	s := &secret{key: t.key()}
	if next.host == t.host {
		s.user, s.password = t.credentials()
	}
	next.secret = s
	return next, nil
}

// At most maxMoves in moveWindow: whoever is sent on more often is led in circles.
const (
	maxMoves   = 5
	moveWindow = time.Minute
)

// reconnectRequested handles Reconnect Request: a new connection is made while the
// old one goes on, and takes over at a key frame.
func (p *Publisher) reconnectRequested(l *link, r reply) {
	p.mu.Lock()
	busy := p.link != l || p.moving || p.closing || p.ended || p.opts.NoRedirect
	circles := false
	if !busy {
		oldest := &p.moved[p.moves%maxMoves]
		if circles = !oldest.IsZero() && time.Since(*oldest) < moveWindow; !circles {
			p.moving, *oldest = true, time.Now()
			p.moves++
		}
	}
	p.mu.Unlock()
	if circles {
		l.warn("the server asks to reconnect for the sixth time in a minute, which is ignored")
	}
	if busy || circles {
		return
	}
	reference, _ := r.info.Get("tcUrl").(string)
	p.background.Go(func() { p.move(l, reference) })
}

// move makes the connection that takes over. When it cannot be made the old one
// goes on: the server will end it when it must.
func (p *Publisher) move(l *link, reference string) {
	target, err := l.target.redirect(reference)
	if err == nil {
		if p.opts.Redirected != nil {
			p.opts.Redirected(target)
		}
		var next *link
		if next, err = establish(p.ctx, target, &p.opts, StepPublish, nil); err == nil {
			p.mu.Lock()
			if p.ended || p.closing {
				p.mu.Unlock()
				next.abort()
				return
			}
			p.next = next
			p.background.Go(func() { p.read(next) })
			p.mu.Unlock()
			p.signal()
			return
		}
	}
	l.warn("the server asks to reconnect, which failed: %v", err)
	p.mu.Lock()
	p.moving = false
	p.mu.Unlock()
}

// takeOver goes to the next connection if there is one and the next thing to send
// is a key frame, or there is no video. The old one is closed in good order.
func (p *Publisher) takeOver() {
	next := p.next
	if next == nil || p.w.sending[laneVideo].active || p.w.sending[laneAudio].active {
		return
	}
	if p.video.exists && (p.video.ready == 0 || !p.video.at(0).Key || p.video.at(0).kind != itemFrame) {
		return
	}
	if p.audio.ready > 0 && p.video.ready > 0 && p.audio.at(0).DTS < p.video.at(0).DTS {
		return // what is earlier still belongs to the old connection
	}
	old := p.link
	p.link, p.next = next, nil
	p.counts.moves++
	p.w.blockedSince = time.Time{}
	old.closing.Store(true)
	p.suit(next)
	p.background.Go(func() {
		p.goodbye(old) // what cannot be told the old server does not matter
		p.mu.Lock()
		p.moving = false // never more than two connections at a time
		p.mu.Unlock()
	})
}
