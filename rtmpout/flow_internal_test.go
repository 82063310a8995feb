package rtmpout

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// F5: bytes in flight stay true for every way in which servers count: cumulative,
// incremental, wraps at 2^32, 2^31 and 0xF0000000, with and without the handshake.
func TestF5AckStyles(t *testing.T) {
	const step, window = 60_000, 131_072
	styles := map[string]struct {
		want AckStyle
		// value is what a server sends when received bytes have come, delta after
		// its acknowledgement before.
		value func(received, delta uint64, state *uint64) uint32
	}{
		"cumulative 2^32": {AckCumulative, func(r, _ uint64, _ *uint64) uint32 { return uint32(r) }},
		"with handshake":  {AckCumulative, func(r, _ uint64, _ *uint64) uint32 { return uint32(r + 3073) }},
		"2^31 (Twitch)":   {AckCumulative, func(r, _ uint64, _ *uint64) uint32 { return uint32(r % (1 << 31)) }},
		"reset at 0xF0000000 (nginx)": {AckCumulative, func(r, _ uint64, base *uint64) uint32 {
			if r-*base >= 0xf0000000 { // noticed with each read, not when it acknowledges
				*base += 0xf0000000 + 1500
			}
			return uint32(r - *base)
		}},
		"reset to the step (SRS)": {AckCumulative, func(r, d uint64, base *uint64) uint32 {
			if r-*base > 0xf0000000 {
				*base = r - d
			}
			return uint32(r - *base)
		}},
		"increments":                   {AckIncremental, func(_, d uint64, _ *uint64) uint32 { return uint32(d) }},
		"constant increments, YouTube": {AckIncremental, func(_, _ uint64, _ *uint64) uint32 { return 120_000 }},
	}
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			var a acks
			a.style = AckNone
			var state uint64
			sent, received, acked := uint64(0), uint64(0), uint64(0)
			worst := int64(0)
			for sent < 13<<30 {
				sent += step
				received = sent - min(sent, 2*step) // on its way
				if received-acked >= window-window%step {
					delta := received - acked
					acked = received
					a.ack(style.value(received, delta, &state), sent, time.Now())
				}
				if a.acked > sent {
					t.Fatalf("%d acked of %d", a.acked, sent)
				}
				inFlight := int64(sent - a.acked)
				if sent > 10*window {
					worst = max(worst, inFlight)
				}
				if real := int64(sent - received); sent > 10*window && inFlight > real+2*window+step {
					t.Fatalf("after %d: %d in flight, really %d", sent, inFlight, real)
				}
			}
			if a.style != style.want {
				t.Errorf("style %s, want %s", a.style, style.want)
			}
			t.Logf("at most %d in flight", worst)
		})
	}
}

// F5: and over a connection, from a little before each wrap.
func TestF5Wraps(t *testing.T) {
	for name, c := range map[string]struct {
		style rtmptest.AckStyle
		start uint64
	}{
		"2^32":       {rtmptest.AckCumulative, 1<<32 - 1e6},
		"2^31":       {rtmptest.AckWrap31, 1<<31 - 1e6},
		"0xF0000000": {rtmptest.AckReset, 0xf0000000 - 1e6}, "0xF0000000, to the step": {rtmptest.AckResetDelta, 0xf0000000 - 1e6},
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := rtmptest.Listen(rtmptest.Config{Acks: c.style, AckStart: c.start})
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			target, err := ParseTarget(srv.URL("app"), "key")
			if err != nil {
				t.Fatal(err)
			}
			p, err := Dial(t.Context(), target, Options{Video: &VideoTrack{Config: []byte{1}}, WindowAckSize: 100_000})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close(t.Context())
			f := &p.link.flow
			f.mu.Lock()
			f.sent += c.start // as if so much had been sent before
			f.mu.Unlock()
			worst := uint64(0)
			for i := range 40 {
				at := time.Duration(i) * 33 * time.Millisecond
				if err := p.WriteVideo(Packet{DTS: at, PTS: at, Key: true, Data: make([]byte, 50_000)}); err != nil {
					t.Fatal(err)
				}
				for began := time.Now(); time.Since(began) < 2*time.Second; time.Sleep(time.Millisecond) {
					if s := p.Stats(); s.QueueBytes == 0 && (i < 4 || s.InFlight < 160_000) {
						break
					}
				}
				if s := p.Stats(); i >= 4 {
					worst = max(worst, s.InFlight)
				}
			}
			if s := p.Stats(); worst > 160_000 || s.AckStyle != AckCumulative || s.Acked < c.start+1_800_000 {
				t.Errorf("at most %d in flight; %+v", worst, s)
			}
		})
	}
}

// F5: numbers that fit nothing are told as such and confirm nothing.
func TestF5ImplausibleAcks(t *testing.T) {
	var a acks
	for i := range 10 {
		a.ack(uint32(3_000_000_000-i*1000), 1_000_000, time.Now())
	}
	if a.style != AckImplausible || a.acked != 0 {
		t.Errorf("%s, %d acked", a.style, a.acked)
	}
	// A total that goes back now and then is still a total.
	a = acks{}
	for i, v := range []uint32{100_000, 200_000, 300_000, 250_000, 400_000, 400_000, 500_000} {
		a.ack(v, 600_000, time.Now())
		if i > 2 && a.acked < 300_000 {
			t.Errorf("after %d: %d acked", v, a.acked)
		}
	}
	if a.acked != 500_000 || a.style != AckCumulative {
		t.Errorf("%s, %d acked", a.style, a.acked)
	}
}

// F3: Hard and Soft limits are used as section 5.4.5 says, Dynamic only after Hard.
func TestF3PeerBandwidthRules(t *testing.T) {
	type step struct {
		size uint32
		kind byte
		want int // window; 0: none is enforced
	}
	for _, steps := range [][]step{
		{{5000000, wire.LimitDynamic, 0}},
		{{200000, wire.LimitHard, 200000}, {300000, wire.LimitDynamic, 300000}},
		{{200000, wire.LimitSoft, 200000}, {100000, wire.LimitDynamic, 200000}},
		{{200000, wire.LimitHard, 200000}, {300000, wire.LimitSoft, 200000}, {100000, wire.LimitSoft, 100000}},
		{{0, wire.LimitHard, minWindow}},
		{{1000, wire.LimitHard, minWindow}, {0xffffffff, wire.LimitHard, 1<<31 - 1}},
		{{200000, 9, 0}},
	} {
		var w window
		for i, s := range steps {
			if w.limit(s.size, s.kind); w.size != s.want {
				t.Errorf("%v: after %d: %d", steps, i, w.size)
			}
		}
	}
}

// F6: enforcement ends when confirmations do not come or make no sense.
func TestF6FailOpen(t *testing.T) {
	now := time.Now()
	f := new(flow)
	f.init(&Options{WindowAckSize: 1})
	f.peerBandwidth(100_000, wire.LimitHard)
	if room, _ := f.room(now, time.Time{}); room != 100_000 {
		t.Errorf("room %d at the start", room)
	}
	f.wrote(100_000, now)
	if room, _ := f.room(now, time.Time{}); room != 0 {
		t.Errorf("room %d when full", room)
	}
	f.ack(60_000, now)
	if room, _ := f.room(now, time.Time{}); room != 60_000 {
		t.Errorf("room %d after a confirmation", room)
	}
	f.wrote(60_000, now)
	if room, expired := f.room(now.Add(confirmTimeout-1), now); room != 0 || expired {
		t.Errorf("room %d before the time-out", room)
	}
	if room, expired := f.room(now.Add(confirmTimeout), now); room != -1 || !expired {
		t.Errorf("room %d after the time-out", room)
	}
	if room, expired := f.room(now, now); room != -1 || expired {
		t.Errorf("room %d later", room)
	}
}

// F2: our own count of received bytes wraps at 2^32.
func TestF2AckWraps(t *testing.T) {
	ping := wire.AppendUserControl(nil, wire.EventPingRequest, 1)
	l := &link{rd: wire.NewReader(bufio.NewReader(bytes.NewReader(ping)), serverLimits), ackEvery: 16, countHook: 1<<32 - 10}
	l.ackedIn = l.countHook
	if _, err := l.rd.Read(); err != nil {
		t.Fatal(err)
	}
	l.acknowledge()
	want := wire.AppendControl(nil, wire.TypeAck, 18-10)
	if got := l.replies.take(nil, 100); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestRate(t *testing.T) {
	var r rate
	for ms := range 3000 {
		r.add(100, time.Duration(ms)*time.Millisecond)
	}
	if got := r.perSecond(3000 * time.Millisecond); got != 100_000 {
		t.Errorf("%d", got)
	}
	if got := r.perSecond(3500 * time.Millisecond); got != 50_000 {
		t.Errorf("%d after half a second of silence", got)
	}
	if got := r.perSecond(10 * time.Second); got != 0 {
		t.Errorf("%d later", got)
	}
}

func TestMarks(t *testing.T) {
	var m marks
	start := time.Now()
	for i := range 2000 {
		m.add(uint64(i+1)*1000, start.Add(time.Duration(i)*20*time.Millisecond))
	}
	if at, ok := m.confirm(1_999_500); !ok || at.Sub(start) != 1998*20*time.Millisecond {
		t.Errorf("%v %v", at.Sub(start), ok)
	}
	if m.n != 1 {
		t.Errorf("%d marks left", m.n)
	}
}
