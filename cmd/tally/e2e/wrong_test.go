package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// complaint checks what the program says when it fails: one line for a person,
// without the key and without an error's innards.
func (r run) complaint(t *testing.T, mentions string) {
	t.Helper()
	text := r.stderr()
	line := strings.TrimSuffix(text, "\n")
	if line == "" || strings.Contains(line, "\n") || !strings.HasPrefix(line, "tally: ") {
		t.Errorf("wants one line that begins with \"tally: \", got %q", text)
	}
	for _, innards := range []string{"dial tcp", "x509", "tls:", "EOF", "i/o timeout", "errno", "0x", "%!", "goroutine", "panic", "rtmpout:", "capture:", "connection refused"} {
		if strings.Contains(line, innards) {
			t.Errorf("%q is not for people: %q", innards, line)
		}
	}
	if !regexp.MustCompile("(?i)" + mentions).MatchString(line) {
		t.Errorf("does not mention %q: %q", mentions, line)
	}
	if strings.Contains(text+r.stdout(), secret) {
		t.Errorf("it printed the stream key: %q", text)
	}
	t.Log(line)
}

// explanation is a complaint that says in whole sentences what failed and what
// to do.
func (r run) explanation(t *testing.T, mentions string) {
	t.Helper()
	r.complaint(t, mentions)
	line := strings.TrimSpace(r.stderr())
	if sentences := strings.Count(line+" ", ". "); !strings.HasSuffix(line, ".") || sentences < 2 {
		t.Errorf("wants a sentence and advice: %q", line)
	}
}

// TestWrongDestination: each thing that can be wrong with a server is named,
// within seconds.
func TestWrongDestination(t *testing.T) {
	n := apptest.StartNGINX(t)
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	mute := apptest.Silence(t)
	ours, foreign := apptest.NewAuthority(t), apptest.NewAuthority(t)
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name, url string
		mentions  string
		within    time.Duration
	}{
		{"no such host", "rtmp://no-such-host.invalid/live/", `no host|looked up`, 15 * time.Second},
		{"nobody listens", "rtmp://" + apptest.FreeAddr(t) + "/live/", `listens|refused`, 5 * time.Second},
		{"a web server", "rtmp://" + web.Listener.Addr().String() + "/live/", `web server|http`, 5 * time.Second},
		{"TLS to a plain port", "rtmps://" + n.Addr + "/live/", `rtmp://`, 15 * time.Second},
		{"plain to a TLS port", "rtmp://" + apptest.StartTLS(t, n.Addr, ours.Issue(t, "127.0.0.1", soon)) + "/live/", `rtmps://`, 15 * time.Second},
		{"expired certificate", "rtmps://" + apptest.StartTLS(t, n.Addr, ours.Issue(t, "127.0.0.1", past)) + "/live/", `expired`, 5 * time.Second},
		{"foreign certificate", "rtmps://" + apptest.StartTLS(t, n.Addr, foreign.Issue(t, "127.0.0.1", soon)) + "/live/", `certificate|authority`, 5 * time.Second},
		{"certificate of another", "rtmps://" + apptest.StartTLS(t, n.Addr, ours.Issue(t, "somewhere.example", soon)) + "/live/", `certificate|name`, 5 * time.Second},
		{"wrong key", n.URL("guarded", ""), `key`, 10 * time.Second},
		{"no such application", n.URL("nothing", ""), `application|URL|server's name`, 15 * time.Second},
		{"never answers", "rtmp://" + mute + "/live/", `answer`, 20 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tally(t, []string{"SSL_CERT_FILE=" + ours.File}, "stream", "--video", "testcard", "--audio", "tone",
				"--size", "320x180", "--url", c.url+secret, "--duration", "60s")
			if status := r.Wait(t, c.within+5*time.Second); status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			r.explanation(t, c.mentions)
		})
	}
}

// TestProbe asks the same servers without going live.
func TestProbe(t *testing.T) {
	n := apptest.StartNGINX(t)
	good := tally(t, nil, "probe", "--url", n.URL("live", secret))
	good.succeed(t, 20*time.Second)
	for _, step := range []string{"tcp", "handshake", "connect"} {
		if !strings.Contains(strings.ToLower(good.stdout()), step) {
			t.Errorf("the step %q is missing:\n%s", step, good.stdout())
		}
	}
	if len(n.Publications()) != 0 {
		t.Error("probing published something")
	}
	bad := tally(t, nil, "probe", "--url", "rtmp://"+apptest.FreeAddr(t)+"/live")
	if status := bad.Wait(t, 20*time.Second); status != 1 {
		t.Errorf("exit status %d", status)
	}
	bad.explanation(t, `listens|refused`)
}

// TestWrongSource: a show that has nothing to show does not begin.
func TestWrongSource(t *testing.T) {
	n := apptest.StartNGINX(t)
	noVideo := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(noVideo, []byte("Dear reader, this is no film.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, video, audio, mentions string }{
		{"no film", "file:" + noVideo, "tone", `file|play`},
		{"no such file", "file:/nowhere/film.mkv", "tone", `file`},
		{"a folder", "file:" + t.TempDir(), "tone", `file|folder`},
		{"no screen", "screen", "tone", `screen|display`},
		{"no microphone", "testcard", "mic", `microphone|sound`},
		{"no such camera", "camera:nobody", "tone", `camera`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tally(t, nil, "stream", "--video", c.video, "--audio", c.audio, "--size", "320x180",
				"--url", n.URL("live", secret), "--duration", "60s")
			if status := r.Wait(t, 20*time.Second); status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			r.explanation(t, c.mentions)
		})
	}
}

// TestWrongRecording: the disk fails, and viewers do not notice.
func TestWrongRecording(t *testing.T) {
	small := smallDisk(t)
	for _, c := range []struct{ name, path, mentions string }{
		{"no such folder", "/nowhere/show.mkv", `record|folder|file`},
		{"not writable", "/proc/show.mkv", `record|folder|file|writ`},
		{"full disk", small, `disk|full|space`},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := apptest.StartNGINX(t)
			r := tally(t, nil, "stream", "--video", "testcard", "--audio", "tone", "--size", "640x360", "--video-bitrate", "2500k",
				"--url", n.URL("live", secret), "--record", c.path, "--duration", "6s")
			if status := r.Wait(t, 30*time.Second); status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			r.explanation(t, c.mentions)
			// A recording that cannot begin may keep the show from beginning. One that breaks off may not end it.
			shows := n.Publications()
			if c.path == small && len(shows) == 0 {
				t.Error("viewers saw nothing")
			}
			for range shows {
				if p := n.WaitEnded(t, secret, 5*time.Second); !p.Orderly {
					t.Error("the show did not end as asked")
				}
			}
		})
	}
}
