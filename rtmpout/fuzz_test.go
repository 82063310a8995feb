package rtmpout

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
)

// FuzzMessage gives any message of any type to a connection's handler.
func FuzzMessage(f *testing.F) {
	f.Add(uint8(20), amf0.Append(nil, "onStatus", 0, nil, amf0.Object{{Name: "level", Value: "error"}, {Name: "code", Value: "x"}}))
	f.Add(uint8(17), amf0.Append([]byte{0}, "_result", 4, nil, 1))
	f.Add(uint8(4), []byte{0, 6, 1, 2, 3, 4})
	f.Add(uint8(6), []byte{0, 0, 0, 0, 1})
	f.Add(uint8(3), []byte{0, 1, 0, 0})
	f.Add(uint8(20), amf0.Append(nil, "_error", 1, nil, amf0.Object{{Name: "description", Value: "authmod=llnw ?reason=needauth&nonce=secretkey"}}))
	target, err := ParseTarget("rtmp://user:password@h/app", "secretkey")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		o, _ := Options{}.normal()
		l := &link{target: target, opts: &o, stream: 1, began: time.Now(), rd: wire.NewReader(bufio.NewReader(bytes.NewReader(nil)), serverLimits)}
		l.flow.init(&o)
		l.flow.wrote(100_000, time.Now())
		for range 2 {
			r := l.handle(wire.Message{Type: kind, Data: data})
			for _, text := range []string{r.code, r.description} {
				if len(text) > 512 || bytes.Contains([]byte(text), []byte("secretkey")) || bytes.Contains([]byte(text), []byte("password")) {
					t.Fatalf("%q", text)
				}
			}
			for _, err := range []error{r.end(), l.refusal(r)} {
				if err != nil && len(err.Error()) > 1100 {
					t.Fatalf("an error of %d bytes", len(err.Error()))
				}
			}
			readServerInfo(r)
			lastNumber(r)
			l.acknowledge()
			answerAuth(t, target, r)
			if to, ok := r.info.Get("tcUrl").(string); ok {
				if next, err := target.redirect(to); err == nil && (next.key() != "secretkey" || next.IsZero()) {
					t.Fatalf("%q leads to %v", to, next)
				}
			}
		}
		if len(l.replies.take(nil, 1<<20)) > 1024 {
			t.Fatal("one message is owed more than 1 KiB of replies")
		}
		if l.flow.acks.acked > l.flow.sent {
			t.Fatalf("%d acked of %d", l.flow.acks.acked, l.flow.sent)
		}
	})
}

// answerAuth answers a demand for authentication as often as a server may repeat it.
func answerAuth(t *testing.T, target Target, r reply) {
	if !asksForPassword(r.said) {
		return
	}
	a := newAuthenticator(target)
	for n := 0; a.next(r.said, target.App()) == nil; n++ {
		if n == 2 || len(a.query(target.App())) > 2*maxSaid || bytes.Contains([]byte(a.args), []byte("password")) {
			t.Fatalf("attempt %d with %q", n, a.args)
		}
	}
}

// FuzzFlow is any history of bytes sent and confirmed, and of limits, under any style
// of counting: nothing more is confirmed than was sent, and no limit holds for ever.
func FuzzFlow(f *testing.F) {
	f.Add([]byte("\x00\xff\xff\x01\x00\x10\x01\x00\x20\x02\x01\x00\x03\x20\x00"))
	f.Add([]byte("\x00\xff\xff\x00\xff\xff\x04\x3f\xff\x04\x80\x00\x02\x00\x00\x05\xff\xff"))
	f.Fuzz(func(t *testing.T, script []byte) {
		fl := new(flow)
		fl.init(&Options{WindowAckSize: 100_000})
		fl.acks.style = AckNone
		now := time.Now()
		var blocked time.Time
		acked := uint64(0)
		for ; len(script) >= 3; script = script[3:] {
			n := uint32(script[1])<<8 | uint32(script[2])
			switch script[0] % 6 {
			case 0: // up to 1 GiB, so that wraps come into reach
				fl.writing(int(n) << 14)
				fl.wrote(int(n)<<14, now)
			case 1: // what a server that counts would say
				fl.ack(uint32(fl.sent-min(fl.sent, uint64(n)<<8)), now)
			case 2:
				fl.peerBandwidth(n<<4, script[2]%4)
			case 3:
				now = now.Add(time.Duration(n) * time.Millisecond)
			case 4:
				fl.ack(n<<16, now)
			case 5:
				fl.ack(n, now)
			}
			room, _ := fl.room(now, blocked)
			switch {
			case room == 0 && blocked.IsZero():
				blocked = now
			case room != 0:
				blocked = time.Time{}
			}
			if room > fl.window.size || fl.acks.acked > fl.sent || fl.acks.acked < acked {
				t.Fatalf("room %d of %d; %d, then %d confirmed of %d", room, fl.window.size, acked, fl.acks.acked, fl.sent)
			}
			acked = fl.acks.acked
		}
		fl.rate.perSecond(now.Sub(fl.start))
		if fl.room(now, blocked); blocked.IsZero() {
			blocked = now
		}
		if room, _ := fl.room(now.Add(2*confirmTimeout), blocked); room == 0 {
			t.Fatal("the limit holds for ever")
		}
	})
}

// good is what a server sends up to Publish.Start, one stage after the other.
func good() [][]byte {
	command := func(values ...any) []byte {
		return wire.AppendMessage(nil, wire.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: amf0.Append(nil, values...)}, wire.DefaultChunkSize)
	}
	return [][]byte{
		append([]byte{wire.Version}, make([]byte, 2*wire.HandshakeSize)...),
		command("_result", txConnect, amf0.Object{{Name: "capsEx", Value: 15}}, amf0.Object{{Name: "code", Value: "NetConnection.Connect.Success"}}),
		command("_result", txCreateStream, nil, 1),
		command("onStatus", 0, nil, amf0.Object{{Name: "code", Value: "NetStream.Publish.Start"}}),
	}
}

// reconnectRequest asks to go to a place, as a message.
func reconnectRequest(to string) []byte {
	return wire.AppendMessage(nil, wire.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: amf0.Append(nil, "onStatus", 0, nil,
		amf0.Object{{Name: "code", Value: "NetConnection.Connect.ReconnectRequest"}, {Name: "tcUrl", Value: to}})}, wire.DefaultChunkSize)
}

// Ways in which a server sends what it has to say.
const (
	saysAndCloses = iota
	saysAndStays
	drips   // a byte each three seconds, over and over
	repeats // as fast as it is read
	numManners
)

// FuzzSession is a publisher whose server goes mad at some stage. Time is the
// bubble's, so that every deadline can be waited for.
func FuzzSession(f *testing.F) {
	for how := range uint8(5 * numManners) {
		f.Add(how, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		f.Add(how, wire.AppendControl(nil, wire.TypeSetChunkSize, 1))
		f.Add(how, wire.AppendPeerBandwidth(wire.AppendControl(nil, wire.TypeWindowAckSize, 1), 0, wire.LimitHard))
		f.Add(how, wire.AppendUserControl(wire.AppendUserControl(nil, wire.EventPingRequest, 1), wire.EventStreamEOF, 1))
		f.Add(how, reconnectRequest("rtmp://127.0.0.1:1/x"))
		f.Add(how, wire.AppendMessage(nil, wire.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: amf0.Append(nil, "_error", 1, nil,
			amf0.Object{{Name: "description", Value: "[ authmod=adobe ] : ?reason=needauth&user=u&salt=s&challenge=c"}})}, 128))
		f.Add(how, wire.AppendMessage(nil, wire.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: amf0.Append(nil, "_error", 1, nil,
			amf0.Object{{Name: "code", Value: "x"}, {Name: "ex", Value: amf0.Object{{Name: "code", Value: 302}, {Name: "redirect", Value: "rtmp://h/x"}}}})}, 128))
	}
	target, err := ParseTarget("rtmp://user:password@h/app", "key")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, how uint8, data []byte) {
		synctest.Test(t, func(t *testing.T) { madSession(t, target, int(how)%5, int(how)/5%numManners, data) })
	})
}

func madSession(t *testing.T, target Target, stage, manner int, data []byte) {
	var servers sync.WaitGroup
	defer servers.Wait()
	var connections atomic.Int32 // a server that moves the publisher has it dialled by another goroutine
	o := Options{
		Video: &VideoTrack{Config: []byte{1}}, Audio: &AudioTrack{Config: []byte{1}}, Interleave: -1,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			if connections.Add(1) > (1+maxMoves)*maxConnections {
				t.Error("too many connections")
			}
			client, server := net.Pipe()
			left := make(chan struct{})
			servers.Go(func() { io.Copy(io.Discard, server); close(left) })
			servers.Go(func() { serveMadly(server, stage, manner, data, left) })
			return client, nil
		},
	}
	began := time.Now()
	p, err := Dial(t.Context(), target, o)
	if took := time.Since(began); took > time.Duration(connections.Load())*25*time.Second {
		t.Errorf("Dial took %v and %d connections", took, connections.Load())
	}
	if err != nil {
		return
	}
	for i := range 4 {
		at := time.Duration(i) * 20 * time.Millisecond
		p.WriteVideo(Packet{DTS: at, PTS: at, Key: i%2 == 0, Data: make([]byte, 9000)})
		p.WriteAudio(Packet{DTS: at, Data: make([]byte, 300)})
		p.Stats()
		time.Sleep(time.Second)
	}
	began = time.Now()
	p.Close(t.Context())
	<-p.Done()
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("Close took %v", took)
	}
}

// serveMadly is in good order up to a stage. left is closed when the client is gone.
func serveMadly(server net.Conn, stage, manner int, data []byte, left chan struct{}) {
	for _, b := range good()[:min(stage, 4)] {
		server.Write(b)
	}
	if len(data) == 0 && manner > saysAndStays {
		manner = saysAndStays
	}
	for i := 0; manner == drips; i = (i + 1) % len(data) {
		if _, err := server.Write(data[i : i+1]); err != nil {
			break
		}
		time.Sleep(3 * time.Second)
	}
	server.Write(data)
	for n := 0; manner == repeats && n < 128<<10; n += len(data) {
		if _, err := server.Write(data); err != nil {
			break
		}
	}
	if manner == saysAndStays {
		<-left
	}
	server.Close()
}
