package rtmpout_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

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

var statusCodes = []struct {
	code, level string
	fatal       bool
}{
	{"NetStream.Publish.BadName", "error", true},
	{"NetStream.Publish.Denied", "error", true},
	{"NetStream.Publish.Rejected", "error", true},
	{"NetStream.Failed", "error", true},
	{"NetConnection.Connect.Rejected", "error", true},
	{"NetConnection.Connect.InvalidApp", "error", true},
	{"NetConnection.Connect.Failed", "error", true},
	{"NetConnection.Connect.AppShutdown", "error", true},
	{"NetConnection.Connect.Closed", "status", true},
	{"NetStream.Publish.BadName", "status", true},
	{"NetStream.Publish.Idle", "status", false},
	{"NetStream.Unpublish.Success", "status", false},
	{"NetStream.Record.Start", "status", false},
	{"NetStream.Record.NoAccess", "error", false},
	{"NetConnection.Connect.NetworkChange", "status", false},
	{"NetStream.Unheard.Of", "status", false},
	{"NetStream.Unheard.Of", "warning", false},
	{"NetStream.Unheard.Of", "error", true},
	{"NetStream.Unheard.Of", "", false},
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
		"status, then FIN": {
			func(c *rtmptest.Conn) { c.WriteStatus(1, "error", "NetStream.Failed", "too fast") },
			&rtmpout.RejectedError{Code: "NetStream.Failed", Description: "too fast"},
		},
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
