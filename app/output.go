package app

import (
	"context"
	"sync"
	"time"

	"tally/encoder"
	"tally/rtmpout"
)

// output keeps one destination supplied for the length of a show: it connects,
// watches, and connects again.
//
//	           accepted             server silent > stallAfter
//	connecting ────────> live <───────────────────> stalled
//	   │  ^                │                           │
//	   │  │ wait is over   │ connection lost           │
//	   │  └── reconnecting <───────────────────────────┘
//	   │ refused for good      ^ retry now
//	   └────────────────> refused
//
// run is its goroutine; write is called by the show's fan-out; status by the
// studio.
type output struct {
	name    string
	target  rtmpout.Target
	options rtmpout.Options
	needKey func()        // asks the encoder for a key frame
	changed func()        // tells the studio that state has changed
	ending  chan struct{} // closed: say goodbye and return
	retry   chan struct{} // one token: do not wait any longer

	mu         sync.Mutex
	pub        *rtmpout.Publisher // nil while not connected
	waitKey    bool               // nothing is sent before the next key frame
	state      State
	err        error // why it is not live
	attempt    int
	retryAt    time.Time
	reconnects int
	before     sums // over the connections that are over
	askedKey   time.Time
	proof      progress

	sent rate // bytes; this and kbps belong to control
	kbps int
}

// Refused is the state of an output that trying again cannot help: its key is
// wrong, its certificate is not trusted. It waits for RetryNow.
const Refused State = "refused"

// endPatience bounds the goodbye to a server: END takes no longer than 2 s.
const endPatience = 1500 * time.Millisecond

func newOutput(name string, target rtmpout.Target, options rtmpout.Options, needKey, changed func()) *output {
	return &output{
		name: name, target: target, options: options, needKey: needKey, changed: changed,
		ending: make(chan struct{}), retry: make(chan struct{}, 1), state: Connecting,
	}
}

// run returns after ending is closed, or with ctx.
func (o *output) run(ctx context.Context) {
	defer o.set(Idle, nil)
	dialing, stopDialing := context.WithCancel(ctx)
	defer stopDialing()
	go func() { // END must not wait for a server that does not answer
		select {
		case <-o.ending:
			stopDialing()
		case <-dialing.Done():
		}
	}()
	for attempt := 1; ; attempt++ {
		pub, err := rtmpout.Dial(dialing, o.target, o.options)
		if err == nil {
			attempt = 0
			err = o.attend(ctx, pub)
		}
		if dialing.Err() != nil {
			return
		}
		if !o.wait(dialing, attempt, err) {
			return
		}
	}
}

// attend lives through one connection and returns why it ended.
func (o *output) attend(ctx context.Context, pub *rtmpout.Publisher) error {
	o.connected(pub)
	o.askedKey = time.Now()
	o.needKey()
	defer o.disconnected()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-pub.Done():
			return pub.Err()
		case <-ctx.Done():
			pub.Abort()
			return ctx.Err()
		case <-o.ending:
			bye, cancel := context.WithTimeout(ctx, endPatience)
			defer cancel()
			return pub.Close(bye)
		case <-look.C:
			o.judge(pub.Stats())
			o.helpDecoders(pub)
		}
	}
}

// wait sits out the time until the next attempt; false when the show is over.
func (o *output) wait(ctx context.Context, attempt int, err error) bool {
	o.mu.Lock()
	o.err, o.attempt = err, attempt+1
	var timer <-chan time.Time
	if Explain(err).Retry {
		pause := backoff(attempt + 1)
		o.retryAt = time.Now().Add(pause)
		timer = time.After(pause)
		if o.reconnects > 0 {
			o.state = Reconnecting
		}
	} else {
		o.state, o.retryAt = Refused, time.Time{}
	}
	o.mu.Unlock()
	o.changed()
	select {
	case <-ctx.Done():
		return false
	case <-timer:
	case <-o.retry:
	}
	o.mu.Lock()
	o.retryAt = time.Time{}
	if o.state == Refused {
		o.state = Connecting
	}
	o.mu.Unlock()
	o.changed()
	return true
}

// write takes over a reference to p. It never waits for the network.
func (o *output) write(p *encoder.Packet) {
	o.mu.Lock()
	pub := o.pub
	if pub == nil || o.waitKey && (p.Track == encoder.AudioTrack || !p.Key) {
		o.mu.Unlock()
		p.Release()
		return
	}
	o.waitKey = false
	o.mu.Unlock()
	out := rtmpout.Packet{DTS: p.DTS, PTS: p.PTS, Key: p.Key, Data: p.Data, Owner: p}
	var err error
	if p.Track == encoder.VideoTrack {
		err = pub.WriteVideo(out)
	} else {
		err = pub.WriteAudio(out)
	}
	// The publisher has the packet, whatever it answers; when it has failed,
	// attend sees that on Done.
	_ = err
}

func (o *output) connected(pub *rtmpout.Publisher) {
	o.mu.Lock()
	o.pub, o.waitKey, o.attempt, o.err = pub, o.options.Video != nil, 0, nil
	o.state, o.proof = Live, progress{}
	o.mu.Unlock()
	o.changed()
}

func (o *output) disconnected() {
	o.mu.Lock()
	o.before.add(o.pub.Stats())
	// Time goes on where it was: viewers' players take the new connection for
	// the same stream.
	o.options.Zero = o.pub.Zero()
	o.pub = nil
	select {
	case <-o.ending:
		o.state = Ending
	default:
		o.reconnects++
		o.state = Reconnecting
	}
	o.mu.Unlock()
	o.changed()
}

// judge turns numbers into live or stalled.
func (o *output) judge(s rtmpout.Stats) {
	o.mu.Lock()
	was := o.state
	if o.proof.ok(time.Now(), s) {
		o.state = Live
	} else {
		o.state = Stalled
	}
	now := o.state
	o.mu.Unlock()
	if now != was {
		o.changed()
	}
}

// keyPatience is how often a key frame is asked for while video is dropped until
// the next one: it takes the encoder's look-ahead to arrive.
const keyPatience = time.Second

// helpDecoders brings the picture back soon after a drop.
func (o *output) helpDecoders(pub *rtmpout.Publisher) {
	if pub.NeedKey() && time.Since(o.askedKey) > keyPatience {
		o.askedKey = time.Now()
		o.needKey()
	}
}

func (o *output) set(s State, err error) {
	o.mu.Lock()
	o.state, o.err = s, err
	o.mu.Unlock()
	o.changed()
}

// retryNow cuts a wait short.
func (o *output) retryNow() {
	select {
	case o.retry <- struct{}{}:
	default:
	}
}

// now is the state alone.
func (o *output) now() (State, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state, o.err
}

// count reads the rates. Control's tick calls it, nobody else.
func (o *output) count(now time.Duration) {
	o.mu.Lock()
	sum := o.before
	if o.pub != nil {
		sum.add(o.pub.Stats())
	}
	o.mu.Unlock()
	o.sent.total.Store(sum.sent)
	o.kbps = kbps(o.sent.tick(now))
}

// status is what a snapshot says of the output. Control calls it, nobody else.
func (o *output) status() OutputStatus {
	o.mu.Lock()
	defer o.mu.Unlock()
	sum := o.before
	st := OutputStatus{
		Name: o.name, URL: o.target.ServerURL(), State: o.state, BitrateKbps: o.kbps,
		Reconnects: o.reconnects, Ack: AckStatus{AgeMs: -1},
	}
	if o.err != nil {
		st.Problem = Explain(o.err)
		st.Cause = st.Problem.Title
	}
	if o.state != Live && o.state != Stalled {
		st.Attempt = o.attempt
		if wait := time.Until(o.retryAt); wait > 0 {
			st.RetryIn = Seconds(wait)
		}
	}
	if o.pub != nil {
		now := o.pub.Stats()
		sum.add(now)
		st.QueueMs = int(now.QueueAge.Milliseconds())
		st.KernelBytes = max(0, now.Kernel)
		st.RTTMs = int(now.RTT.Milliseconds())
		st.Ack.Window, st.Ack.InFlight, st.Ack.Style = now.Window, int64(now.InFlight), string(now.AckStyle)
		if now.AckAge >= 0 {
			st.Ack.AgeMs = int(now.AckAge.Milliseconds())
		}
	}
	st.SentBytes, st.Ack.AckedBytes, st.Dropped = sum.sent, sum.acked, sum.dropped
	return st
}

// sums are what adds up over the connections of a show.
type sums struct {
	sent, acked int64
	dropped     int
}

func (s *sums) add(st rtmpout.Stats) {
	s.sent += int64(st.Sent)
	s.acked += int64(st.Acked)
	s.dropped += st.Dropped
}
