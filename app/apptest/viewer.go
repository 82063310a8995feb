package apptest

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// Viewer is somebody who watches a stream and keeps what they get.
type Viewer struct {
	path string
	long time.Duration
	proc *Process
}

// Watch begins to watch a stream of the application "live", for that long from
// its first picture on. The stream may begin later.
func (n *NGINX) Watch(t testing.TB, key string, long time.Duration) *Viewer {
	t.Helper()
	return n.WatchIn(t, "live", key, long)
}

// WatchIn is Watch for any application.
func (n *NGINX) WatchIn(t testing.TB, application, key string, long time.Duration) *Viewer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seen.flv")
	p := Start(t, nil, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning",
		"-rw_timeout", "180000000", "-fpsprobesize", "0", "-analyzeduration", "5000000", // else it looks at a slow stream for 90 s first
		"-i", n.URL(application, key),
		"-t", fmt.Sprintf("%.3f", long.Seconds()), "-c", "copy", "-flush_packets", "1", "-y", path)
	return &Viewer{path: path, long: long, proc: p}
}

// File waits for the viewer to have seen enough, and returns the file with it.
func (v *Viewer) File(t testing.TB) string {
	t.Helper()
	if status := v.proc.Wait(t, v.long+30*time.Second); status != 0 {
		t.Fatalf("the viewer's ffmpeg failed with status %d:\n%s", status, v.proc.Output())
	}
	return v.path
}

// Leave makes the viewer go, however much they have seen, and returns the file with
// it, which has no proper end.
func (v *Viewer) Leave() string {
	v.proc.Kill()
	return v.path
}

// Listener is ffmpeg as a server for one stream: the strictest there is, since
// it knows little of RTMP.
type Listener struct {
	URL string // with the key

	path string
	proc *Process
}

// StartListener starts a server for one stream on a free port.
func StartListener(t testing.TB) *Listener {
	t.Helper()
	addr := FreeAddr(t)
	l := &Listener{URL: "rtmp://" + addr + "/live/x", path: filepath.Join(t.TempDir(), "received.flv")}
	l.proc = Start(t, nil, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning",
		"-listen", "1", "-i", l.URL, "-c", "copy", "-y", l.path)
	Until(t, 5*time.Second, "ffmpeg listens", func() bool { return listening(addr) })
	return l
}

// File waits for the stream to end, and returns the file with it.
func (l *Listener) File(t testing.TB) string {
	t.Helper()
	if status := l.proc.Wait(t, 30*time.Second); status != 0 {
		t.Fatalf("ffmpeg as a server failed with status %d:\n%s", status, l.proc.Output())
	}
	return l.path
}
