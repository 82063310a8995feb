package rtmpout_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// scripted is a server whose connections are handled by f; its error fails the test.
func scripted(t testing.TB, f func(c *rtmptest.Conn) error) *rtmptest.Server {
	return listen(t, rtmptest.Config{Script: func(c *rtmptest.Conn) {
		c.Deadline(20 * time.Second)
		if err := f(c); err != nil {
			t.Errorf("server script: %v", err)
		}
	}})
}

// drain reads until the client is gone.
func drain(c *rtmptest.Conn) {
	for {
		if _, err := c.ReadMessage(); err != nil {
			return
		}
	}
}

// avOptions are tracks with configurations that look real.
func avOptions() rtmpout.Options {
	return rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: []byte{1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 0, 1, 0, 0}, Width: 1280, Height: 720, FPS: 30, Bitrate: 2500e3},
		Audio: &rtmpout.AudioTrack{Config: []byte{0x11, 0x90}, Rate: 48000, Channels: 2, Bitrate: 160e3},
	}
}

func videoOnly() rtmpout.Options {
	o := avOptions()
	o.Audio = nil
	return o
}

func tryDial(t testing.TB, srv *rtmptest.Server, o rtmpout.Options) (*rtmpout.Publisher, error) {
	t.Helper()
	p, err := rtmpout.Dial(within(t, 10*time.Second), target(t, srv.URL("app"), "thekey"), o)
	if p != nil {
		t.Cleanup(func() { p.Abort(); <-p.Done() })
	}
	return p, err
}

func mustDial(t testing.TB, srv *rtmptest.Server, o rtmpout.Options) *rtmpout.Publisher {
	t.Helper()
	p, err := tryDial(t, srv, o)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	return p
}

// frame is a video frame of n bytes at ms.
func frame(ms int, key bool, n int) rtmpout.Packet {
	d := make([]byte, max(n, 5))
	binary.BigEndian.PutUint32(d, uint32(len(d)-4))
	d[4] = 0x41
	if key {
		d[4] = 0x65
	}
	at := time.Duration(ms) * time.Millisecond
	return rtmpout.Packet{DTS: at, PTS: at, Key: key, Data: d}
}

func sound(ms, n int) rtmpout.Packet {
	at := time.Duration(ms) * time.Millisecond
	return rtmpout.Packet{DTS: at, PTS: at, Data: make([]byte, n)}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ended waits for the end of a stream and returns its cause.
func ended(t testing.TB, p *rtmpout.Publisher, limit time.Duration) error {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(limit):
		t.Fatalf("the stream has not ended after %v", limit)
	}
	return p.Err()
}

func eventually(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not after %v: %s", limit, what)
		}
	}
}

// tap records what a client writes, below any chunk parser of ours.
type tap struct {
	mu sync.Mutex
	b  []byte
}

type tapConn struct {
	net.Conn
	tap *tap
}

func (c tapConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.tap.mu.Lock()
	c.tap.b = append(c.tap.b, b[:n]...)
	c.tap.mu.Unlock()
	return n, err
}

func (t *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	return tapConn{c, t}, err
}

// chunk is one chunk as a reader by the book sees it.
type chunk struct {
	format, id    int
	field         uint32 // time field as it is on the wire, for formats 0 to 2
	ext           uint32
	hasExt        bool
	length, kind  int
	stream        uint32
	first         bool   // begins a message
	time          uint32 // of the message, by the rules of section 5.3.1.2
	size          int    // payload bytes in this chunk
	payloadPrefix []byte
}

// chunks parses everything after the handshake, independently of package wire.
func (t *tap) chunks(tb testing.TB) []chunk {
	tb.Helper()
	t.mu.Lock()
	b := append([]byte(nil), t.b...)
	t.mu.Unlock()
	if len(b) < 3073 {
		tb.Fatalf("only %d bytes were written", len(b))
	}
	type state struct {
		length, kind, left int
		stream             uint32
		time, delta        uint32
		hasExt             bool
	}
	states := map[int]*state{}
	size := 128
	var list []chunk
	for b = b[3073:]; len(b) > 0; {
		c := chunk{format: int(b[0] >> 6), id: int(b[0] & 63)}
		b = b[1:]
		s := states[c.id]
		if s == nil {
			if c.format != 0 {
				tb.Fatalf("chunk stream %d begins with format %d", c.id, c.format)
			}
			s = new(state)
			states[c.id] = s
		}
		c.first = s.left == 0
		if !c.first && c.format != 3 {
			tb.Fatalf("header of format %d inside a message on %d", c.format, c.id)
		}
		if c.format < 3 {
			c.field = uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
			s.hasExt = c.field == 0xffffff
			if c.format < 2 {
				s.length, s.kind = int(b[3])<<16|int(b[4])<<8|int(b[5]), int(b[6])
			}
			if c.format == 0 {
				s.stream = binary.LittleEndian.Uint32(b[7:])
			}
			b = b[[]int{11, 7, 3}[c.format]:]
		}
		value := c.field
		if s.hasExt {
			c.hasExt, c.ext = true, binary.BigEndian.Uint32(b)
			value = c.ext
			b = b[4:]
		}
		if c.first {
			switch c.format {
			case 0:
				s.time, s.delta = value, value
			case 1, 2:
				s.time, s.delta = s.time+value, value
			case 3:
				s.time += s.delta
			}
			s.left = s.length
		}
		c.length, c.kind, c.stream, c.time = s.length, s.kind, s.stream, s.time
		c.size = min(s.left, size)
		if len(b) < c.size {
			break // the last chunk is still on its way
		}
		c.payloadPrefix = b[:c.size]
		if c.first && c.kind == 1 {
			size = int(be32(b))
		}
		b = b[c.size:]
		s.left -= c.size
		list = append(list, c)
	}
	return list
}

// upTo serves a client up to and including the named command, which is returned
// unanswered; "connect" and "createStream" before it are answered.
func upTo(c *rtmptest.Conn, name string) (rtmptest.Command, error) {
	if err := c.Handshake(); err != nil {
		return rtmptest.Command{}, err
	}
	for {
		cmd, err := c.ReadCommand()
		if err != nil || cmd.Name == name {
			return cmd, err
		}
		switch cmd.Name {
		case "connect":
			err = c.AcceptConnect(cmd)
		case "createStream":
			err = c.WriteCommand(0, "_result", cmd.Transaction, nil, 1)
		}
		if err != nil {
			return cmd, err
		}
	}
}

func started(c *rtmptest.Conn) error {
	return c.WriteStatus(1, "status", "NetStream.Publish.Start", "")
}

func expectEOF(c *rtmptest.Conn) error {
	for {
		switch _, err := c.ReadMessage(); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return fmt.Errorf("want an orderly end of TCP, got %w", err)
		}
	}
}

func command(name string, values ...any) []byte {
	return amf0.Append(amf0.Append(nil, name), values...)
}

func raw(m rtmptest.Message, size int) []byte { return wire.AppendMessage(nil, m, size) }
