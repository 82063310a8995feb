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
	for name, want := range map[string]any{
		"app": "app", "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; rtmpout)",
		"tcUrl": "rtmp://example.com/app", "swfUrl": "rtmp://example.com/app",
	} {
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
