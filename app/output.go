package app

import (
	"net"
	"slices"
	"sync"
	"time"

	"tally/app/netwatch"
	"tally/encoder"
	"tally/rtmpout"
)

// output keeps one destination supplied for the length of a show: it connects,
// watches, and connects again.
//
//	           accepted             no proof for stallAfter
//	connecting ────────> live <───────────────────> stalled
//	   │  ^                │                           │
//	   │  │ wait is over   │ connection lost           │ no proof for deadAfter
//	   │  └── reconnecting <───────────────────────────┘
//	   │ refused for good      ^ retry now, the network is back
//	   └────────────────> refused
//
// run, in supply.go, is its goroutine; write is called by the show's fan-out;
// status and count by the studio's control. The other methods may be called from
// anywhere. Outputs share nothing: one that fails never disturbs another.
type output struct {
	name    string
	main    bool             // the encoder serves it
	resumed bool             // it was live before, in the part of the show that a crash has ended
	ways    []rtmpout.Target // the server, and its backup if there is one
	options rtmpout.Options
	needKey func()        // asks the encoder for a key frame
	changed func()        // tells the studio that state has changed
	ending  chan struct{} // closed: say goodbye and return
	retry   chan struct{} // one token: do not wait any longer
	shaken  chan struct{} // one token: something in this machine's network has changed
	alive   func(local net.Addr) bool

	mu         sync.Mutex
	way        int                // index in ways of the one in use
	pub        *rtmpout.Publisher // nil while not connected
	waitKey    bool               // nothing is sent before the next key frame
	state      State
	err        error // why it is not live
	attempt    int   // failed in a row
	retryAt    time.Time
	quietSince time.Time // while stalled: the last proof
	reconnects int
	before     sums          // over the connections that are over
	last       rtmpout.Stats // of pub, as last read
	losses     losses
	sleeps     netwatch.Sleeps
	wokeAt     time.Time // this computer, last; zero if never

	sent rate // bytes; this and kbps belong to control
	kbps int
}

// Refused is the state of an output that trying again cannot help: its key is
// wrong, its certificate is not trusted. It waits for RetryNow.
const Refused State = "refused"

func newOutput(name string, way rtmpout.Target, options rtmpout.Options, needKey, changed func()) *output {
	return &output{
		name: name, ways: []rtmpout.Target{way}, options: options, needKey: needKey, changed: changed, alive: netwatch.Has, sleeps: netwatch.WatchSleep(),
		ending: make(chan struct{}), retry: make(chan struct{}, 1), shaken: make(chan struct{}, 1), state: Connecting,
	}
}

// write takes over a reference to p. It never waits for the network.
func (o *output) write(p *encoder.Packet) {
	o.mu.Lock()
	pub := o.pub
	if p.Config != nil {
		o.reconfigure(pub, p.Config.Record)
	}
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

// reconfigure announces another encoder of the picture, to this connection and to
// later ones. The caller holds the lock.
func (o *output) reconfigure(pub *rtmpout.Publisher, record []byte) {
	track := *o.options.Video
	track.Config = record
	o.options.Video = &track
	if pub != nil {
		_ = pub.SetVideoConfig(0, record) // one that has ended is seen on Done
	}
}

// set changes the state, and keeps the book of what was lost.
func (o *output) set(s State, err error) {
	o.mu.Lock()
	o.enter(s, err)
	o.mu.Unlock()
	o.changed()
}

// enter is set for who holds the lock.
func (o *output) enter(s State, err error) {
	o.lookForSleep(time.Now())
	o.state, o.err = s, err
	o.losses.note(time.Now(), s, err)
}

// retryNow cuts a wait short.
func (o *output) retryNow() { token(o.retry) }

// shake says that something in this machine's network has changed: an address, a
// route, or that it has slept.
func (o *output) shake() { token(o.shaken) }

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
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
	o.lookForSleep(time.Now())
	sum := o.before
	if o.pub != nil {
		now := o.read()
		sum = o.before
		sum.add(now)
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
		Name: o.name, URL: o.ways[o.way].ServerURL(), Main: o.main, Backup: o.way > 0, State: o.state, BitrateKbps: o.kbps,
		Reconnects: o.reconnects, OffAir: Seconds(o.losses.total(time.Now())), Ack: AckStatus{AgeMs: -1},
	}
	if p := o.problem(time.Now()); !p.IsZero() {
		st.Problem, st.Cause = p, p.Title
	}
	if o.state != Live && o.state != Stalled {
		st.Attempt = o.attempt
		if wait := time.Until(o.retryAt); wait > 0 {
			st.RetryIn = Seconds(wait)
		}
	}
	if o.pub != nil {
		now := o.read()
		sum = o.before
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

// stats are the numbers of the connection.
func (o *output) stats() rtmpout.Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.read()
}

// read is stats for who holds the lock. When the stream has moved to another
// server its bytes are counted anew; those before are kept.
func (o *output) read() rtmpout.Stats {
	s := o.pub.Stats()
	if s.Moves != o.last.Moves {
		o.before.sent += int64(o.last.Sent)
		o.before.acked += int64(o.last.Acked)
	}
	o.last = s
	return s
}

// lost lists what this destination has missed so far.
func (o *output) lost() []Loss {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.losses.list)
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
