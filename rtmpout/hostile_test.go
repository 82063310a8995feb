package rtmpout_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// What a server can make a publisher hold, wait for and send.

// unfinished is as much as chunks can begin without making a message whole, on many
// chunk streams: n messages of which size bytes come.
func unfinished(n, size int) (b []byte) {
	b = wire.AppendControl(nil, wire.TypeSetChunkSize, uint32(size))
	for i := range n {
		m := rtmptest.Message{ChunkStream: uint32(3 + i), Type: wire.TypeCommand, Data: make([]byte, size+1)}
		whole := wire.AppendMessage(nil, m, size)
		b = append(b, whole[:len(whole)-2]...) // without the last chunk, of one byte
	}
	return b
}

// nested is AMF0 that takes more memory than bytes: the most values that are decoded.
func nested() []byte {
	var o amf0.Object
	for range 4000 {
		o = append(o, amf0.Property{Name: "", Value: amf0.Object{}})
	}
	return raw(rtmptest.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: command("onStatus", 0, nil, o)}, 4096)
}

// No input makes more than 3 MiB live. The inputs are made beforehand; everything
// else that the process holds more is the publisher's, or the test server's little.
func TestHostileMemory(t *testing.T) {
	const most = 3 << 20
	long := strings.Repeat("x", 250<<10)
	for name, input := range map[string][]byte{
		"unfinished messages, few and long":   unfinished(20, 255<<10),
		"unfinished messages, many":           unfinished(60, 60<<10),
		"the longest length, never sent":      append(header0([]byte{3}, 0, 0xffffff, 20, 0), make([]byte, 200<<10)...),
		"a long command":                      raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: command("onStatus", 0, nil, rtmptest.Status("status", long, ""))}, 4096),
		"many values":                         nested(),
		"a long message on each chunk stream": everyStream(250 << 10),
	} {
		t.Run(name, func(t *testing.T) {
			before, grown := heap(), uint64(0)
			srv := live(t, func(c *rtmptest.Conn) error {
				go drain(c)
				rest := input
				for until := time.Now().Add(700 * time.Millisecond); time.Now().Before(until); {
					piece := rest[:min(len(rest), 32<<10)]
					if c.WriteRaw(piece) != nil {
						break
					}
					if rest = rest[len(piece):]; len(rest) == 0 {
						rest = input
					}
					if now := held(before + most); now > before {
						grown = max(grown, now-before)
					}
				}
				return nil
			})
			p := mustDial(t, srv, videoOnly())
			<-p.Done()
			srv.Close()
			t.Logf("at most %d KiB more; ended with %v", grown>>10, p.Err())
			if grown > most || grown == 0 {
				t.Errorf("%d bytes were live", grown)
			}
		})
	}
}

// everyStream is a message of that size on each of 60 chunk streams: none may keep its
// buffer.
func everyStream(size int) (b []byte) {
	b = wire.AppendControl(nil, wire.TypeSetChunkSize, uint32(size))
	for i := range 60 {
		b = append(b, raw(rtmptest.Message{ChunkStream: uint32(3 + i), Type: 99, Data: make([]byte, size)}, size)...)
	}
	return b
}

// held is what stays in use while the server waits. A collection also counts what is
// read and thrown away while it runs, so one that finds too much is asked again.
func held(most uint64) (least uint64) {
	least = heap()
	for range 20 {
		if least <= most {
			break
		}
		time.Sleep(time.Millisecond) // the reader takes what is still on its way
		least = min(least, heap())
	}
	return least
}

// heap is what a collection has just found in use.
func heap() uint64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// Nothing waits past its deadline, although the server sends a byte now and then.
func TestHostileSlowDrip(t *testing.T) {
	drip := func(c *rtmptest.Conn, b []byte) {
		for i := 0; c.WriteRaw(b[i%len(b):][:1]) == nil; i++ {
			time.Sleep(20 * time.Millisecond)
		}
	}
	harmless := raw(rtmptest.Message{ChunkStream: 5, Type: 99, Data: make([]byte, 50)}, 128)
	for before, step := range map[string]rtmpout.Step{
		"connect": rtmpout.StepConnect, "createStream": rtmpout.StepCreateStream, "publish": rtmpout.StepPublish,
	} {
		srv := scripted(t, func(c *rtmptest.Conn) error {
			if _, err := upTo(c, before); err != nil {
				return err
			}
			go drain(c)
			drip(c, harmless)
			return nil
		})
		o := avOptions()
		o.PublishTimeout = 600 * time.Millisecond
		began := time.Now()
		_, err := tryDial(t, srv, o)
		took := time.Since(began)
		if e, ok := errors.AsType[*rtmpout.Error](err); !ok || e.Step != step || !e.Timeout() || took > 1200*time.Millisecond {
			t.Errorf("%s: %v after %v", before, err, took)
		}
	}

	// While TLS is made.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		nc, err := l.Accept()
		if err == nil {
			drip(rtmptest.NewConn(nc), append([]byte{0x16, 3, 3, 0x3f, 0xff}, make([]byte, 0x3fff)...))
			nc.Close()
		}
	})
	o := avOptions()
	o.ConnectTimeout = 600 * time.Millisecond
	began := time.Now()
	_, err = rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://"+l.Addr().String()+"/app", "k"), o)
	if e, ok := errors.AsType[*rtmpout.TLSError](err); !ok || e.Reason != rtmpout.TLSNoAnswer || time.Since(began) > 1200*time.Millisecond {
		t.Errorf("TLS: %v after %v", err, time.Since(began))
	}
	l.Close()
	serving.Wait()

	// After the goodbye.
	srv := live(t, func(c *rtmptest.Conn) error {
		if _, err := c.ReadCommand("deleteStream"); err != nil {
			return err
		}
		drip(c, harmless)
		return nil
	})
	p := mustDial(t, srv, videoOnly())
	write(t, p, frame(0, true, 100))
	began = time.Now()
	closeNow(t, p)
	if took := time.Since(began); took > 1700*time.Millisecond {
		t.Errorf("the goodbye took %v", took)
	}
}

// trickle takes a few bytes of each write, a little before its deadline.
type trickle struct {
	net.Conn
	mu       sync.Mutex
	on       bool
	deadline time.Time
}

func (c *trickle) SetWriteDeadline(d time.Time) error {
	c.mu.Lock()
	c.deadline = d
	c.mu.Unlock()
	return c.Conn.SetWriteDeadline(d)
}

func (c *trickle) Write(b []byte) (int, error) {
	c.mu.Lock()
	on, deadline := c.on, c.deadline
	c.mu.Unlock()
	if !on {
		return c.Conn.Write(b)
	}
	n, _ := c.Conn.Write(b[:min(len(b), 3)])
	time.Sleep(time.Until(deadline))
	return n, context.DeadlineExceeded
}

// A way that takes some bytes in each StallTimeout does not keep a stream that it
// cannot carry.
func TestHostileTrickle(t *testing.T) {
	srv, _ := receiving(t, rtmptest.Config{})
	way := new(trickle)
	o := videoOnly()
	o.StallTimeout = 200 * time.Millisecond
	o.DialContext = func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		way.Conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return way, err
	}
	p := mustDial(t, srv, o)
	way.mu.Lock()
	way.on = true
	way.mu.Unlock()
	began := time.Now()
	write(t, p, frame(0, true, 50_000))
	err := ended(t, p, 3*time.Second)
	took := time.Since(began)
	if e := causeAs[*rtmpout.StalledError](t, err, rtmpout.StepStream); e.For < 600*time.Millisecond || took < 600*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("%v after %v", e, took)
	}
}

// replied counts the bytes of replies among all that was written after the handshake.
func (w *tap) replied(t *testing.T) (replies, all int) {
	asked := false // the first Window Acknowledgement Size is no reply
	for _, c := range w.chunks(t) {
		if c.id == 2 && c.kind == wire.TypeWindowAckSize && !asked {
			asked = true
		} else if c.id == 2 && c.kind != wire.TypeSetChunkSize {
			replies += 12 + c.size
		}
	}
	return replies, len(w.b) - 3073
}

// Floods of requests cost at most a twentieth of what is sent.
func TestHostileFloods(t *testing.T) {
	floods := map[string]func(c *rtmptest.Conn, i uint32) error{
		"pings":   func(c *rtmptest.Conn, i uint32) error { return c.WriteEvent(wire.EventPingRequest, i) },
		"windows": func(c *rtmptest.Conn, i uint32) error { return c.WritePeerBandwidth(100000+i%2*1000, wire.LimitHard) },
		"acks": func(c *rtmptest.Conn, i uint32) error {
			c.WriteControl(wire.TypeWindowAckSize, 1)
			return c.WriteMessage(rtmptest.Message{ChunkStream: 5, Type: wire.TypeData, Data: make([]byte, 4000)})
		},
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			srv := live(t, func(c *rtmptest.Conn) error {
				go func() {
					for i := uint32(0); flood(c, i) == nil; i++ {
					}
				}()
				drain(c)
				return nil
			})
			w := new(tap)
			o := videoOnly()
			o.DialContext = w.dial
			p := mustDial(t, srv, o)
			for i := range 30 {
				write(t, p, frame(33*i, i == 0, 10_000))
				time.Sleep(20 * time.Millisecond)
			}
			p.Abort()
			<-p.Done()
			replies, all := w.replied(t)
			t.Logf("%d of %d bytes are replies", replies, all)
			if 20*replies > all || replies < 48 {
				t.Errorf("%d of %d bytes are replies", replies, all)
			}
		})
	}
	// Before anything is sent, and where nothing is: little, and no more.
	for _, stage := range []string{"connect", "publish", "silence"} {
		srv := scripted(t, func(c *rtmptest.Conn) (err error) {
			if stage == "silence" {
				_, err = c.Accept()
			} else {
				_, err = upTo(c, stage)
			}
			go drain(c)
			for i := uint32(0); c.WriteEvent(wire.EventPingRequest, i) == nil; i++ {
			}
			return err
		})
		w := new(tap)
		o := videoOnly()
		o.DialContext, o.PublishTimeout = w.dial, 400*time.Millisecond
		if p, err := tryDial(t, srv, o); err == nil {
			time.Sleep(400 * time.Millisecond)
			p.Abort()
			<-p.Done()
		}
		if replies, all := w.replied(t); replies > 2048+100 || replies < 180 {
			t.Errorf("%s: %d of %d bytes are replies", stage, replies, all)
		}
	}
}

// A server that asks for a new connection on each is followed a few times, and never
// to more than two at once.
func TestHostileCircles(t *testing.T) {
	var mu sync.Mutex
	open, most := 0, 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		open += n
		most = max(most, open)
	}
	srv := listen(t, rtmptest.Config{Script: func(c *rtmptest.Conn) {
		c.Deadline(20 * time.Second)
		count(1)
		defer count(-1)
		if _, err := c.Accept(); err != nil {
			return
		}
		for {
			m, err := c.ReadMessage()
			if err != nil {
				return
			}
			c.WriteStatus(0, "status", "NetConnection.Connect.ReconnectRequest", "")
			if cmd, _ := rtmptest.ParseCommand(m); m.Type == wire.TypeCommand && cmd.Name == "deleteStream" {
				c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
			}
		}
	}})
	warned := make(chan string, 1000)
	p := mustDial(t, srv, rtmpout.Options{Audio: &rtmpout.AudioTrack{Config: []byte{1, 2}}, Warn: func(s string) { warned <- s }})
	for i := range 100 {
		must(t, p.WriteAudio(sound(10*i, 50)))
		time.Sleep(10 * time.Millisecond)
	}
	closeNow(t, p)
	srv.Close()
	if n := srv.Connections(); n != 6 || most > 2 {
		t.Errorf("%d connections, %d at once", n, most)
	}
	if len(warned) == 0 {
		t.Error("nobody was told")
	}
}
