package rtmpout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// firstCommands returns the commands up to publish as a server decodes them.
func firstCommands(t *testing.T, server, key string, o rtmpout.Options) (list []rtmptest.Command) {
	t.Helper()
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		for {
			cmd, err := c.ReadCommand()
			if err != nil {
				return err
			}
			list = append(list, cmd)
			switch cmd.Name {
			case "connect":
				c.AcceptConnect(cmd)
			case "createStream":
				c.WriteCommand(0, "_result", cmd.Transaction, nil, 1)
			case "publish":
				started(c)
				drain(c)
				return nil
			}
		}
	})
	address := srv.Address()
	o.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	p, err := rtmpout.Dial(within(t, 5*time.Second), target(t, server, key), o)
	if err != nil {
		t.Fatal(err)
	}
	p.Abort()
	<-p.Done()
	return list
}

func connectOf(t *testing.T, server string, o rtmpout.Options) rtmptest.Object {
	t.Helper()
	return amf0.Properties(firstCommands(t, server, "k", o)[0].Arg(0))
}

// N1 N5: connect and its properties; no AMF0 long string, less than 4 KiB.
func TestN1Connect(t *testing.T) {
	w := new(tap)
	srv, _ := receiving(t, rtmptest.Config{})
	o := avOptions()
	o.DialContext = w.dial
	mustDial(t, srv, o).Abort()
	for _, c := range w.chunks(t) {
		if c.kind == wire.TypeCommand && c.first {
			if c.id != 3 || c.stream != 0 || c.length >= 4096 || c.time != 0 {
				t.Errorf("connect: %+v", c)
			}
			break
		}
	}
	cmd := firstCommands(t, "rtmp://example.com/app", "k", avOptions())[0]
	props := amf0.Properties(cmd.Arg(0))
	if cmd.Name != "connect" || cmd.Transaction != 1 {
		t.Errorf("%v", cmd)
	}
	for name, want := range map[string]any{"app": "app", "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; rtmpout)",
		"tcUrl": "rtmp://example.com/app", "swfUrl": "rtmp://example.com/app"} {
		if got := props.Get(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// N5: AMF0.
func TestN5ObjectEncoding(t *testing.T) {
	if got := connectOf(t, "rtmp://example.com/app", avOptions()).Get("objectEncoding"); got != 0.0 {
		t.Errorf("objectEncoding %v", got)
	}
}

// N2: server URL and key become app, tcUrl and publish name.
func TestN2URLs(t *testing.T) {
	for _, c := range []struct{ server, key, app, tcURL, host, name string }{
		{"rtmp://h/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h/app/", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"  rtmp://h/app \n", " k\t", "app", "rtmp://h/app", "h:1935", "k"},
		{"RTMP://h/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h:1935/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h:443/app", "k", "app", "rtmp://h:443/app", "h:443", "k"},
		{"rtmps://h:443/app", "k", "app", "rtmps://h/app", "h:443", "k"},
		{"rtmps://h:1935/app", "k", "app", "rtmps://h:1935/app", "h:1935", "k"},
		{"rtmp://h/live2?backup=1", "k", "live2?backup=1", "rtmp://h/live2?backup=1", "h:1935", "k"},
		{"rtmp://h/v2/pub", "k", "v2/pub", "rtmp://h/v2/pub", "h:1935", "k"},
		{"rtmp://h/a/b/c/", "k", "a/b/c", "rtmp://h/a/b/c", "h:1935", "k"},
		{"rtmps://h", "k", "", "rtmps://h/", "h:443", "k"},
		{"rtmps://h/", "k", "", "rtmps://h/", "h:443", "k"},
		{"rtmp://[::1]/app", "k", "app", "rtmp://[::1]/app", "[::1]:1935", "k"},
		{"rtmp://[2001:db8::1]:1936/app", "k", "app", "rtmp://[2001:db8::1]:1936/app", "[2001:db8::1]:1936", "k"},
		{"rtmp://[fe80::1%25eth0]/app", "k", "app", "rtmp://[fe80::1%25eth0]/app", "[fe80::1%25eth0]:1935", "k"},
		{"rtmp://u:p%40ss@h/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://192.0.2.1/app", "k", "app", "rtmp://192.0.2.1/app", "192.0.2.1:1935", "k"},
		{"rtmp://h/app/k", "", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h/app/k?token=a/b&x=%2F", "", "app", "rtmp://h/app", "h:1935", "k?token=a/b&x=%2F"},
		{"rtmp://h/a/b/k", "", "a/b", "rtmp://h/a/b", "h:1935", "k"},
		{"rtmp://h/live2?backup=1/k", "", "live2?backup=1", "rtmp://h/live2?backup=1", "h:1935", "k"},
		{"rtmp://h/app/", "k/with/slashes", "app", "rtmp://h/app", "h:1935", "k/with/slashes"},
		{"rtmp://h/app", "k#1 ü%", "app", "rtmp://h/app", "h:1935", "k#1 ü%"},
		{"rtmp://h/app//", "k", "app", "rtmp://h/app", "h:1935", "k"},
	} {
		got, err := rtmpout.ParseTarget(c.server, c.key)
		if err != nil {
			t.Errorf("%q: %v", c.server, err)
			continue
		}
		if got.App() != c.app || got.ServerURL() != c.tcURL || got.Host() != c.host {
			t.Errorf("%q: app %q, tcUrl %q, host %q", c.server, got.App(), got.ServerURL(), got.Host())
		}
		if got.Secure() {
			continue // T1 has what goes through TLS
		}
		list := firstCommands(t, c.server, c.key, avOptions())
		props := amf0.Properties(list[0].Arg(0))
		name := list[len(list)-1].Arg(1)
		if props.Get("app") != c.app || props.Get("tcUrl") != c.tcURL || name != c.name {
			t.Errorf("%q: on the wire app %q, tcUrl %q, name %q", c.server, props.Get("app"), props.Get("tcUrl"), name)
		}
	}
	for server, want := range map[string]rtmpout.URLReason{
		"": rtmpout.URLEmpty, "h/app": rtmpout.URLNoScheme, "http://h/app/k": rtmpout.URLBadScheme, "rtmp:///app/k": rtmpout.URLBadHost,
		"rtmp://h:0/app/k": rtmpout.URLBadPort, "rtmp://h:99999/app/k": rtmpout.URLBadPort, "rtmp://h:x/app/k": rtmpout.URLBadPort,
		"rtmp://::1/app/k": rtmpout.URLBadHost, "rtmp://[::1/app/k": rtmpout.URLBadHost, "rtmp://[h]/app/k": rtmpout.URLBadHost,
		"rtmp://h/a b/k": rtmpout.URLBadCharacter, "rtmp://h/app": rtmpout.URLNoKey, "rtmp://h": rtmpout.URLNoKey, "rtmp://h/": rtmpout.URLNoKey,
		"rtmp://h/" + strings.Repeat("x", 9000): rtmpout.URLTooLong,
	} {
		_, err := rtmpout.ParseTarget(server, "")
		if e, ok := errors.AsType[*rtmpout.URLError](err); !ok || e.Reason != want {
			t.Errorf("%.40q: %v, want %q", server, err, want)
		}
	}
}

// N3: the key is sent byte for byte, also a long one.
func TestN3KeyByteExact(t *testing.T) {
	for _, key := range []string{"live_1?token=..&x=%2F", "k?priority=1", "?streamname=live_1&key=2", strings.Repeat("ab+/=", 400)} {
		list := firstCommands(t, "rtmp://h/app", key, avOptions())
		for _, cmd := range list[1:] {
			if cmd.Name != "createStream" && cmd.Arg(1) != key {
				t.Errorf("%s with %q", cmd.Name, cmd.Arg(1))
			}
		}
	}
	_, err := rtmpout.ParseTarget("rtmp://h/app", "k\x00")
	if e, ok := errors.AsType[*rtmpout.URLError](err); !ok || e.Reason != rtmpout.URLBadKey {
		t.Error(err)
	}
}

// N4: the default ports, as the dialer gets them.
func TestN4DefaultPorts(t *testing.T) {
	for server, want := range map[string]string{"rtmp://example.com/app": "example.com:1935", "rtmps://example.com/app": "example.com:443",
		"rtmp://[::1]/app": "[::1]:1935"} {
		o := avOptions()
		asked := ""
		o.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
			asked = address
			return nil, errors.New("no network")
		}
		rtmpout.Dial(t.Context(), target(t, server, "k"), o)
		if asked != want {
			t.Errorf("%s: %s", server, asked)
		}
	}
}

// N6 N7 N8: what connect declares of Enhanced RTMP.
func TestN6FourCcList(t *testing.T) {
	o := avOptions()
	o.Video.Codec, o.Audio.Codec = rtmpout.HEVC, rtmpout.Opus
	if got := fmt.Sprint(connectOf(t, "rtmp://h/app", o).Get("fourCcList")); got != "[hvc1 Opus]" {
		t.Errorf("fourCcList %s", got)
	}
}

// N7: the info maps say that we encode.
func TestN7InfoMaps(t *testing.T) {
	o := avOptions()
	o.Video.Codec = rtmpout.AV1
	props := connectOf(t, "rtmp://h/app", o)
	if got := amf0.Properties(props.Get("videoFourCcInfoMap")).Get("av01"); got != 2.0 {
		t.Errorf("av01: %v", got)
	}
	if got := amf0.Properties(props.Get("audioFourCcInfoMap")).Get("mp4a"); got != 2.0 {
		t.Errorf("mp4a: %v", got)
	}
}

// N8: capsEx and videoFunction.
func TestN8Capabilities(t *testing.T) {
	props := connectOf(t, "rtmp://h/app", avOptions())
	if props.Get("capsEx") != 15.0 || props.Get("videoFunction") != 6.0 {
		t.Errorf("capsEx %v, videoFunction %v", props.Get("capsEx"), props.Get("videoFunction"))
	}
}

// N9: the server's capabilities are read from Properties or Information; without
// them nothing that needs them is sent, unless forced.
func TestN9ServerCapabilities(t *testing.T) {
	for _, where := range []string{"properties", "information", "nowhere", "forced"} {
		video := make(chan int, 1)
		srv := scripted(t, func(c *rtmptest.Conn) error {
			if err := c.Handshake(); err != nil {
				return err
			}
			cmd, err := c.ReadCommand("connect")
			if err != nil {
				return err
			}
			caps := rtmptest.Object{{Name: "capsEx", Value: 2}}
			props, info := rtmptest.Object{}, rtmptest.Status("status", "NetConnection.Connect.Success", "")
			switch where {
			case "properties":
				props = caps
			case "information":
				info = append(info, caps...)
			}
			c.WriteCommand(0, "_result", cmd.Transaction, props, info)
			c.ReadCommand("createStream")
			c.WriteCommand(0, "_result", 4, nil, 1)
			c.ReadCommand("publish")
			started(c)
			n := 0
			for {
				m, err := c.ReadMessage()
				if err != nil || m.Type == wire.TypeCommand {
					video <- n
					return nil
				}
				if m.Type == wire.TypeVideo && m.Data[0]&0x8f == 0x86 {
					n++
				}
			}
		})
		o := videoOnly()
		o.MoreVideo = []rtmpout.VideoTrack{*o.Video}
		if where == "forced" {
			o.Assume = rtmpout.CanMultitrack
		}
		p := mustDial(t, srv, o)
		second := frame(0, true, 100)
		second.Track = 1
		write(t, p, frame(0, true, 100), second)
		closeNow(t, p)
		want := 3 // configuration, frame, end of sequence
		if where == "nowhere" {
			want = 0
		}
		if got := <-video; got != want {
			t.Errorf("%s: %d multitrack messages, want %d", where, got, want)
		}
	}
}

// N10: a refused connect in all four shapes gives a typed error with the server's
// words, and an answer without information is accepted.
func TestN10ConnectRefused(t *testing.T) {
	refuse := func(answer func(c *rtmptest.Conn)) error {
		srv := scripted(t, func(c *rtmptest.Conn) error {
			if _, err := upTo(c, "connect"); err != nil {
				return err
			}
			answer(c)
			return nil
		})
		began := time.Now()
		_, err := tryDial(t, srv, avOptions())
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v", took)
		}
		return err
	}
	info := rtmptest.Status("error", "NetConnection.Connect.Rejected", "[ AccessManager.Reject ] : no such\x1b[2J app\n\u202e"+strings.Repeat("x", 900)+"thekey")
	for name, answer := range map[string]func(c *rtmptest.Conn){
		"_error":                  func(c *rtmptest.Conn) { c.WriteCommand(0, "_error", 1, nil, info); drain(c) },
		"onStatus":                func(c *rtmptest.Conn) { c.WriteCommand(0, "onStatus", 0, nil, info); drain(c) },
		"_result":                 func(c *rtmptest.Conn) { c.WriteCommand(0, "_result", 1, nil, info); drain(c) },
		"_error, info as object":  func(c *rtmptest.Conn) { c.WriteCommand(0, "_error", 1, info); drain(c) },
		"_error, then TCP closes": func(c *rtmptest.Conn) { c.WriteCommand(0, "_error", 1, nil, info) },
	} {
		e := causeAs[*rtmpout.RejectedError](t, refuse(answer), rtmpout.StepConnect)
		if e.Code != "NetConnection.Connect.Rejected" || !strings.HasPrefix(e.Description, "[ AccessManager.Reject ] : no such[2J app x") ||
			len(e.Description) > 512 || strings.Contains(e.Description, "thekey") {
			t.Errorf("%s: %q %q", name, e.Code, e.Description)
		}
	}
	causeAs[*rtmpout.ClosedError](t, refuse(func(*rtmptest.Conn) {}), rtmpout.StepConnect)
	e := causeAs[*rtmpout.RejectedError](t, refuse(func(c *rtmptest.Conn) { c.WriteCommand(0, "_error", 1) }), rtmpout.StepConnect)
	if e.Code != "" {
		t.Errorf("%+v", e)
	}
	for _, ok := range [][]any{{1}, {1, nil}, {1, nil, nil}, {1, nil, rtmptest.Object{}}} {
		b := raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: command("_result", ok...)}, 128)
		if err := answersConnect(t, b); err != nil {
			t.Errorf("_result%v: %v", ok, err)
		}
	}
	n := startNginx(t, "")
	_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, strings.Replace(n.url, "/live", "/none", 1), "k"), avOptions())
	causeAs[*rtmpout.ClosedError](t, err, rtmpout.StepConnect)
}

// N11: replies are matched by transaction, whatever their order.
func TestN11Transactions(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if _, err := upTo(c, "createStream"); err != nil {
			return err
		}
		c.WriteCommand(0, "_result", 77, nil, 9)
		c.WriteCommand(0, "_error", 78, nil, nil)
		c.WriteCommand(0, "_result", 4, nil, 6)
		c.WriteCommand(0, "_result", 3, nil, nil)
		c.WriteCommand(0, "_error", 2, nil, nil)
		cmd, err := c.ReadCommand("publish")
		if err != nil {
			return err
		}
		if cmd.Stream != 6 {
			t.Errorf("publish on %d", cmd.Stream)
		}
		c.WriteCommand(6, "_result", cmd.Transaction, nil, nil)
		c.WriteStatus(6, "status", "NetStream.Publish.Start", "")
		drain(c)
		return nil
	})
	mustDial(t, srv, avOptions()).Abort()
}

// N12: releaseStream and FCPublish, in this order before createStream, without
// waiting; malformed answers are ignored.
func TestN12ReleaseAndFCPublish(t *testing.T) {
	var names []string
	list := firstCommands(t, "rtmp://h/app", "k", avOptions())
	for i, cmd := range list {
		names = append(names, cmd.Name)
		if int(cmd.Transaction) != i+1 || i > 0 && cmd.Arg(0) != nil {
			t.Errorf("%+v", cmd)
		}
	}
	if got := strings.Join(names, " "); got != "connect releaseStream FCPublish createStream publish" {
		t.Error(got)
	}
	srv := scripted(t, func(c *rtmptest.Conn) error {
		if _, err := upTo(c, "releaseStream"); err != nil {
			return err
		}
		c.ReadCommand("FCPublish")
		c.WriteCommand(0, "onFCPublish") // one element, as ffmpeg
		c.WriteCommand(0, "_error", 2, nil, rtmptest.Status("error", "NetStream.Failed", ""))
		if _, err := c.ReadCommand("createStream"); err != nil {
			return err
		}
		c.WriteCommand(0, "_result", 4, nil, 1)
		c.ReadCommand("publish")
		started(c)
		drain(c)
		return nil
	})
	mustDial(t, srv, avOptions()).Abort()
}

// N13: createStream must give a number above 0; an error or silence is typed.
func TestN13CreateStream(t *testing.T) {
	try := func(values ...any) error {
		srv := scripted(t, func(c *rtmptest.Conn) error {
			if _, err := upTo(c, "createStream"); err != nil {
				return err
			}
			if len(values) > 0 {
				c.WriteCommand(0, values[0].(string), values[1:]...)
			}
			drain(c)
			return nil
		})
		o := avOptions()
		o.PublishTimeout = 500 * time.Millisecond
		_, err := tryDial(t, srv, o)
		return err
	}
	causeAs[*rtmpout.RejectedError](t, try("_error", 4, nil, rtmptest.Status("error", "NetConnection.Call.Failed", "")), rtmpout.StepCreateStream)
	for _, bad := range []any{0, -1, "x", nil, 1e12} {
		causeAs[*rtmpout.ProtocolError](t, try("_result", 4, nil, bad), rtmpout.StepCreateStream)
	}
	if e, ok := errors.AsType[*rtmpout.Error](try()); !ok || !e.Timeout() || e.Step != rtmpout.StepCreateStream {
		t.Errorf("silence: %v", e)
	}
}

// N14: publish on the new message stream, with the kind that is asked for.
func TestN14Publish(t *testing.T) {
	for _, kind := range []string{"", "live", "record", "append"} {
		o := avOptions()
		o.PublishType = kind
		list := firstCommands(t, "rtmp://h/app", "k", o)
		cmd := list[len(list)-1]
		want := kind
		if want == "" {
			want = "live"
		}
		if cmd.Stream != 1 || cmd.ChunkStream < 4 || cmd.Transaction == 0 || cmd.Arg(0) != nil || cmd.Arg(1) != "k" || cmd.Arg(2) != want {
			t.Errorf("%+v", cmd)
		}
	}
}

// N15: Publish.Start is waited for, whatever its transaction, and not for ever.
func TestN15WaitsForStart(t *testing.T) {
	for _, transaction := range []any{0, 5} {
		srv := scripted(t, func(c *rtmptest.Conn) error {
			if _, err := upTo(c, "publish"); err != nil {
				return err
			}
			c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
			if _, err := c.ReadByte(); err == nil {
				t.Error("something was sent before Publish.Start")
			}
			c.Deadline(5 * time.Second)
			c.WriteCommand(1, "onStatus", transaction, nil, rtmptest.Status("status", "NetStream.Publish.Start", ""))
			drain(c)
			return nil
		})
		mustDial(t, srv, avOptions()).Abort()
	}
	srv := scripted(t, func(c *rtmptest.Conn) error {
		_, err := upTo(c, "publish")
		drain(c)
		return err
	})
	o := avOptions()
	o.PublishTimeout = 300 * time.Millisecond
	_, err := tryDial(t, srv, o)
	if e, ok := errors.AsType[*rtmpout.Error](err); !ok || !e.Timeout() || e.Step != rtmpout.StepPublish {
		t.Errorf("silence: %v", err)
	}
}

var statusCodes = []struct {
	code, level string
	fatal       bool
}{
	{"NetStream.Publish.BadName", "error", true}, {"NetStream.Publish.Denied", "error", true}, {"NetStream.Publish.Rejected", "error", true},
	{"NetStream.Failed", "error", true}, {"NetConnection.Connect.Rejected", "error", true}, {"NetConnection.Connect.InvalidApp", "error", true},
	{"NetConnection.Connect.Failed", "error", true}, {"NetConnection.Connect.AppShutdown", "error", true}, {"NetConnection.Connect.Closed", "status", true},
	{"NetStream.Publish.BadName", "status", true}, {"NetStream.Publish.Idle", "status", false}, {"NetStream.Unpublish.Success", "status", false},
	{"NetStream.Record.Start", "status", false}, {"NetStream.Record.NoAccess", "error", false}, {"NetConnection.Connect.NetworkChange", "status", false},
	{"NetStream.Unheard.Of", "status", false}, {"NetStream.Unheard.Of", "warning", false}, {"NetStream.Unheard.Of", "error", true}, {"NetStream.Unheard.Of", "", false},
}

// N16: which status codes end an attempt and a stream.
func TestN16StatusBeforeAndDuringPublish(t *testing.T) {
	for _, s := range statusCodes {
		srv := scripted(t, func(c *rtmptest.Conn) error {
			_, err := upTo(c, "publish")
			c.WriteStatus(1, s.level, s.code, "")
			started(c)
			drain(c)
			return err
		})
		p, err := tryDial(t, srv, avOptions())
		if e, ok := errors.AsType[*rtmpout.RejectedError](err); ok != s.fatal || ok && e.Code != s.code {
			t.Errorf("before: %s %s: %v", s.code, s.level, err)
		}
		if p != nil {
			p.Abort()
		}
		told := make(chan bool)
		srv = live(t, func(c *rtmptest.Conn) error {
			c.WriteStatus(1, s.level, s.code, "")
			c.WriteEvent(wire.EventPingRequest, 1)
			waitPong(c, 1)
			close(told)
			drain(c)
			return nil
		})
		p = mustDial(t, srv, avOptions())
		<-told
		if s.fatal {
			if e := causeAs[*rtmpout.RejectedError](t, ended(t, p, time.Second), rtmpout.StepStream); e.Code != s.code {
				t.Errorf("during: %v", e)
			}
		} else if err := p.Err(); err != nil {
			t.Errorf("during: %s %s: %v", s.code, s.level, err)
		}
	}
}

// N17: every way in which a server ends a stream is told within a second.
func TestN17MidStreamEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(c *rtmptest.Conn)
		want error
	}{
		"FIN":   {func(c *rtmptest.Conn) {}, &rtmpout.ClosedError{}},
		"RST":   {func(c *rtmptest.Conn) { c.Reset() }, &rtmpout.ClosedError{Reset: true}},
		"close": {func(c *rtmptest.Conn) { c.WriteCommand(0, "close", 0, nil); drain(c) }, &rtmpout.ClosedError{Code: "close"}},
		"status, then FIN": {func(c *rtmptest.Conn) { c.WriteStatus(1, "error", "NetStream.Failed", "too fast") },
			&rtmpout.RejectedError{Code: "NetStream.Failed", Description: "too fast"}},
	} {
		srv := live(t, func(conn *rtmptest.Conn) error {
			next(conn, wire.TypeVideo)
			c.do(conn)
			return nil
		})
		p := mustDial(t, srv, videoOnly())
		write(t, p, frame(0, true, 100))
		err := ended(t, p, time.Second)
		if e, ok := errors.AsType[*rtmpout.Error](err); !ok || e.Step != rtmpout.StepStream || e.Err.Error() != c.want.Error() {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err := p.WriteVideo(frame(33, false, 10)); err == nil {
			t.Errorf("%s: writing goes on", name)
		}
	}
}

// N18: incomplete and malformed values are tolerated.
func TestN18SloppyAMF(t *testing.T) {
	noEnd := []byte{0x03, 0, 4, 'c', 'o', 'd', 'e', 0x02, 0, 29}
	noEnd = append(noEnd, "NetConnection.Connect.Success"...)
	ecma := []byte{0x08, 0, 0, 0, 0}
	ecma = append(ecma, noEnd[1:]...)
	for name, value := range map[string][]byte{
		"object without end":             noEnd,
		"ECMA array, count 0":            append(append([]byte(nil), ecma...), 0, 0, 9),
		"ECMA array, count 0 and no end": ecma,
		"half an end":                    append(append([]byte(nil), noEnd...), 0, 0),
	} {
		data := append(command("_result", 1, nil), value...)
		if err := answersConnect(t, raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: data}, 128)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	data := command("_result", 1, nil, rtmptest.Object{{Name: "code", Value: "NetConnection.Connect.Success"}}, 1, "more", nil)
	if err := answersConnect(t, raw(rtmptest.Message{ChunkStream: 3, Type: 20, Data: data}, 128)); err != nil {
		t.Error(err)
	}
}

// N19: commands that servers send unasked are never fatal.
func TestN19UnaskedCommands(t *testing.T) {
	srv := live(t, func(c *rtmptest.Conn) error {
		for _, name := range []string{"onBWDone", "_onbwcheck", "_onbwdone", "onFCPublish", "onFCUnpublish", "ping", "set_chunk", "call"} {
			c.WriteCommand(0, name)
			c.WriteCommand(0, name, 0, nil)
			c.WriteCommand(0, name, 3, nil, 8192, "x")
		}
		c.WriteMessage(rtmptest.Message{ChunkStream: 5, Stream: 1, Type: wire.TypeData, Data: command("|RtmpSampleAccess", true, true)})
		c.WriteEvent(wire.EventPingRequest, 5)
		return waitPong(c, 5)
	})
	p := mustDial(t, srv, avOptions())
	if e, ok := errors.AsType[*rtmpout.ClosedError](ended(t, p, 2*time.Second)); !ok {
		t.Error(e)
	}
}
