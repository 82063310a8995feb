package rtmpout_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// H1: C0 and C1 are sent at once, without waiting: version 3, zero field 0, 1528
// random bytes.
func TestH1HandshakeSentAtOnce(t *testing.T) {
	first := make(chan []byte, 2)
	srv := listen(t, rtmptest.Config{Script: func(c *rtmptest.Conn) {
		c.Deadline(5 * time.Second)
		if err := c.ReadC0C1(); err != nil {
			t.Errorf("1537 bytes did not come before an answer: %v", err)
		}
		first <- c.ClientC1
	}})
	for range 2 {
		tryDial(t, srv, avOptions())
	}
	a, b := <-first, <-first
	if !bytes.Equal(a[4:8], make([]byte, 4)) {
		t.Errorf("zero field is %x", a[4:8])
	}
	if bytes.Equal(a[8:], b[8:]) || bytes.Count(a[8:], []byte{0}) > 100 {
		t.Error("C1 is not random")
	}
}

// H2: a version that is not 3 fails at once, and the error names what was found.
func TestH2NotRTMP(t *testing.T) {
	for found, answer := range map[rtmpout.Peer]string{
		rtmpout.PeerHTTP:    "HTTP/1.1 400 Bad Request\r\n\r\n",
		rtmpout.PeerTLS:     "\x15\x03\x01\x00\x02\x02\x0a",
		rtmpout.PeerUnknown: "220 mail.example.com ESMTP\r\n",
	} {
		srv := scripted(t, func(c *rtmptest.Conn) error {
			c.WriteRaw([]byte(answer))
			io.Copy(io.Discard, c)
			return nil
		})
		began := time.Now()
		_, err := tryDial(t, srv, avOptions())
		if e := causeAs[*rtmpout.NotRTMPError](t, err, rtmpout.StepHandshake); e.Found != found {
			t.Errorf("found %q, want %q", e.Found, found)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v", took)
		}
	}
}

// H3: C2 is sent after all of S1 has come: S1's time, the time of reading, S1's
// random bytes.
func TestH3C2EchoesS1(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.ReadC0C1(); err != nil {
			return err
		}
		s1 := make([]byte, 1537)
		rand.Read(s1)
		s1[0] = 3
		copy(s1[1:], []byte{1, 2, 3, 4, 0, 0, 0, 0})
		c.WriteRaw(s1[:1000])
		c.SetReadDeadline(time.Now().Add(150 * time.Millisecond))
		if _, err := c.ReadByte(); err == nil {
			t.Error("C2 was sent before S1 was whole")
		}
		c.Deadline(5 * time.Second)
		c.WriteRaw(s1[1000:])
		c.WriteRaw(c.ClientC1)
		if err := c.ReadC2(); err != nil {
			return err
		}
		if !bytes.Equal(c.ClientC2[:4], s1[1:5]) || !bytes.Equal(c.ClientC2[8:], s1[9:]) {
			t.Errorf("C2 begins % x", c.ClientC2[:16])
		}
		if got := be32(c.ClientC2[4:]); got < 100 || got > 5000 {
			t.Errorf("time at which S1 was read is %d ms", got)
		}
		return nil
	})
	tryDial(t, srv, avOptions())
}

// H4: nothing but C2 is sent before S2 is whole, and what follows S2 in the same
// segment is read as chunks.
func TestH4NothingBeforeS2(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.ReadC0C1(); err != nil {
			return err
		}
		c.WriteRaw(append([]byte{3}, make([]byte, 1536)...))
		c.WriteRaw(c.ClientC1[:1500])
		if err := c.ReadC2(); err != nil {
			return err
		}
		c.SetReadDeadline(time.Now().Add(150 * time.Millisecond))
		if b, err := c.ReadByte(); err == nil {
			t.Errorf("byte %#x was sent before S2 was whole", b)
		}
		c.Deadline(5 * time.Second)
		rest := append([]byte(nil), c.ClientC1[1500:]...)
		rest = append(rest, raw(rtmptest.Message{ChunkStream: 2, Type: 1, Data: []byte{0, 0, 0x13, 0x88}}, 128)...)
		long := rtmptest.Status("status", "NetConnection.Connect.Success", string(bytes.Repeat([]byte("x"), 4000)))
		rest = append(rest, raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: command("_result", 1, nil, long)}, 5000)...)
		c.WriteRaw(rest)
		c.ChunkSize = 5000
		if _, err := c.ReadCommand("createStream"); err != nil {
			return err
		}
		return nil
	})
	_, err := tryDial(t, srv, avOptions())
	causeAs[*rtmpout.ClosedError](t, err, rtmpout.StepCreateStream)
}

// H5: an S2 that does not echo C1 is warned of and accepted, unless StrictHandshake
// is set.
func TestH5ForeignS2(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.ReadC0C1(); err != nil {
			return err
		}
		s := make([]byte, 3073)
		rand.Read(s)
		s[0] = 3
		c.WriteRaw(s)
		if err := c.ReadC2(); err != nil {
			return nil // strict
		}
		cmd, err := c.ReadCommand("connect")
		if err != nil {
			return nil
		}
		return c.AcceptConnect(cmd)
	})
	warnings := 0
	o := avOptions()
	o.Warn = func(string) { warnings++ }
	if _, err := rtmpout.Probe(within(t, 5*time.Second), target(t, srv.URL("app"), "k"), o); err != nil || warnings != 1 {
		t.Errorf("error %v, %d warnings; want none and 1", err, warnings)
	}
	o.StrictHandshake = true
	_, err := rtmpout.Probe(within(t, 5*time.Second), target(t, srv.URL("app"), "k"), o)
	causeAs[*rtmpout.ProtocolError](t, err, rtmpout.StepHandshake)
}

// H6: a server with the digest handshake (version field set, S2 signed) is accepted.
func TestH6DigestServer(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.ReadC0C1(); err != nil {
			return err
		}
		s := make([]byte, 3073)
		rand.Read(s)
		copy(s, []byte{3, 0, 0, 0, 9, 4, 5, 0, 0})
		c.WriteRaw(s)
		if err := c.ReadC2(); err != nil {
			return err
		}
		cmd, err := c.ReadCommand("connect")
		if err != nil {
			return err
		}
		return c.AcceptConnect(cmd)
	})
	if _, err := rtmpout.Probe(within(t, 5*time.Second), target(t, srv.URL("app"), "k"), avOptions()); err != nil {
		t.Error(err)
	}
}

// H7: TCP, TLS and handshake have one absolute deadline together, which a server
// that drips bytes cannot move.
func TestH7SlowDrip(t *testing.T) {
	srv := listen(t, rtmptest.Config{Script: func(c *rtmptest.Conn) {
		c.ReadC0C1()
		for b := []byte{3}; c.WriteRaw(b) == nil; b[0] = 0 {
			time.Sleep(50 * time.Millisecond)
		}
	}})
	o := avOptions()
	o.ConnectTimeout = 700 * time.Millisecond
	began := time.Now()
	_, err := tryDial(t, srv, o)
	e, ok := errors.AsType[*rtmpout.Error](err)
	if !ok || e.Step != rtmpout.StepHandshake || !e.Timeout() {
		t.Errorf("error is %v, want a time-out of the handshake", err)
	}
	if took := time.Since(began); took > 1200*time.Millisecond {
		t.Errorf("took %v", took)
	}
	if testing.Short() {
		return
	}
	// And the default is 10 s, also when the server says nothing at all.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	began = time.Now()
	_, err = rtmpout.Dial(within(t, 15*time.Second), target(t, "rtmp://"+l.Addr().String()+"/app", "k"), avOptions())
	if took := time.Since(began); err == nil || took < 9*time.Second || took > 11*time.Second {
		t.Errorf("default: %v after %v", err, took)
	}
}
