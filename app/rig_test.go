package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tally/app/adapt"
	"tally/app/linksim"
	"tally/encoder"
	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// rig is a show without devices, in simulated time: an encoder that makes
// packets of the right sizes, the outputs and the adaptation of the real program,
// and servers behind a simulated network.
type rig struct {
	t       testing.TB
	net     *linksim.Net
	began   time.Time
	budget  budget
	outputs []*output
	lost    []*atomic.Pointer[rtmpout.Publisher] // each output's connection whose address is gone
	force   atomic.Bool
	motion  atomic.Int64 // percent of the bitrate that the picture needs; 0 counts as 100
	fps     int
	ending  chan struct{}
	media   sync.WaitGroup
	running sync.WaitGroup
	cancel  context.CancelFunc
	ctx     context.Context
	mu      sync.Mutex      // guards what follows
	targets []adapt.Target  // each look's
	lamps   []State         // each look's, of the first output
	since   []time.Duration // when that output was last connected
}

const (
	rigBitrate = 2_500_000
	rigAudio   = 160_000
)

// inRig runs f in a bubble of simulated time, and ends everything after it.
func inRig(t *testing.T, seed uint64, f func(*rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, net: linksim.New(seed), began: time.Now(), ending: make(chan struct{}), fps: 30}
		r.budget.chosen.Store(rigBitrate)
		r.budget.bitrate.Store(rigBitrate)
		r.budget.adapts.Store(true)
		r.ctx, r.cancel = context.WithCancel(context.Background())
		defer r.net.Close()
		f(r)
	})
}

// sleep lets simulated time pass.
func (r *rig) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// to adds a destination; more are its backups.
func (r *rig) to(name string, more ...string) *output {
	way := func(name string) rtmpout.Target {
		to, err := rtmpout.ParseTarget("rtmp://"+name+":1935/live", testKey)
		if err != nil {
			r.t.Fatal(err)
		}
		return to
	}
	o := newOutput(name, way(name), rtmpout.Options{
		Video:       &rtmpout.VideoTrack{Config: []byte{1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 0, 1, 0, 0}, Width: 1280, Height: 720, FPS: 30},
		Audio:       &rtmpout.AudioTrack{Config: []byte{0x11, 0x90}, Rate: 48000, Channels: 2},
		DialContext: r.net.DialContext, Interleave: -1, QueueTime: queueTime, WindowAckSize: (rigBitrate + rigAudio) / 8 / 4,
	}, func() { r.force.Store(true) }, func() {})
	for _, m := range more {
		o.ways = append(o.ways, way(m))
	}
	lost := &atomic.Pointer[rtmpout.Publisher]{}
	r.lost = append(r.lost, lost)
	o.alive = func(net.Addr) bool {
		_, pub := o.look()
		return pub != lost.Load()
	}
	o.main = len(r.outputs) == 0
	r.outputs = append(r.outputs, o)
	return o
}

// goLive starts the show.
func (r *rig) goLive() {
	for _, o := range r.outputs {
		r.running.Go(func() { o.run(r.ctx) })
	}
	a := adaptTo(r.outputs, &r.budget, 1280, 720, 30, rigAudio)
	r.media.Go(func() {
		look := time.NewTicker(adaptEvery)
		defer look.Stop()
		var last *rtmpout.Publisher
		var since time.Duration
		for {
			select {
			case <-r.ending:
				return
			case <-look.C:
				a.look(time.Since(r.began))
				lamp, pub := r.outputs[0].look()
				if pub != last {
					last, since = pub, time.Since(r.began)
				}
				r.mu.Lock()
				r.lamps, r.since = append(r.lamps, lamp), append(r.since, since)
				r.targets = append(r.targets, adapt.Target{Bitrate: int(r.budget.bitrate.Load()), Pace: int(r.budget.pace.Load()), Reason: *r.budget.reason.Load()})
				r.mu.Unlock()
			}
		}
	})
	r.media.Go(r.encode)
}

// look is the state and the connection.
func (o *output) look() (State, *rtmpout.Publisher) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state, o.pub
}

// granted is what the picture was allowed at each look so far.
func (r *rig) granted() []adapt.Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.targets)
}

// encode makes a picture each 1/fps and sound each 21.3 ms, until the end.
func (r *rig) encode() {
	const sound = 1024 * time.Second / 48000
	frame := time.Second / time.Duration(r.fps)
	nextV, nextA := time.Duration(0), time.Duration(0)
	var lastKey time.Duration
	for n := 0; ; {
		at := min(nextV, nextA)
		select {
		case <-r.ending:
			return
		case <-time.After(at - time.Since(r.began)):
		}
		if nextA <= nextV {
			r.hand(encoder.AudioTrack, nextA, rigAudio/8*int(sound)/int(time.Second), true)
			nextA += sound
			continue
		}
		if pace := r.budget.pace.Load(); pace > 1 && n%int(pace) != 0 && !r.force.Load() {
			n++
			nextV += frame
			continue
		}
		key := n == 0 || r.force.Swap(false) || nextV-lastKey >= 2*time.Second
		mean := float64(r.budget.bitrate.Load()) / 8 / float64(r.fps) * float64(max(1, r.budget.pace.Load()))
		if m := r.motion.Load(); m > 0 {
			mean *= float64(m) / 100
		}
		size := mean * 0.9 // with key frames of 6 times that, 60 pictures apart
		if key {
			lastKey, size = nextV, mean*6
		}
		r.hand(encoder.VideoTrack, nextV, int(size), key)
		n++
		nextV += frame
	}
}

// hand gives a packet to all outputs. It holds its capture time.
func (r *rig) hand(track encoder.Track, at time.Duration, size int, key bool) {
	// With a reference of our own: else the first output that is done with it would give
	// it to the encoders' pool while the next one still gets it.
	p := (&encoder.Packet{Track: track, PTS: at, DTS: at, Key: key, Data: make([]byte, max(size, 16))}).Retain()
	defer p.Release()
	binary.BigEndian.PutUint64(p.Data, uint64(at))
	before := time.Now()
	for _, o := range r.outputs {
		o.write(p.Retain())
	}
	if waited := time.Since(before); waited > 0 {
		r.t.Errorf("an output held up the show, and with it the recording, for %v", waited)
	}
}

// end ends the show and tells how long that took.
func (r *rig) end() time.Duration {
	began := time.Now()
	close(r.ending)
	r.media.Wait()
	for _, o := range r.outputs {
		close(o.ending)
	}
	r.running.Wait()
	r.cancel()
	return time.Since(began)
}

// state waits until the output is in that state, and tells how long it took.
func (r *rig) state(o *output, want State, within time.Duration) time.Duration {
	r.t.Helper()
	began := time.Now()
	for {
		synctest.Wait()
		got, err := o.now()
		if got == want {
			return time.Since(began)
		}
		if time.Since(began) > within {
			r.t.Fatalf("%v: after %v %s is %s (%v), not %s", time.Since(r.began), within, o.name, got, err, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// farEnd is a server: it holds a key until the connection that had it is over,
// as nginx does.
type farEnd struct {
	rig    *rig
	name   string
	config rtmptest.Config
	listen *linksim.Listener
	server *rtmptest.Server

	mu        sync.Mutex
	busy      bool
	forgiving bool // a new connection takes over the name of an old one
	refuse    error
	slow      int // bytes a second that it reads; 0: all
	frames    []arrival
	sessions  int
	zero      *time.Duration  // capture time of timestamp 0; servers of one output share it
	waits     []time.Duration // of each session, from its beginning to the capture of its first picture
	faults    []string
}

// arrival is one picture at a server.
type arrival struct {
	at    time.Duration // since the rig began
	delay time.Duration // since its capture
	size  int
}

// serve starts a server under that name.
func (r *rig) serve(name string, acks rtmptest.AckStyle) *farEnd {
	unset := time.Duration(-1)
	f := &farEnd{rig: r, name: name, zero: &unset}
	f.config = rtmptest.Config{Acks: acks, Publish: f.publish}
	f.start()
	return f
}

func (f *farEnd) start() {
	f.listen = f.rig.net.Listen(f.name + ":1935")
	f.config.Listener = f.listen
	server, err := rtmptest.Listen(f.config)
	if err != nil {
		f.rig.t.Fatal(err)
	}
	f.server = server
}

func (f *farEnd) publish(rtmptest.Publication) (rtmptest.Receiver, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.refuse != nil:
		return nil, f.refuse
	case f.busy && !f.forgiving:
		return nil, &rtmptest.Reject{Code: badName, Description: "Already publishing"}
	}
	f.busy = true
	f.sessions++
	return &session{farEnd: f, began: time.Since(f.rig.began), last: [2]int64{-1, -1}}, nil
}

// session is one connection to a server.
type session struct {
	*farEnd
	began  time.Duration
	last   [2]int64 // ms
	framed bool     // a picture has come
}

func (s *session) Message(m rtmptest.Message) error {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow > 0 {
		time.Sleep(time.Duration(len(m.Data)) * time.Second / time.Duration(slow))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	track := 0
	switch m.Type {
	case rtmptest.TypeVideo:
	case rtmptest.TypeAudio:
		track = 1
	default:
		return nil
	}
	if ms := int64(m.Time); ms < s.last[track] {
		s.fault("time went back from %d to %d ms", s.last[track], ms)
	} else {
		s.last[track] = ms
	}
	if m.Type != rtmptest.TypeVideo || m.Data[1] == 0 {
		return nil
	}
	if !s.framed && m.Data[0]>>4 != 1 {
		s.fault("session %d begins without a key frame", s.sessions)
	}
	captured := time.Duration(binary.BigEndian.Uint64(m.Data[5:]))
	if !s.framed {
		s.waits = append(s.waits, captured-s.began)
	}
	s.framed = true
	zero := captured - time.Duration(m.Time)*time.Millisecond
	if *s.zero < 0 {
		*s.zero = zero
	} else if (zero - *s.zero).Abs() > 2*time.Millisecond {
		s.fault("captured at %v, stamped %d ms: time does not go on where it was", captured, m.Time)
	}
	now := time.Since(s.rig.began)
	s.frames = append(s.frames, arrival{now, now - captured, len(m.Data)})
	return nil
}

func (s *session) End(error) {
	s.mu.Lock()
	s.busy = false
	s.mu.Unlock()
}

func (f *farEnd) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// crash ends the server; its connections are reset if the network lets it.
func (f *farEnd) crash() {
	f.server.Cut()
	f.server.Close()
}

// seen sums up what came from one moment to another.
type seen struct {
	worst   time.Duration // delay from capture to the server
	offAir  time.Duration // gaps of more than half a second between pictures
	bitrate float64       // bit/s of pictures
	first   time.Duration // when the first picture came; -1: none did
}

func (f *farEnd) seen(from, to time.Duration) seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := seen{first: -1}
	last, sum := from, 0
	gap := func(at time.Duration) {
		if at-last > 500*time.Millisecond {
			s.offAir += at - last
		}
		last = at
	}
	for _, a := range f.frames {
		if a.at < from || a.at > to {
			continue
		}
		if s.first < 0 {
			s.first = a.at
		}
		gap(a.at)
		s.worst = max(s.worst, a.delay)
		sum += a.size
	}
	gap(to)
	s.bitrate = float64(sum) * 8 / (to - from).Seconds()
	return s
}

// fine reports what a server must never see, and closes it.
func (f *farEnd) close() {
	f.server.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, s := range f.faults {
		if i < 5 {
			f.rig.t.Errorf("%s: %s", f.name, s)
		}
	}
}

var errDenied = &rtmptest.Reject{Code: "NetStream.Publish.Denied", Description: "bad key"}
