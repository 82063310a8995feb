package rtmpout_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// S1: a clean stop: what is queued, FCUnpublish, deleteStream, up to a second for
// the server's answer, FIN.
func TestS1CleanStop(t *testing.T) {
	for _, answers := range []bool{true, false} {
		var order []string
		finished := make(chan struct{})
		srv := live(t, func(c *rtmptest.Conn) error {
			defer close(finished)
			for {
				m, err := c.ReadMessage()
				if err == io.EOF {
					order = append(order, "FIN")
					return nil
				}
				if err != nil {
					return err
				}
				switch m.Type {
				case wire.TypeVideo:
					order = append(order, "video")
				case wire.TypeCommand:
					cmd, _ := rtmptest.ParseCommand(m)
					order = append(order, fmt.Sprint(cmd.Name, cmd.Args[1]))
					if m.ChunkStream != 3 || cmd.Name == "deleteStream" && cmd.Transaction != 0 {
						t.Errorf("%+v", cmd)
					}
					if cmd.Name == "deleteStream" && answers {
						c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
					}
				}
			}
		})
		p := mustDial(t, srv, videoOnly())
		write(t, p, frame(0, true, 300_000), frame(33, false, 10))
		began := time.Now()
		closeNow(t, p)
		took := time.Since(began)
		if answers && took > 500*time.Millisecond || took > 1500*time.Millisecond || !answers && took < 900*time.Millisecond {
			t.Errorf("answers %v: took %v", answers, took)
		}
		<-finished
		if got := strings.Join(order, " "); got != "video video video FCUnpublishthekey deleteStream1 FIN" {
			t.Error(got)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if err := p.WriteVideo(frame(66, true, 5)); !errors.Is(err, rtmpout.ErrClosed) {
			t.Errorf("write after Close: %v", err)
		}
	}
}

// S1: Close is bounded also when the server takes nothing.
func TestS1CloseIsBounded(t *testing.T) {
	stop := make(chan struct{})
	srv := live(t, func(c *rtmptest.Conn) error { <-stop; return nil })
	defer close(stop)
	p := mustDial(t, srv, videoOnly())
	for i := range 60 {
		write(t, p, frame(33*i, true, 100_000))
		time.Sleep(2 * time.Millisecond)
	}
	began := time.Now()
	err := p.Close(within(t, 300*time.Millisecond))
	if took := time.Since(began); took > 2*time.Second || err == nil {
		t.Errorf("%v after %v", err, took)
	}
}

// S2: a failure sends no FCUnpublish and resets the connection.
func TestS2AbortiveEnd(t *testing.T) {
	result := make(chan error, 1)
	srv := live(t, func(c *rtmptest.Conn) error {
		for {
			m, err := c.ReadMessage()
			if err != nil {
				result <- err
				return nil
			}
			if m.Type == wire.TypeCommand {
				cmd, _ := rtmptest.ParseCommand(m)
				t.Errorf("%s was sent", cmd.Name)
			}
		}
	})
	p := mustDial(t, srv, videoOnly())
	write(t, p, frame(0, true, 10))
	time.Sleep(50 * time.Millisecond)
	p.Abort()
	if err := <-result; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server sees %v, want a reset", err)
	}
	if err := ended(t, p, time.Second); !errors.Is(err, rtmpout.ErrAborted) {
		t.Error(err)
	}
}

// K1: Reconnect Request: the new connection starts with a key frame before the old
// one is closed; no frame is lost or sent twice, and time goes on.
func TestK1ReconnectRequest(t *testing.T) {
	for _, reference := range []string{"absolute", "relative", "absent"} {
		t.Run(reference, func(t *testing.T) {
			var mu sync.Mutex
			var events []string
			var times [2][]uint32
			log := func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				events = append(events, fmt.Sprintf(format, args...))
			}
			var srv *rtmptest.Server
			var n atomic.Int32
			srv = listen(t, rtmptest.Config{Script: func(c *rtmptest.Conn) {
				c.Deadline(10 * time.Second)
				which := int(n.Add(1)) - 1
				pub, err := c.Accept()
				if err != nil {
					t.Error(err)
					return
				}
				log("%d publishes %s/%s", which, pub.App, pub.Key)
				for {
					m, err := c.ReadMessage()
					if err != nil {
						if err != io.EOF {
							t.Error(err)
						}
						log("%d ends", which)
						return
					}
					switch m.Type {
					case wire.TypeVideo:
						if m.Data[1] == 0 {
							log("%d configuration", which)
							continue
						}
						if len(times[which]) == 0 {
							log("%d first frame %x", which, m.Data[0])
						}
						times[which] = append(times[which], m.Time)
						if which == 0 && len(times[0]) == 1 {
							info := rtmptest.Status("status", "NetConnection.Connect.ReconnectRequest", "maintenance")
							switch reference {
							case "absolute":
								info = append(info, rtmptest.Property{Name: "tcUrl", Value: srv.URL("other")})
							case "relative":
								info = append(info, rtmptest.Property{Name: "tcUrl", Value: "/other"})
							}
							c.WriteCommand(0, "onStatus", 0, nil, info)
						}
					case wire.TypeCommand:
						if cmd, _ := rtmptest.ParseCommand(m); cmd.Name == "deleteStream" {
							log("%d deleteStream", which)
							c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
						}
					}
				}
			}})
			o := videoOnly()
			var redirected []string
			o.Redirected = func(to rtmpout.Target) { redirected = append(redirected, to.ServerURL()) }
			p := mustDial(t, srv, o)
			const frames = 60
			for i := range frames {
				write(t, p, frame(33*i, i%20 == 0, 100))
				time.Sleep(10 * time.Millisecond)
			}
			if s := p.Stats(); s.Moves != 1 || s.Dropped != 0 {
				t.Errorf("%+v", s)
			}
			closeNow(t, p)
			srv.Close()
			app := "other"
			if reference == "absent" {
				app = "app"
			}
			want := fmt.Sprintf("0 publishes app/thekey, 0 configuration, 0 first frame 17, 1 publishes %s/thekey", app)
			got := strings.Join(events, ", ")
			if !strings.HasPrefix(got, want) || !strings.Contains(got, "1 first frame 17") || !strings.Contains(got, "0 deleteStream") {
				t.Error(got)
			}
			all := append(append([]uint32(nil), times[0]...), times[1]...)
			if len(all) != frames || len(times[0])%20 != 0 {
				t.Errorf("%d and %d frames", len(times[0]), len(times[1]))
			}
			for i, ms := range all {
				if ms != uint32(33*i) {
					t.Fatalf("frame %d at %d", i, ms)
				}
			}
			if p.Target().App() != app || len(redirected) != 1 {
				t.Errorf("now at %s, %v", p.Target(), redirected)
			}
		})
	}
}

// K1: when the new place does not answer, the old connection goes on.
func TestK1ReconnectFails(t *testing.T) {
	warned := make(chan string, 1)
	srv := live(t, func(c *rtmptest.Conn) error {
		info := append(rtmptest.Status("status", "NetConnection.Connect.ReconnectRequest", ""), rtmptest.Property{Name: "tcUrl", Value: "rtmp://127.0.0.1:1/app"})
		c.WriteCommand(0, "onStatus", 0, nil, info)
		drain(c)
		return nil
	})
	o := videoOnly()
	o.Warn = func(s string) { warned <- s }
	p := mustDial(t, srv, o)
	if s := <-warned; strings.Contains(s, "thekey") {
		t.Error(s)
	}
	write(t, p, frame(0, true, 10))
	closeNow(t, p)
}

// K2: redirects are followed, at most 5, never to a weaker scheme.
func TestK2Redirect(t *testing.T) {
	redirecting := func(to func() string, how string) *rtmptest.Server {
		return scripted(t, func(c *rtmptest.Conn) error {
			cmd, err := upTo(c, "connect")
			if err != nil {
				return err
			}
			info := append(rtmptest.Status("error", "NetConnection.Connect.Rejected", "moved"), rtmptest.Property{
				Name:  "ex",
				Value: rtmptest.Object{{Name: "code", Value: 302}, {Name: "redirect", Value: to()}, {Name: "redirect2", Value: to() + "/x"}},
			})
			tx := cmd.Transaction
			if how == "onStatus" {
				tx = 0
			}
			c.WriteCommand(0, how, tx, nil, info)
			drain(c)
			return nil
		})
	}
	end, got := receiving(t, rtmptest.Config{})
	second := redirecting(func() string { return end.URL("final?x=1") }, "onStatus")
	first := redirecting(func() string { return second.URL("two") }, "_error")
	p := mustDial(t, first, videoOnly())
	if p.Target().ServerURL() != end.URL("final?x=1") {
		t.Errorf("ended at %s", p.Target())
	}
	closeNow(t, p)
	got.wait(t)

	var loop *rtmptest.Server
	loop = redirecting(func() string { return loop.URL("again") }, "_error")
	_, err := tryDial(t, loop, videoOnly())
	causeAs[*rtmpout.RedirectError](t, err, rtmpout.StepConnect)
	if n := loop.Connections(); n != 6 {
		t.Errorf("%d connections", n)
	}
	o := videoOnly()
	o.NoRedirect = true
	_, err = tryDial(t, first, o)
	causeAs[*rtmpout.RedirectError](t, err, rtmpout.StepConnect)

	pki := newPKI(t)
	tlsServer := listen(t, rtmptest.Config{TLS: pki.server(t, "127.0.0.1", time.Hour), Script: func(c *rtmptest.Conn) {
		if cmd, err := upTo(c, "connect"); err == nil {
			info := append(rtmptest.Status("error", "x", ""), rtmptest.Property{Name: "ex", Value: rtmptest.Object{{Name: "code", Value: 302}, {Name: "redirect", Value: end.URL("app")}}})
			c.WriteCommand(0, "_error", cmd.Transaction, nil, info)
			drain(c)
		}
	}})
	o = videoOnly()
	o.Authorities = []*x509.Certificate{pki.root}
	_, err = tryDial(t, tlsServer, o)
	causeAs[*rtmpout.RedirectError](t, err, rtmpout.StepConnect)
}

// K3: waits grow with jitter up to a limit; a name in use waits longer at once.
func TestK3Backoff(t *testing.T) {
	var b rtmpout.Backoff
	lost := &rtmpout.Error{Step: rtmpout.StepStream, Err: &rtmpout.ClosedError{}}
	var last time.Duration
	seen := map[time.Duration]bool{}
	for i := range 20 {
		wait, again := b.Next(lost)
		if !again || wait < last*8/10 || wait > 33*time.Second || i == 0 && (wait < 900*time.Millisecond || wait > 1100*time.Millisecond) {
			t.Errorf("attempt %d: %v after %v", i, wait, last)
		}
		last = wait
		seen[wait] = true
	}
	if last < 27*time.Second || len(seen) < 19 {
		t.Errorf("last %v, %d different", last, len(seen))
	}
	b.Reset()
	if wait, _ := b.Next(&rtmpout.RejectedError{Code: "NetStream.Publish.BadName"}); wait < 4*time.Second {
		t.Errorf("name in use: %v", wait)
	}
	// nginx tells that the name is in use while an old connection lives.
	n := startNginx(t, "")
	p := dial(t, n.url, "twice", videoOnly())
	_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, n.url, "twice"), videoOnly())
	e := causeAs[*rtmpout.RejectedError](t, err, rtmpout.StepPublish)
	if e.Code != "NetStream.Publish.BadName" || !rtmpout.Retryable(err) {
		t.Error(err)
	}
	closeNow(t, p)
}

// K4: what only a person can change is not tried again.
func TestK4NoRetry(t *testing.T) {
	for _, err := range []error{
		&rtmpout.URLError{}, &rtmpout.OptionsError{}, &rtmpout.TLSError{Reason: rtmpout.TLSExpired},
		&rtmpout.TLSError{Reason: rtmpout.TLSWrongName}, &rtmpout.TLSError{Reason: rtmpout.TLSUnknownAuthority}, &rtmpout.TLSError{Reason: rtmpout.TLSPlainPort},
		&rtmpout.AuthError{}, &rtmpout.NotRTMPError{}, &rtmpout.RejectedError{Code: "NetStream.Publish.Denied"}, rtmpout.ErrAborted, context.Canceled, nil,
	} {
		var b rtmpout.Backoff
		wrapped := err
		if err != nil {
			wrapped = &rtmpout.Error{Step: rtmpout.StepTLS, Err: err}
		}
		if _, again := b.Next(wrapped); again {
			t.Errorf("%v is tried again", err)
		}
	}
	for _, err := range []error{&rtmpout.ClosedError{}, &rtmpout.StalledError{}, &net.DNSError{}, syscall.ECONNREFUSED, context.DeadlineExceeded} {
		if !rtmpout.Retryable(&rtmpout.Error{Err: err}) {
			t.Errorf("%v is not tried again", err)
		}
	}
}

// S1: a Close that may not drain says goodbye between two chunks of what it gives
// up, and the server still reads it.
func TestS1HurriedGoodbye(t *testing.T) {
	var last []string
	finished := make(chan struct{})
	srv := live(t, func(c *rtmptest.Conn) error {
		defer close(finished)
		for {
			m, err := c.ReadMessage()
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				return nil
			}
			if m.Type == wire.TypeCommand {
				cmd, _ := rtmptest.ParseCommand(m)
				last = append(last, cmd.Name)
				if cmd.Name == "deleteStream" {
					c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
				}
			}
		}
	})
	o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: rtmpout.HEVC, Config: []byte{1}}, DialContext: (&slowLink{rate: 200_000}).dial}
	p := mustDial(t, srv, o)
	write(t, p, frame(0, true, 1_000_000)) // five seconds
	time.Sleep(100 * time.Millisecond)
	began := time.Now()
	if err := p.Close(within(t, 100*time.Millisecond)); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("took %v", took)
	}
	<-finished
	if got := strings.Join(last, " "); got != "FCUnpublish deleteStream" {
		t.Error(got)
	}
}
