package rtmpout_test

import (
	"fmt"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// live is a scripted server from Publish.Start on.
func live(t testing.TB, f func(c *rtmptest.Conn) error) *rtmptest.Server {
	return scripted(t, func(c *rtmptest.Conn) error {
		if _, err := c.Accept(); err != nil {
			return err
		}
		return f(c)
	})
}

func next(c *rtmptest.Conn, kind uint8) (uint32, error) {
	for {
		m, err := c.ReadMessage()
		if err != nil {
			return 0, err
		}
		if m.Type == kind {
			v, _ := m.Uint32()
			return v, nil
		}
	}
}

// F1 F2: what we receive is acknowledged with the number of bytes so far, at the
// latest when the server's window is full.
func TestF1Acknowledges(t *testing.T) {
	srv := live(t, func(c *rtmptest.Conn) error {
		c.WriteControl(wire.TypeWindowAckSize, 0) // ignored
		c.WriteControl(wire.TypeWindowAckSize, 5000)
		written, last := 0, uint32(500) // the dialogue before
		for range 6 {
			data := raw(rtmptest.Message{ChunkStream: 5, Type: wire.TypeData, Data: make([]byte, 2500)}, c.ChunkSize)
			written += len(data)
			c.WriteRaw(data)
			time.Sleep(20 * time.Millisecond)
			if written < 5000 {
				continue
			}
			v, err := next(c, wire.TypeAck)
			if err != nil {
				return err
			}
			if v <= last || v-last > 5000 {
				t.Errorf("acknowledged %d after %d", v, last)
			}
			last = v
		}
		return nil
	})
	p := mustDial(t, srv, avOptions())
	<-p.Done()
}

// F3: Hard and Soft are answered with our Window Acknowledgement Size, Dynamic alone
// is ignored.
func TestF3PeerBandwidthAnswers(t *testing.T) {
	srv := live(t, func(c *rtmptest.Conn) error {
		c.WritePeerBandwidth(900000, wire.LimitDynamic)
		c.WritePeerBandwidth(200000, wire.LimitHard)
		if v, err := next(c, wire.TypeWindowAckSize); err != nil || v != 200000 {
			t.Errorf("answer to Hard: %d %v", v, err)
		}
		c.WritePeerBandwidth(300000, wire.LimitSoft) // no change
		c.WritePeerBandwidth(100000, wire.LimitSoft)
		if v, err := next(c, wire.TypeWindowAckSize); err != nil || v != 100000 {
			t.Errorf("answer to Soft: %d %v", v, err)
		}
		return nil
	})
	<-mustDial(t, srv, avOptions()).Done()
}

// F4: we ask for acknowledgements before media is sent, and nginx then sends them.
func TestF4AsksForAcks(t *testing.T) {
	chunks, _ := tapped(t, videoOnly(), func(p *rtmpout.Publisher) { write(t, p, frame(0, true, 100)) })
	asked := false
	for _, c := range chunks {
		if c.kind == wire.TypeWindowAckSize {
			asked = be32(c.payloadPrefix) == 128<<10
		}
		if c.kind == wire.TypeVideo && !asked {
			t.Fatal("video before Window Acknowledgement Size")
		}
	}
	n := startNginx(t, "")
	p := dial(t, n.url, "acks", videoOnly())
	for i := range 20 {
		write(t, p, frame(33*i, i == 0, 50000))
	}
	eventually(t, 2*time.Second, "nginx acknowledges", func() bool {
		s := p.Stats()
		return s.Acked > 700_000 && s.AckStyle == rtmpout.AckCumulative && s.AckAge >= 0 && s.AckDelay > 0
	})
}

// F5: the server's acknowledgements end up in Stats, whatever its style.
func TestF5Stats(t *testing.T) {
	for style, want := range map[rtmptest.AckStyle]rtmpout.AckStyle{
		rtmptest.AckCumulative: rtmpout.AckCumulative, rtmptest.AckHandshake: rtmpout.AckCumulative,
		rtmptest.AckIncremental: rtmpout.AckIncremental, rtmptest.AckNone: rtmpout.AckNone, rtmptest.AckTooMuch: rtmpout.AckImplausible,
	} {
		srv, _ := receiving(t, rtmptest.Config{Acks: style})
		o := videoOnly()
		o.WindowAckSize = 100_000
		p := mustDial(t, srv, o)
		for i := range 40 {
			write(t, p, frame(33*i, i == 0, 50_000))
			for p.Stats().QueueBytes > 0 {
				time.Sleep(time.Millisecond)
			}
		}
		eventually(t, 2*time.Second, fmt.Sprintf("style %d is known", style), func() bool { return p.Stats().AckStyle == want })
		t.Cleanup(func() { t.Logf("style %d: %+v", style, p.Stats()) })
		s := p.Stats()
		counts := want == rtmpout.AckCumulative || want == rtmpout.AckIncremental
		if s.Sent < 2_000_000 || s.InFlight != s.Sent-s.Acked || s.Window != 100_000 {
			t.Errorf("style %d: %+v", style, s)
		}
		if counts {
			eventually(t, 2*time.Second, "all but a window is confirmed", func() bool { s = p.Stats(); return s.InFlight < 210_000 })
		} else if s.Acked != 0 || s.AckAge != -1 {
			t.Errorf("style %d: confirmed %d, %v ago", style, s.Acked, s.AckAge)
		}
		closeNow(t, p)
	}
}

// F6: a Hard window whose server never confirms does not stop the stream for good.
func TestF6HardWindowWithoutAcks(t *testing.T) {
	received := make(chan int, 1)
	srv := listen(t, rtmptest.Config{Acks: rtmptest.AckNone, Script: func(c *rtmptest.Conn) {
		c.Accept()
		c.WritePeerBandwidth(1, wire.LimitHard)
		n := 0
		for n < 400_000 {
			m, err := c.ReadMessage()
			if err != nil {
				break
			}
			n += len(m.Data)
		}
		received <- n
		drain(c)
	}})
	p := mustDial(t, srv, videoOnly())
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	for i := range 40 {
		write(t, p, frame(33*i, i == 0, 10_000))
	}
	time.Sleep(300 * time.Millisecond)
	if s := p.Stats(); s.InFlight > 64<<10+4096 || s.Limit != 64<<10 {
		t.Errorf("the window is not respected: %+v", s)
	}
	if n := <-received; n < 400_000 {
		t.Errorf("%d bytes came", n)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
}

// F7: a server that stops reading ends the stream with StalledError; until then the
// queue is bounded by dropping up to key frames.
func TestF7Stalled(t *testing.T) {
	stop := make(chan struct{})
	srv := live(t, func(c *rtmptest.Conn) error {
		<-stop
		return nil
	})
	defer close(stop)
	o := avOptions()
	o.StallTimeout = time.Second
	o.QueueBytes = 1 << 20
	p := mustDial(t, srv, o)
	released := new(counter)
	given := 0
	most := 0
	began := time.Now()
	for i := 0; time.Since(began) < 5*time.Second; i++ {
		v := frame(33*i, i%30 == 0, 100_000)
		v.Owner = released
		if p.WriteVideo(v) != nil {
			given++
			break
		}
		given++
		p.WriteAudio(sound(33*i, 300))
		most = max(most, p.Stats().QueueBytes)
		time.Sleep(2 * time.Millisecond)
	}
	e := causeAs[*rtmpout.StalledError](t, ended(t, p, time.Second), rtmpout.StepStream)
	if took := time.Since(began); took > 2500*time.Millisecond || e.For < 500*time.Millisecond {
		t.Errorf("%v after %v", e, took)
	}
	if most > o.QueueBytes+100_000 {
		t.Errorf("%d bytes were queued", most)
	}
	if s := p.Stats(); s.Dropped == 0 || s.DroppedUntilKey == 0 {
		t.Errorf("nothing was dropped: %+v", s)
	}
	if released.get() != given {
		t.Errorf("%d of %d packets were released", released.get(), given)
	}
}

// F8: pings are answered with the same four bytes on chunk stream 2, at any time.
func TestF8Ping(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		cmd, err := c.ReadCommand("connect")
		if err != nil {
			return err
		}
		for i, before := range []func() error{
			func() error { return nil },
			func() error { return c.AcceptConnect(cmd) },
			func() error { return c.WriteCommand(0, "_result", 4, nil, 1) },
			func() error { return started(c) },
		} {
			if err := before(); err != nil {
				return err
			}
			began := time.Now()
			c.WriteEvent(wire.EventPingRequest, 0xfedc0000+uint32(i))
			if err := waitPong(c, 0xfedc0000+uint32(i)); err != nil {
				return err
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("pong after %v", took)
			}
		}
		return nil
	})
	<-mustDial(t, srv, avOptions()).Done()
}

// F8: and those of nginx, of a publisher that is silent.
func TestF8PingNginx(t *testing.T) {
	n := startNginx(t, "ping 300ms; ping_timeout 300ms;")
	w := new(tap)
	o := videoOnly()
	o.DialContext = w.dial
	p := dial(t, n.url, "silent", o)
	pongs := func() (n int) {
		for _, c := range w.chunks(t) {
			if c.id == 2 && c.kind == wire.TypeUserControl && c.payloadPrefix[1] == wire.EventPingResponse {
				n++
			}
		}
		return n
	}
	eventually(t, 5*time.Second, "two pings were answered", func() bool { return pongs() >= 2 })
	closeNow(t, p)
}

// F9: stream events are accepted at any time and order; the end of our stream is
// told.
func TestF9StreamEvents(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		cmd, err := c.ReadCommand("connect")
		if err != nil {
			return err
		}
		for _, e := range []uint16{0, 1, 2, 4} {
			c.WriteEvent(e, 1)
		}
		c.AcceptConnect(cmd)
		c.WriteCommand(0, "_result", 4, nil, 1)
		c.ReadCommand("publish")
		started(c)
		c.ReadMessage()
		c.WriteEvent(wire.EventStreamEOF, 9) // not ours
		c.WriteEvent(wire.EventStreamDry, 1)
		time.Sleep(100 * time.Millisecond)
		c.WriteEvent(wire.EventStreamEOF, 1)
		drain(c)
		return nil
	})
	p := mustDial(t, srv, avOptions())
	select {
	case <-p.Done():
		t.Fatalf("ended too early: %v", p.Err())
	case <-time.After(50 * time.Millisecond):
	}
	if e := causeAs[*rtmpout.ClosedError](t, ended(t, p, time.Second), rtmpout.StepStream); e.Code != "StreamEOF" {
		t.Errorf("code %q", e.Code)
	}
}
