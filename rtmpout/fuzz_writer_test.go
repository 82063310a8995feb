package rtmpout

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tally/rtmpout/internal/wire"
)

// FuzzWriter is any order of what a program and its server can do while a stream is
// live. Whatever it is, every chunk and every frame that leaves is whole, no frame
// leaves twice or out of its order, and each packet is released once.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("\x00\x01\x10\x01\x00\x20\x00\x00\x30\x08\x00\x10\x00\x80\x40\x0b\x00\x00"))
	f.Add([]byte("\x09\x00\x01\x00\x81\xff\x01\x01\x00\x01\x01\x10\x09\x00\x00\x08\x01\x00\x03\x00\x00\x00\x81\x00"))
	f.Add([]byte("\x05\x00\x01\x00\xff\xff\x00\xff\xff\x04\x00\x02\x08\x0f\x00\x06\x00\x01\x00\x81\x00\x0a\x00\x00"))
	f.Add([]byte("\x00\x81\x00\x0b\x00\x00\x08\x01\x00\x00\x81\x00\x01\x00\x10\x0b\x00\x00\x08\x01\x00\x00\x82\x00\x08\x10\x00\x00\x83\x00"))
	f.Add([]byte("\x02\x00\x00\x00\x81\x00\x02\x00\x01\x00\x81\x00\x07\x00\x02\xc3\xc3"))
	f.Fuzz(func(t *testing.T, script []byte) {
		synctest.Test(t, func(t *testing.T) {
			w := &fuzzedStream{t: t}
			w.play(script)
		})
	})
}

// fuzzedStream is a publisher and its servers: each is the end of a pipe, whose
// reader can be stopped.
type fuzzedStream struct {
	t       *testing.T
	mu      sync.Mutex
	resumed *sync.Cond
	stopped bool
	servers []fuzzedServer
	packets []*fuzzedPacket
	unsent  atomic.Int64 // what connections say of themselves
}

// telling is the publisher's end of a pipe.
type telling struct {
	net.Conn
	stream *fuzzedStream
}

func (c telling) Unsent() int { return int(c.stream.unsent.Load()) }

// fuzzedServer is one end of a pipe, and what is to be written to it: a pipe's own
// order of writers is a lock, with which time in a bubble stands still.
type fuzzedServer struct {
	net.Conn
	words chan []byte
}

// fuzzedPacket is one frame; its data begins with its number.
type fuzzedPacket struct {
	stream   *fuzzedStream
	ms       int64
	data     []byte
	arrived  bool
	released int
}

func (p *fuzzedPacket) Release() {
	p.stream.mu.Lock()
	defer p.stream.mu.Unlock()
	p.released++
}

func (w *fuzzedStream) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	words := make(chan []byte, 256)
	for _, b := range good() {
		words <- b
	}
	w.mu.Lock()
	w.servers = append(w.servers, fuzzedServer{server, words})
	w.mu.Unlock()
	go func() {
		for b := range words {
			server.Write(b) // nothing comes of it once the client is gone
		}
	}()
	go w.read(server)
	return telling{client, w}, nil
}

// stoppable is the end of a pipe that is not read while its stream is stopped.
type stoppable struct {
	net.Conn
	stream *fuzzedStream
}

func (s stoppable) Read(b []byte) (int, error) {
	s.stream.mu.Lock()
	for s.stream.stopped {
		s.stream.resumed.Wait()
	}
	s.stream.mu.Unlock()
	return s.Conn.Read(b)
}

// read checks what one connection carries, up to its end.
func (w *fuzzedStream) read(server net.Conn) {
	in := bufio.NewReader(stoppable{server, w})
	if _, err := io.CopyN(io.Discard, in, wire.HandshakeBytes); err != nil {
		return
	}
	r := wire.NewReader(in, wire.Limits{Message: wire.MaxMessageSize, Partial: 2 * wire.MaxMessageSize, Streams: 32, Keep: 1 << 20})
	last := [2]int{-1, -1} // numbers of the frames that came last, by lane
	for {
		m, err := r.Read()
		if err != nil {
			if bytes.Contains([]byte(err.Error()), []byte(wire.ErrProtocol.Error())) {
				w.t.Errorf("the publisher broke the chunk stream: %v", err)
			}
			return
		}
		w.check(m, &last)
	}
}

// check takes a message apart that has come whole.
func (w *fuzzedStream) check(m wire.Message, last *[2]int) {
	lane, head := laneVideo, 5
	switch {
	case m.Type == wire.TypeAudio:
		lane, head = laneAudio, 2
	case m.Type != wire.TypeVideo:
		return
	}
	if len(m.Data) < head || m.Data[1] != 1 {
		return // a configuration
	}
	data := m.Data[head:]
	w.mu.Lock()
	defer w.mu.Unlock()
	number := int(binary.BigEndian.Uint32(data))
	if number >= len(w.packets) || !bytes.Equal(data, w.packets[number].data) {
		w.t.Errorf("a frame of %d bytes arrived damaged", len(data))
		return
	}
	p := w.packets[number]
	if uint32(p.ms) != m.Time || p.arrived || last[lane] >= number {
		w.t.Errorf("frame %d of %d ms arrived at %d ms, after %d; before: %v", number, p.ms, m.Time, last[lane], p.arrived)
	}
	p.arrived, last[lane] = true, number
}

// say lets the newest server write something, unless it has more to say than anybody
// listens to.
func (w *fuzzedStream) say(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.servers[len(w.servers)-1].words <- b:
	default:
	}
}

func (w *fuzzedStream) stop(on bool) {
	w.mu.Lock()
	w.stopped = on
	w.mu.Unlock()
	w.resumed.Broadcast()
}

func (w *fuzzedStream) play(script []byte) {
	w.resumed = sync.NewCond(&w.mu)
	target, err := ParseTarget("rtmp://h/app", "key")
	if err != nil {
		w.t.Fatal(err)
	}
	zero := time.Duration(0)
	p, err := Dial(w.t.Context(), target, Options{
		Video: &VideoTrack{Config: []byte{1}}, Audio: &AudioTrack{Config: []byte{1}}, DialContext: w.dial, Zero: &zero, QueueBytes: 300_000, ChunkSize: 1024,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	now := [2]time.Duration{}
	for ; len(script) >= 3; script = script[3:] {
		n := int(script[1])<<8 | int(script[2])
		switch script[0] % 12 {
		case 0, 1:
			lane, size := laneVideo, 4+2*(n&0x7fff)
			write := p.WriteVideo
			if script[0]%12 == 1 {
				lane, size, write = laneAudio, 4+n&0xfff, p.WriteAudio
			}
			now[lane] += time.Duration(n%50) * time.Millisecond
			pkt := &fuzzedPacket{stream: w, ms: now[lane].Milliseconds(), data: make([]byte, size)}
			w.mu.Lock()
			binary.BigEndian.PutUint32(pkt.data, uint32(len(w.packets)))
			w.packets = append(w.packets, pkt)
			w.mu.Unlock()
			for i := range pkt.data[4:] {
				pkt.data[4+i] = byte(i * n)
			}
			write(Packet{DTS: now[lane], PTS: now[lane], Key: n&0x8000 != 0 || len(w.packets) == 1, Data: pkt.data, Owner: pkt})
		case 2:
			p.SetVideoConfig(0, []byte{1, byte(n)})
		case 3:
			p.DropVideo()
		case 4:
			w.say(wire.AppendControl(nil, wire.TypeAck, uint32(n)<<8))
		case 5:
			w.say(wire.AppendPeerBandwidth(nil, uint32(n)<<8, byte(n%3)))
		case 6:
			for i := range min(n, 100) {
				w.say(wire.AppendUserControl(nil, wire.EventPingRequest, uint32(i)))
			}
		case 7:
			raw := script[3:min(len(script), 3+n%64)]
			w.say(raw)
			script = script[len(raw):]
		case 8:
			time.Sleep(time.Duration(n) * time.Millisecond)
		case 9:
			w.stop(n&1 != 0)
		case 10:
			w.unsent.Store(int64(n) << 3)
			p.Stats()
			p.NeedKey()
			p.SetAudioConfig(0, []byte{2, byte(n)})
		case 11:
			w.say(reconnectRequest("rtmp://h/other"))
		}
	}
	w.end(p)
}

// end closes the stream in a bounded time, and looks at what came of the packets.
func (w *fuzzedStream) end(p *Publisher) {
	began := time.Now()
	if len(w.packets)%2 == 0 {
		p.Close(w.t.Context())
	} else {
		p.Abort()
	}
	<-p.Done()
	if took := time.Since(began); took > 8*time.Second {
		w.t.Errorf("the end took %v", took)
	}
	w.stop(false)
	for _, s := range w.servers {
		s.Close()
		close(s.words)
	}
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, pkt := range w.packets {
		if pkt.released != 1 {
			w.t.Errorf("packet %d of %d was released %d times", i, len(w.packets), pkt.released)
		}
	}
}
