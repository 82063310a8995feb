package rtmpout

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"testing"
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
	target, err := ParseTarget("rtmp://h/app", "secretkey")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		o, _ := Options{}.normal()
		l := &link{target: target, opts: &o, stream: 1, rd: wire.NewReader(bufio.NewReader(bytes.NewReader(nil)), serverLimits)}
		l.flow.init(&o)
		l.flow.wrote(100_000, time.Now())
		for range 2 {
			r := l.handle(wire.Message{Type: kind, Data: data})
			if len(r.code) > 512 || len(r.description) > 512 || bytes.Contains([]byte(r.description), []byte("secretkey")) {
				t.Fatalf("%q %q", r.code, r.description)
			}
			r.end()
			l.refusal(r)
			readServerInfo(r)
			lastNumber(r)
			l.acknowledge()
		}
		if len(l.replies.take(nil, 1<<20)) > 1024 {
			t.Fatal("one message is owed more than 1 KiB of replies")
		}
		if l.flow.acks.acked > l.flow.sent {
			t.Fatalf("%d acked of %d", l.flow.acks.acked, l.flow.sent)
		}
		if ref, ok := r(l, kind, data); ok {
			if next, err := target.redirect(ref); err == nil && (next.key() != "secretkey" || next.IsZero()) {
				t.Fatalf("%q leads to %v", ref, next)
			}
		}
	})
}

// r takes the redirect out of a command, if there is one.
func r(l *link, kind uint8, data []byte) (string, bool) {
	if kind != wire.TypeCommand {
		return "", false
	}
	reply := parseReply(data, l.target)
	s, ok := reply.info.Get("tcUrl").(string)
	return s, ok
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

// FuzzSession is a live publisher whose server goes mad at some stage.
func FuzzSession(f *testing.F) {
	for stage := range uint8(5) {
		f.Add(stage, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		f.Add(stage, wire.AppendControl(nil, wire.TypeSetChunkSize, 1))
		f.Add(stage, wire.AppendPeerBandwidth(wire.AppendControl(nil, wire.TypeWindowAckSize, 1), 0, wire.LimitHard))
		f.Add(stage, wire.AppendUserControl(wire.AppendUserControl(nil, wire.EventPingRequest, 1), wire.EventStreamEOF, 1))
		f.Add(stage, wire.AppendMessage(nil, wire.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: amf0.Append(nil, "onStatus", 0, nil,
			amf0.Object{{Name: "code", Value: "NetConnection.Connect.ReconnectRequest"}, {Name: "tcUrl", Value: "rtmp://127.0.0.1:1/x"}})}, 128))
		f.Add(stage, wire.AppendMessage(nil, wire.Message{ChunkStream: 3, Type: wire.TypeCommand, Data: amf0.Append(nil, "_error", 1, nil,
			amf0.Object{{Name: "description", Value: "[ authmod=adobe ] : ?reason=needauth&user=u&salt=s&challenge=c"}})}, 128))
	}
	target, err := ParseTarget("rtmp://user:password@h/app", "key")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, stage uint8, data []byte) {
		connections := 0
		o := Options{
			Video: &VideoTrack{Config: []byte{1}}, Audio: &AudioTrack{Config: []byte{1}}, Interleave: -1,
			ConnectTimeout: 250 * time.Millisecond, PublishTimeout: 250 * time.Millisecond, StallTimeout: 250 * time.Millisecond,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				if connections++; connections > maxConnections {
					t.Error("too many connections")
				}
				client, server := net.Pipe()
				go io.Copy(io.Discard, server)
				go func() {
					for i, b := range good() {
						if i == int(stage%5) {
							break
						}
						server.Write(b)
					}
					server.Write(data)
					server.Close()
				}()
				return client, nil
			},
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p, err := Dial(ctx, target, o)
		if err == nil {
			for i := range 4 {
				at := time.Duration(i) * 20 * time.Millisecond
				p.WriteVideo(Packet{DTS: at, PTS: at, Key: i == 0, Data: make([]byte, 9000)})
				p.WriteAudio(Packet{DTS: at, Data: make([]byte, 300)})
			}
			p.Stats()
			closing, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
			p.Close(closing)
			cancel()
			<-p.Done()
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
