package rtmpout_test

import (
	"encoding/binary"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

var success = command("_result", 1, nil, rtmptest.Status("status", "NetConnection.Connect.Success", ""))

// answersConnect probes a server that answers connect with the bytes of answer.
func answersConnect(t *testing.T, answer ...[]byte) error {
	t.Helper()
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		if _, err := c.ReadCommand("connect"); err != nil {
			return err
		}
		for _, b := range answer {
			c.WriteRaw(b)
		}
		drain(c)
		return nil
	})
	o := avOptions()
	o.PublishTimeout = 2 * time.Second
	_, err := rtmpout.Probe(within(t, 5*time.Second), target(t, srv.URL("app"), "k"), o)
	return err
}

func header0(id []byte, ms uint32, length int, kind byte, stream uint32) []byte {
	b := append([]byte(nil), id...)
	b = append(b, byte(ms>>16), byte(ms>>8), byte(ms), byte(length>>16), byte(length>>8), byte(length), kind)
	return binary.LittleEndian.AppendUint32(b, stream)
}

func split(b []byte, size int, next []byte) (out []byte) {
	for len(b) > size {
		out = append(append(out, b[:size]...), next...)
		b = b[size:]
	}
	return append(out, b...)
}

// R1: chunk stream IDs in one, two and three bytes, both long forms for 64 to 319.
func TestR1BasicHeader(t *testing.T) {
	for name, id := range map[string][]byte{
		"63": {63}, "64 in two bytes": {0, 0}, "64 in three bytes": {1, 0, 0}, "319": {0, 255}, "320": {1, 0, 1}, "65599": {1, 255, 255},
	} {
		next := append([]byte(nil), id...)
		next[0] |= 0xc0
		b := append(header0(id, 0, len(success), 20, 0), split(success, 128, next)...)
		if err := answersConnect(t, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// R2: header formats 0 to 3 inherit what they leave out, per chunk stream.
func TestR2HeaderFormats(t *testing.T) {
	status := command("onStatus", 0, nil, rtmptest.Status("status", "x", ""))
	b := append(header0([]byte{3}, 5, len(status), 20, 0), status...)
	b = append(b, 1<<6|3, 0, 0, 1, 0, 0, byte(len(status)), 20) // format 1
	b = append(b, status...)
	b = append(append(b, 2<<6|3, 0, 0, 1), status...)                                                     // format 2
	b = append(append(b, 3<<6|3), status...)                                                              // format 3
	b = append(b, 1<<6|3, 0, 0, 1, byte(len(success)>>16), byte(len(success)>>8), byte(len(success)), 20) // format 1, split by 3
	b = append(b, split(success, 128, []byte{3<<6 | 3})...)
	if err := answersConnect(t, b); err != nil {
		t.Error(err)
	}
}

// R3: a chunk stream that begins without a full header is an error, but for format
// 1 on chunk stream 2, as librtmp sends its pings.
func TestR3FreshChunkStream(t *testing.T) {
	answered := make(chan bool, 1)
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		if _, err := c.ReadCommand("connect"); err != nil {
			return err
		}
		c.WriteRaw([]byte{1<<6 | 2, 0, 0, 0, 0, 0, 6, 4, 0, 6, 1, 2, 3, 4})
		answered <- waitPong(c, 0x01020304) == nil
		return nil
	})
	tryDial(t, srv, avOptions())
	if !<-answered {
		t.Error("ping in format 1 on a fresh chunk stream 2 was not answered")
	}
	for _, b := range [][]byte{{3<<6 | 9, 1, 2, 3}, {2<<6 | 2, 0, 0, 1}, {1<<6 | 3, 0, 0, 0, 0, 0, 1, 99, 1}} {
		causeAs[*rtmpout.ProtocolError](t, answersConnect(t, b), rtmpout.StepConnect)
	}
}

func waitPong(c *rtmptest.Conn, want uint32) error {
	for {
		m, err := c.ReadMessage()
		if err != nil {
			return err
		}
		if m.Type == wire.TypeUserControl && len(m.Data) == 6 && m.Data[1] == wire.EventPingResponse && be32(m.Data[2:]) == want &&
			m.ChunkStream == 2 && m.Stream == 0 {
			return nil
		}
	}
}

// R4: extended timestamps, on continuation chunks whether the sender repeats them or
// not.
func TestR4ExtendedTimestamp(t *testing.T) {
	for _, repeat := range []bool{true, false} {
		next := []byte{3<<6 | 3}
		if repeat {
			next = []byte{3<<6 | 3, 1, 0, 0, 0}
		}
		long := command("_result", 1, nil, rtmptest.Status("status", "NetConnection.Connect.Success", string(make([]byte, 200))))
		b := header0([]byte{3}, 0xffffff, len(long), 20, 0)
		b = append(b, 1, 0, 0, 0)
		b = append(b, split(long, 128, next)...)
		if err := answersConnect(t, b); err != nil {
			t.Errorf("repeated %v: %v", repeat, err)
		}
	}
}

// R5: a message on one chunk stream may be interrupted by one on another.
func TestR5Interleaved(t *testing.T) {
	ping := wire.AppendUserControl(nil, wire.EventPingRequest, 7)
	next := append(ping, 3<<6|3)
	b := append(header0([]byte{3}, 0, len(success), 20, 0), split(success, 60, next)...)
	chunkSize := wire.AppendControl(nil, wire.TypeSetChunkSize, 60)
	if err := answersConnect(t, chunkSize, b); err != nil {
		t.Error(err)
	}
}

// R6: a new header inside an unfinished message is a protocol error.
func TestR6HeaderInsideMessage(t *testing.T) {
	b := append(header0([]byte{3}, 0, 300, 20, 0), make([]byte, 128)...)
	b = append(b, header0([]byte{3}, 0, 5000, 20, 0)...)
	causeAs[*rtmpout.ProtocolError](t, answersConnect(t, b, make([]byte, 5000)), rtmpout.StepConnect)
}

// R7: Abort discards the unfinished message of a chunk stream, also of a high one,
// and nothing if there is none.
func TestR7Abort(t *testing.T) {
	for _, id := range []uint32{5, 300} {
		head := []byte{5}
		next := []byte{3<<6 | 5}
		if id == 300 {
			head, next = []byte{0, 300 - 64}, []byte{3 << 6, 300 - 64}
		}
		b := append(header0(head, 0, 300, 20, 0), make([]byte, 128)...)
		b = append(b, wire.AppendControl(nil, wire.TypeAbort, id)...)
		b = append(b, wire.AppendControl(nil, wire.TypeAbort, 77)...)
		b = append(b, header0(head, 0, len(success), 20, 0)...)
		b = append(b, split(success, 128, next)...)
		if err := answersConnect(t, b); err != nil {
			t.Errorf("chunk stream %d: %v", id, err)
		}
	}
}

// R8: Set Chunk Size from the next chunk on, also while live; 0 and values above
// 0x7FFFFFFF are protocol errors.
func TestR8SetChunkSize(t *testing.T) {
	for _, size := range []uint32{1, 128, 4096, 0x7fffffff} {
		c := wire.AppendControl(nil, wire.TypeSetChunkSize, size)
		b := raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: success}, int(size))
		if err := answersConnect(t, c, b); err != nil {
			t.Errorf("%#x: %v", size, err)
		}
	}
	for _, size := range []uint32{0, 0x80000000} {
		causeAs[*rtmpout.ProtocolError](t, answersConnect(t, wire.AppendControl(nil, wire.TypeSetChunkSize, size)), rtmpout.StepConnect)
	}
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if _, err := c.Accept(); err != nil {
			return err
		}
		if _, err := next(c, wire.TypeVideo); err != nil {
			return err
		}
		c.SetChunkSize(60)
		return c.WriteStatus(1, "error", "NetStream.Failed", string(make([]byte, 250)))
	})
	p := mustDial(t, srv, videoOnly())
	must(t, p.WriteVideo(frame(0, true, 100)))
	if e := causeAs[*rtmpout.RejectedError](t, ended(t, p, 2*time.Second), rtmpout.StepStream); e.Code != "NetStream.Failed" {
		t.Errorf("code %q", e.Code)
	}
}

// R9: unknown message types, events and commands are ignored.
func TestR9Unknown(t *testing.T) {
	var b []byte
	for _, kind := range []uint8{0, 7, 16, 19, 22, 99} {
		b = append(b, raw(rtmptest.Message{ChunkStream: 5, Type: kind, Data: []byte{1, 2, 3}}, 128)...)
		b = append(b, raw(rtmptest.Message{ChunkStream: 5, Type: kind}, 128)...)
	}
	for _, event := range []uint16{26, 31, 32, 77} {
		b = append(b, wire.AppendUserControl(nil, event, 1)...)
	}
	b = append(b, raw(rtmptest.Message{ChunkStream: 2, Type: 4, Data: []byte{0}}, 128)...)
	b = append(b, raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: command("whatever", 9, nil)}, 128)...)
	b = append(b, raw(rtmptest.Message{ChunkStream: 3, Type: 20}, 128)...)
	b = append(b, raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: []byte{0xff, 1, 2}}, 128)...)
	if err := answersConnect(t, b, raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: success}, 128)); err != nil {
		t.Error(err)
	}
}

// R10: AMF3 commands with AMF0 values are understood, real AMF3 is ignored.
func TestR10AMF3Command(t *testing.T) {
	b := raw(rtmptest.Message{ChunkStream: 3, Type: 17, Data: []byte{0x11, 0x0a, 0x0b, 1}}, 128)
	b = append(b, raw(rtmptest.Message{ChunkStream: 3, Type: 17, Data: command("\x00")[:0]}, 128)...)
	b = append(b, raw(rtmptest.Message{ChunkStream: 3, Type: 15, Data: []byte{0, 2, 0, 1, 'x'}}, 128)...)
	b = append(b, raw(rtmptest.Message{ChunkStream: 3, Type: 17, Data: append([]byte{0}, success...)}, 128)...)
	if err := answersConnect(t, b); err != nil {
		t.Error(err)
	}
}
