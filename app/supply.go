package app

import (
	"context"
	"errors"
	"time"

	"tally/rtmpout"
)

const (
	// endPatience bounds the goodbye to a server, and drainPatience the part of it
	// in which what is queued may still leave: END takes no longer than 2 s.
	endPatience   = 1500 * time.Millisecond
	drainPatience = 600 * time.Millisecond
	// goodAfter is how long a connection must have worked to count as a success,
	// so that a server which takes us and throws us out is not hammered.
	goodAfter = 3 * time.Second
	// aMoment is how long an attempt to connect is left alone, whatever happens.
	aMoment = time.Second
	// lookEvery is how often a connection is judged.
	lookEvery = 100 * time.Millisecond
	// deafAfter is after how many connections given up for missing confirmations
	// alone these are not asked for any more.
	deafAfter = 2
)

// supply is what run knows from one connection to the next. Nobody else touches
// it.
type supply struct {
	*output
	attempts    int  // failed in a row
	onWay       int  // of these, on the present way
	wasLive     bool // in this show
	refusals    int  // in a row that only a person can help with
	gone        bool // this machine has lost its network, and not yet connected again
	unconfirmed int  // connections given up because only confirmations were missing
}

// run supplies the destination until ending is closed, or ctx ends.
func (o *output) run(ctx context.Context) {
	defer o.set(Idle, nil)
	s := &supply{output: o, wasLive: o.resumed}
	dialing, stopDialing := context.WithCancel(ctx)
	defer stopDialing()
	go func() { // END must not wait for a server that does not answer
		select {
		case <-o.ending:
			stopDialing()
		case <-dialing.Done():
		}
	}()
	for dialing.Err() == nil {
		began := time.Now()
		pub, err := s.dial(dialing)
		if err == nil {
			err = s.attend(ctx, pub)
			began = time.Now()
		} else {
			s.attempts, s.onWay = s.attempts+1, s.onWay+1
		}
		if dialing.Err() != nil || !s.wait(dialing, err, time.Since(began)) {
			return
		}
	}
}

// dial makes one attempt. It is cut short, to be made again, when the machine's
// network changes: the answer to the old one might not find us. As networks also
// change where it does not matter, an attempt has a moment first.
func (s *supply) dial(ctx context.Context) (*rtmpout.Publisher, error) {
	drain(s.shaken)
	type result struct {
		pub *rtmpout.Publisher
		err error
	}
	for {
		attempt, stop := context.WithCancel(ctx)
		done := make(chan result, 1)
		go func() {
			s.mu.Lock()
			options := s.options
			s.mu.Unlock()
			pub, err := rtmpout.Dial(attempt, s.ways[s.way], options)
			done <- result{pub, err}
		}()
		began := time.Now()
		var r result
		var cut <-chan time.Time
		for again := false; !again; {
			select {
			case r = <-done:
				stop()
				return r.pub, r.err
			case <-s.shaken:
				if cut == nil {
					cut = time.After(aMoment - time.Since(began))
				}
			case <-cut:
				again = true
			case <-s.retry:
				again = true
			}
		}
		stop()
		if r = <-done; r.err == nil || ctx.Err() != nil { // it came just in time, or the show is over
			return r.pub, r.err
		}
	}
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// attend lives through one connection and returns why it ended.
func (s *supply) attend(ctx context.Context, pub *rtmpout.Publisher) error {
	began := time.Now()
	askedKey := began
	s.needKey() // in time for the first picture that this connection is given
	s.connected(pub)
	s.gone = false
	proof := progress{deaf: s.unconfirmed >= deafAfter}
	good := began // when the connection was last in order
	defer func() {
		if good.Sub(began) >= goodAfter {
			s.attempts, s.onWay = 0, 0
		} else {
			s.attempts, s.onWay = s.attempts+1, s.onWay+1
		}
		s.wasLive = true
	}()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	patience, doubted := deadAfter, time.Time{}
	for {
		select {
		case <-pub.Done():
			return s.disconnected(pub, pub.Err())
		case <-ctx.Done():
			pub.Abort()
			return s.disconnected(pub, ctx.Err())
		case <-s.ending:
			return s.disconnected(pub, s.goodbye(ctx, pub))
		case <-s.shaken:
			if !s.alive(pub.LocalAddr()) {
				pub.Abort()
				return s.disconnected(pub, errNetworkGone)
			}
			patience, doubted = doubtAfter, time.Now()
		case now := <-look.C:
			if !doubted.IsZero() && now.Sub(doubted) > 2*deadAfter {
				patience, doubted = deadAfter, time.Time{}
			}
			since := proof.look(now, s.stats())
			quiet := now.Sub(since)
			if quiet < stallAfter {
				good = now
			}
			if quiet >= patience {
				if proof.onlyUnconfirmed(now) {
					s.unconfirmed++
				}
				pub.Abort()
				return s.disconnected(pub, &quietError{pub.Target().Host(), quiet, proof.onlyUnconfirmed(now)})
			}
			s.judge(since, quiet >= stallAfter)
			// The picture comes back soon after a drop. It takes the encoder's
			// look-ahead for a key frame to arrive.
			if pub.NeedKey() && now.Sub(askedKey) > keyPatience {
				askedKey = now
				s.needKey()
			}
		}
	}
}

// keyPatience is how often a key frame is asked for while video is dropped until
// the next one.
const keyPatience = time.Second

// goodbye ends the stream in good order, if that is possible in the time.
func (s *supply) goodbye(ctx context.Context, pub *rtmpout.Publisher) error {
	brake := time.AfterFunc(endPatience, pub.Abort)
	defer brake.Stop()
	draining, cancel := context.WithTimeout(ctx, drainPatience)
	defer cancel()
	return pub.Close(draining)
}

func (o *output) connected(pub *rtmpout.Publisher) {
	o.mu.Lock()
	o.pub, o.last, o.waitKey, o.attempt = pub, rtmpout.Stats{}, o.options.Video != nil, 0
	if o.options.Video != nil {
		o.reconfigure(pub, o.options.Video.Config) // it may be another since the attempt began
	}
	o.enter(Live, nil)
	o.mu.Unlock()
	o.changed()
}

// disconnected takes the connection's numbers over, and returns why it ended.
func (o *output) disconnected(pub *rtmpout.Publisher, err error) error {
	<-pub.Done() // its numbers are final
	o.mu.Lock()
	o.before.add(o.read())
	err = o.blame(err)
	// Time goes on where it was: viewers' players take the new connection for
	// the same stream.
	if zero := pub.Zero(); zero != nil {
		o.options.Zero = zero
	}
	o.pub = nil
	select {
	case <-o.ending:
		o.enter(Ending, nil)
	default:
		o.reconnects++
		o.enter(Reconnecting, err)
	}
	o.mu.Unlock()
	o.changed()
	return err
}

// judge lights the lamp.
func (o *output) judge(since time.Time, stalled bool) {
	now := Live
	if stalled {
		now = Stalled
	}
	o.mu.Lock()
	was := o.state
	if o.quietSince = since; was != now {
		o.enter(now, nil)
		o.losses.began(since)
	}
	o.mu.Unlock()
	if now != was {
		o.changed()
	}
}

// wait sits out the time until the next attempt; false when the show is over.
func (s *supply) wait(ctx context.Context, err error, took time.Duration) bool {
	kind := failed(err, s.attempts, s.wasLive)
	if kind == nameTaken && s.wasLive {
		err = &heldError{s.ways[s.way].Host(), err}
	}
	if s.gone = s.wasLive && (errors.Is(err, errNetworkGone) || s.gone); s.gone && noRoute(err) {
		err = errNetworkGone
	}
	state := Connecting
	if s.wasLive {
		state = Reconnecting
	}
	pause, again := backoff(kind, s.attempts, took)
	if s.refusals++; kind != refusedYet {
		s.refusals = 0
	}
	if s.refusals == 0 && s.onWay >= perWay && len(s.ways) > 1 || 0 < s.refusals && s.refusals < len(s.ways) {
		s.turn()
		pause, again = min(pause, time.Second), true
	}
	var timer <-chan time.Time
	s.mu.Lock()
	s.attempt = s.attempts + 1
	if again {
		s.retryAt, timer = time.Now().Add(pause), time.After(pause)
	} else {
		state, s.retryAt = Refused, time.Time{}
	}
	s.enter(state, err)
	s.mu.Unlock()
	s.changed()
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			return false
		case <-timer:
			waiting = false
		case <-s.retry:
			waiting = false
		case <-s.shaken:
			// A refusal does not go away with a new address, nor does the old session
			// that a server holds; a server that does not listen is asked all the time.
			waiting = kind != lineFailed
		}
	}
	if !again {
		s.refusals = 0
	}
	s.mu.Lock()
	s.retryAt = time.Time{}
	if s.state == Refused {
		s.enter(Connecting, err)
	}
	s.mu.Unlock()
	s.changed()
	return true
}

// turn takes the other way to the destination: its backup, or the server again.
func (s *supply) turn() {
	if len(s.ways) == 1 {
		return
	}
	s.mu.Lock()
	s.way = (s.way + 1) % len(s.ways)
	s.mu.Unlock()
	s.onWay = 0
}
