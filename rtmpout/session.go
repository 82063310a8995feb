package rtmpout

import (
	"context"
	"errors"
	"time"
)

// Dial connects to t and starts to publish: look-up, TCP, TLS, handshake, connect,
// createStream, publish, metadata. The decoder configurations follow with the first
// packet. Redirects are followed (at most 5, never from rtmps to rtmp) and Adobe's
// and Limelight's authentication is answered. ctx bounds all of it beside the
// time-outs in o; once Dial has returned, ctx does not matter any more.
//
// Errors are *URLError and *OptionsError for what cannot be, *Error for the rest.
func Dial(ctx context.Context, t Target, o Options) (*Publisher, error) {
	o, err := o.normal()
	if err != nil {
		return nil, err
	}
	if t.IsZero() {
		return nil, &URLError{URLEmpty}
	}
	if !t.HasKey() {
		return nil, &URLError{URLNoKey}
	}
	l, err := establish(ctx, t, &o, StepPublish, nil)
	if err != nil {
		return nil, err
	}
	return newPublisher(l, o), nil
}

// ProbeReport is what Probe found.
type ProbeReport struct {
	Steps         []StepTime // in order; the last one is the one that failed, if one did
	Target        Target     // where redirects led
	ServerVersion string
	Capabilities  Capabilities
}

// StepTime is how long a step took.
type StepTime struct {
	Step Step
	Took time.Duration
}

// Probe does what Dial does up to connect, and hangs up: nothing is published. The
// target needs no key. The report is valid also when there is an error.
func Probe(ctx context.Context, t Target, o Options) (ProbeReport, error) {
	report := ProbeReport{Target: t}
	o, err := o.normal()
	if err != nil {
		return report, err
	}
	if t.IsZero() {
		return report, &URLError{URLEmpty}
	}
	l, err := establish(ctx, t, &o, StepConnect, func(s Step, took time.Duration) {
		if s == StepDNS {
			report.Steps = report.Steps[:0] // a further connection
		}
		report.Steps = append(report.Steps, StepTime{s, took})
	})
	if err != nil {
		return report, err
	}
	report.Target, report.ServerVersion, report.Capabilities = l.target, l.server.version, l.server.caps
	l.hangUp(time.Second)
	return report, nil
}

const (
	maxRedirects   = 5
	maxConnections = maxRedirects + 4 // with those that authentication takes
)

// establish opens connections until one gets as far as last, following redirects
// and answering authentication.
func establish(ctx context.Context, t Target, o *Options, last Step, done func(Step, time.Duration)) (*link, error) {
	auth := newAuthenticator(t)
	redirects := 0
	for n := 1; ; n++ {
		l, err := open(ctx, t, o, auth, last, done)
		if err == nil {
			return l, nil
		}
		var (
			where *Error
			again *askAuth
			moved *askRedirect
		)
		if !errors.As(err, &where) {
			return nil, err
		}
		switch {
		case errors.As(err, &again):
			if cause := auth.next(again.description, t.App()); cause != nil {
				return nil, &Error{where.Step, where.Server, cause}
			}
		case errors.As(err, &moved):
			redirects++
			next, cause := t.redirect(moved.url)
			switch {
			case cause != nil:
			case o.NoRedirect:
				cause = &RedirectError{"not allowed"}
			case redirects > maxRedirects:
				cause = &RedirectError{"more than 5 in a row"}
			}
			if cause != nil {
				return nil, &Error{where.Step, where.Server, cause}
			}
			t, auth = next, newAuthenticator(next)
			if o.Redirected != nil {
				o.Redirected(t)
			}
		default:
			return nil, err
		}
		if n >= maxConnections {
			return nil, &Error{where.Step, where.Server, &AuthError{AuthFailed}}
		}
	}
}

// read takes what the server sends, from Publish.Start to the end.
func (p *Publisher) read(l *link) {
	defer close(l.readDone)
	for {
		r, err := l.receive()
		if err == nil && !l.closing.Load() {
			err = r.end()
		}
		if err != nil {
			p.lost(l, err)
			return
		}
		switch {
		case r.code == "NetConnection.Connect.ReconnectRequest":
			p.reconnectRequested(l, r)
		case r.code == "NetStream.Unpublish.Success", r.name == replyEOF:
			l.bye.Do(func() { close(l.goodbye) })
		}
		p.signal()
	}
}

// lost ends the stream when the connection that failed is the one in use.
func (p *Publisher) lost(l *link, err error) {
	p.mu.Lock()
	current, next := p.link == l, p.next == l
	if next {
		p.next, p.moving = nil, false
	}
	p.mu.Unlock()
	switch {
	case next:
		l.abort()
	case current && !l.closing.Load():
		p.fail(StepStream, err)
	}
}
