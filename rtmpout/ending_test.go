package rtmpout_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
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

// K2: redirects are followed, at most 5, never to a weaker scheme; user and password
// do not go to another host.
func TestK2Redirect(t *testing.T) {
	redirecting := func(to func() string, how string) *rtmptest.Server {
		return scripted(t, func(c *rtmptest.Conn) error {
			cmd, err := upTo(c, "connect")
			if err != nil {
				return err
			}
			info := append(rtmptest.Status("error", "NetConnection.Connect.Rejected", "moved"), rtmptest.Property{Name: "ex",
				Value: rtmptest.Object{{Name: "code", Value: 302}, {Name: "redirect", Value: to()}, {Name: "redirect2", Value: to() + "/x"}}})
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
	for _, err := range []error{&rtmpout.URLError{}, &rtmpout.OptionsError{}, &rtmpout.TLSError{Reason: rtmpout.TLSExpired},
		&rtmpout.TLSError{Reason: rtmpout.TLSWrongName}, &rtmpout.TLSError{Reason: rtmpout.TLSUnknownAuthority}, &rtmpout.TLSError{Reason: rtmpout.TLSPlainPort},
		&rtmpout.AuthError{}, &rtmpout.NotRTMPError{}, &rtmpout.RejectedError{Code: "NetStream.Publish.Denied"}, rtmpout.ErrAborted, nil} {
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

// pki is a certificate authority of a test.
type pki struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(48 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	root, err := x509.ParseCertificate(der)
	must(t, err)
	return &pki{root, key}
}

func (p *pki) server(t *testing.T, name string, validFor time.Duration) *tls.Config {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(validFor)}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template, p.root, key.Public(), p.key)
	must(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// T1: RTMPS: verified name and chain, SNI, TLS 1.2 at least, close_notify at the
// end; each failure is told apart.
func TestT1TLS(t *testing.T) {
	pki := newPKI(t)
	trusting := func(server string) rtmpout.Options {
		o := avOptions()
		o.Authorities = []*x509.Certificate{pki.root}
		o.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		}
		return o
	}
	t.Run("good", func(t *testing.T) {
		config := pki.server(t, "live.example.com", time.Hour)
		names := make(chan string, 1)
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			names <- hello.ServerName
			for _, v := range hello.SupportedVersions {
				if v < tls.VersionTLS12 {
					t.Errorf("offers TLS %#x", v)
				}
			}
			return nil, nil
		}
		got := make(chan error, 1)
		srv := listen(t, rtmptest.Config{TLS: config, Script: func(c *rtmptest.Conn) {
			pub, err := c.Accept()
			if pub.URL != "rtmps://live.example.com/app" {
				t.Errorf("tcUrl %q, %v", pub.URL, err)
			}
			for {
				m, err := c.ReadMessage()
				if err != nil {
					got <- err // io.EOF only after close_notify
					return
				}
				if cmd, _ := rtmptest.ParseCommand(m); m.Type == wire.TypeCommand && cmd.Name == "deleteStream" {
					c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
				}
			}
		}})
		p, err := rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://live.example.com/app", "k"), trusting(srv.Address()))
		must(t, err)
		write(t, p, frame(0, true, 200_000))
		closeNow(t, p)
		if err := <-got; err != io.EOF {
			t.Errorf("the server sees %v, want close_notify", err)
		}
		if name := <-names; name != "live.example.com" {
			t.Errorf("SNI %q", name)
		}
	})
	t.Run("address without SNI", func(t *testing.T) {
		config := pki.server(t, "127.0.0.1", time.Hour)
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName != "" {
				t.Errorf("SNI %q for an address", hello.ServerName)
			}
			return nil, nil
		}
		srv, _ := receiving(t, rtmptest.Config{TLS: config})
		p, err := tryDial(t, srv, trusting(srv.Address()))
		must(t, err)
		closeNow(t, p)
	})
	for name, c := range map[string]struct {
		config *tls.Config
		trust  bool
		want   rtmpout.TLSReason
	}{
		"wrong name":        {pki.server(t, "other.example.com", time.Hour), true, rtmpout.TLSWrongName},
		"expired":           {pki.server(t, "live.example.com", -time.Hour), true, rtmpout.TLSExpired},
		"unknown authority": {pki.server(t, "live.example.com", time.Hour), false, rtmpout.TLSUnknownAuthority},
		"plain port":        {nil, true, rtmpout.TLSPlainPort},
	} {
		t.Run(name, func(t *testing.T) {
			srv := listen(t, rtmptest.Config{TLS: c.config})
			o := trusting(srv.Address())
			if !c.trust {
				o.Authorities = nil
			}
			_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://live.example.com/app", "thekey"), o)
			if e := causeAs[*rtmpout.TLSError](t, err, rtmpout.StepTLS); e.Reason != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	t.Run("old TLS", func(t *testing.T) {
		config := pki.server(t, "live.example.com", time.Hour)
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		srv := listen(t, rtmptest.Config{TLS: config})
		_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://live.example.com/app", "k"), trusting(srv.Address()))
		causeAs[*rtmpout.TLSError](t, err, rtmpout.StepTLS)
	})
}

// T2: schemes that nobody needs any more are refused in clear words.
func TestT2Unsupported(t *testing.T) {
	for _, scheme := range []string{"rtmpe", "rtmpte", "rtmpt", "rtmpts", "rtmfp"} {
		_, err := rtmpout.ParseTarget(scheme+"://h/app", "k")
		if e, ok := errors.AsType[*rtmpout.URLError](err); !ok || e.Reason != rtmpout.URLUnsupported {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

// authServer refuses until the query of the application has the right answer.
func authServer(t *testing.T, check func(query map[string]string) (description string, ok bool)) *rtmptest.Server {
	return listen(t, rtmptest.Config{Connect: func(p rtmptest.Publication) error {
		_, list, _ := strings.Cut(p.App, "?")
		query := map[string]string{}
		for pair := range strings.SplitSeq(list, "&") {
			name, value, _ := strings.Cut(pair, "=")
			query[name] = value
		}
		if !strings.Contains(p.URL, list) {
			t.Errorf("tcUrl %q, app %q", p.URL, p.App)
		}
		if description, ok := check(query); !ok {
			return &rtmptest.Reject{Code: "NetConnection.Connect.Rejected", Description: "[ AccessManager.Reject ] : " + description}
		}
		return nil
	}})
}

func b64md5(s string) string {
	h := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(h[:])
}

func hexmd5(s string) string {
	h := md5.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

func tryAuth(t *testing.T, srv *rtmptest.Server, userinfo string) error {
	server := strings.Replace(srv.URL("app"), "rtmp://", "rtmp://"+userinfo, 1)
	_, err := rtmpout.Probe(within(t, 5*time.Second), target(t, server, "k"), avOptions())
	return err
}

// U1: Adobe's authentication in three connections.
func TestU1AdobeAuth(t *testing.T) {
	for _, opaque := range []string{"", "&opaque=T3BhcXVl"} {
		srv := authServer(t, func(q map[string]string) (string, bool) {
			switch {
			case q["authmod"] == "":
				return "[ code=403 need auth; authmod=adobe ] : ", false
			case q["user"] != "joe":
				return "[ authmod=adobe ] : ?reason=nosuchuser", false
			case q["response"] == "":
				return "[ authmod=adobe ] : ?reason=needauth&user=joe&salt=c2FsdA==&challenge=Y2hhbA==" + opaque, false
			}
			theirs := "Y2hhbA=="
			if opaque != "" {
				if theirs = "T3BhcXVl"; q["opaque"] != theirs {
					t.Errorf("opaque %q", q["opaque"])
				}
			}
			if q["response"] != b64md5(b64md5("joec2FsdA==secret")+theirs+q["challenge"]) {
				return "[ authmod=adobe ] : ?reason=authfailed&opaque=x", false
			}
			return "", true
		})
		if err := tryAuth(t, srv, "joe:secret@"); err != nil {
			t.Error(err)
		}
		if n := srv.Connections(); n != 3 {
			t.Errorf("%d connections", n)
		}
		for userinfo, want := range map[string]rtmpout.AuthReason{"": rtmpout.AuthNeeded, "joe:wrong@": rtmpout.AuthFailed, "ann:secret@": rtmpout.AuthFailed} {
			if e := causeAs[*rtmpout.AuthError](t, tryAuth(t, srv, userinfo), rtmpout.StepConnect); e.Reason != want {
				t.Errorf("%q: %v", userinfo, e)
			}
		}
	}
}

// U2: Limelight's digest authentication.
func TestU2LimelightAuth(t *testing.T) {
	srv := authServer(t, func(q map[string]string) (string, bool) {
		switch {
		case q["authmod"] == "":
			return "[ code=403 need auth; authmod=llnw ] : ", false
		case q["response"] == "":
			return "[ authmod=llnw ] : ?reason=needauth&user=joe&nonce=abc", false
		}
		want := hexmd5(hexmd5("joe:live:secret") + ":abc:" + q["nc"] + ":" + q["cnonce"] + ":auth:" + hexmd5("publish:/app/_definst_"))
		if q["nc"] != "00000001" || q["nonce"] != "abc" || q["response"] != want {
			return "[ authmod=llnw ] : ?reason=authfailed", false
		}
		return "", true
	})
	if err := tryAuth(t, srv, "joe:secret@"); err != nil {
		t.Error(err)
	}
	if e := causeAs[*rtmpout.AuthError](t, tryAuth(t, srv, "joe:wrong@"), rtmpout.StepConnect); e.Reason != rtmpout.AuthFailed {
		t.Error(e)
	}
}

// The key, the password and what a server repeats of them never show.
func TestSecretsNeverShow(t *testing.T) {
	srv := listen(t, rtmptest.Config{Publish: func(p rtmptest.Publication) (rtmptest.Receiver, error) {
		return nil, &rtmptest.Reject{Code: "NetStream.Publish.Denied", Description: "no stream " + p.Key + " here"}
	}})
	server := strings.Replace(srv.URL("app"), "rtmp://", "rtmp://joe:hunter22@", 1)
	to := target(t, server, "sup3rsecret?token=abc")
	_, err := rtmpout.Dial(within(t, 5*time.Second), to, avOptions())
	causeAs[*rtmpout.RejectedError](t, err, rtmpout.StepPublish)
	text, _ := to.MarshalText()
	out := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v %s", to, to, to, to, to, to, to, struct{ T rtmpout.Target }{to}, struct{ t rtmpout.Target }{to}, text)
	out += fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, secret := range []string{"sup3rsecret", "token=abc", "hunter22", hex.EncodeToString([]byte("sup3r"))} {
		if strings.Contains(out, secret) {
			t.Errorf("%q shows in %s", secret, out)
		}
	}
	if !strings.Contains(to.String(), "•••") {
		t.Error(to.String())
	}
	_ = amf0.Object{}
}

// Plain failures on the way have their own types.
func TestDialFailures(t *testing.T) {
	_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, fmt.Sprintf("rtmp://127.0.0.1:%d/app", freePort(t)), "k"), avOptions())
	if e, ok := errors.AsType[*rtmpout.Error](err); !ok || e.Step != rtmpout.StepTCP || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused: %v", err)
	}
	_, err = rtmpout.Dial(within(t, 8*time.Second), target(t, "rtmp://no-such-host.invalid/app", "k"), avOptions())
	if e, ok := errors.AsType[*rtmpout.Error](err); !ok || e.Step != rtmpout.StepDNS {
		t.Errorf("no host: %v", err)
	}
	if _, ok := errors.AsType[*net.DNSError](err); !ok {
		t.Errorf("no host: %T %v", err, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	srv := scripted(t, func(c *rtmptest.Conn) error { cancel(); drain(c); return nil })
	began := time.Now()
	_, err = rtmpout.Dial(ctx, target(t, srv.URL("app"), "k"), avOptions())
	if took := time.Since(began); !errors.Is(err, context.Canceled) || took > time.Second {
		t.Errorf("cancelled: %v after %v", err, took)
	}
	if _, err := rtmpout.Dial(t.Context(), rtmpout.Target{}, avOptions()); err == nil {
		t.Error("no target, no error")
	}
}

// Probe stops before anything is published and tells how long each step took.
func TestProbe(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		cmd, err := upTo(c, "connect")
		if err != nil {
			return err
		}
		c.AcceptConnect(cmd)
		return expectEOF(c)
	})
	server, err := rtmpout.ParseServer(srv.URL("app"))
	must(t, err)
	report, err := rtmpout.Probe(within(t, 5*time.Second), server, avOptions())
	must(t, err)
	steps := ""
	for _, s := range report.Steps {
		steps += string(s.Step) + " "
		if s.Took < 0 || s.Took > time.Second {
			t.Errorf("%v", s)
		}
	}
	if steps != "dns tcp handshake connect " || report.ServerVersion != "FMS/3,0,1,123" {
		t.Errorf("%+v", report)
	}
}
