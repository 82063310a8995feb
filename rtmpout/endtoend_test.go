package rtmpout_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

func TestPublishToTestServer(t *testing.T) {
	srv, got := receiving(t, rtmptest.Config{})
	c := mediaClip(t)
	p := dial(t, srv.URL("app"), "key", rtmpout.Options{Video: &c.video, Audio: &c.audio})
	c.send(t, p, 2, 0)
	closeNow(t, p)
	messages, err := got.wait(t)
	if err != nil {
		t.Errorf("the server has not seen an orderly end: %v", err)
	}
	if want := 2*len(c.Packets) + 3; len(messages) != want {
		t.Errorf("%d messages, want %d", len(messages), want)
	}
	// By type: this sends faster than a machine that is busy takes it, and then
	// sound overtakes pictures.
	last := map[uint8]uint32{}
	for _, m := range messages {
		if m.Time < last[m.Type] {
			t.Errorf("type %d: time goes back from %d to %d", m.Type, last[m.Type], m.Time)
		}
		last[m.Type] = m.Time
	}
}

// M3 M4 N3 F4 S1 W2: nginx takes the stream without a complaint, acknowledges, sees an
// orderly end, and what it records is decoded without a fault.
func TestM3Nginx(t *testing.T) {
	n := startNginx(t, "")
	c := mediaClip(t)
	p := dial(t, n.url, "show?token=a/b%2F", rtmpout.Options{Video: &c.video, Audio: &c.audio})
	c.send(t, p, 3, 0)
	s := p.Stats()
	if s.Acked == 0 || s.AckStyle != rtmpout.AckCumulative || s.InFlight > s.Sent {
		t.Errorf("nginx has not confirmed: %+v", s)
	}
	closeNow(t, p)
	time.Sleep(200 * time.Millisecond)
	decoded(t, filepath.Join(n.dir, "show.flv"), c, 3)
	log := n.errors(t)
	if strings.Contains(log, "[error]") || strings.Contains(log, "[alert]") {
		t.Errorf("nginx complains:\n%s", log)
	}
	if !strings.Contains(log, "deleteStream") {
		t.Errorf("nginx has not seen deleteStream:\n%s", log)
	}
}

// N12 N19 M3 M4: ffmpeg's server, whose replies are odd, takes the stream, and what it
// writes is decoded without a fault.
func TestN12FFmpeg(t *testing.T) {
	port := freePort(t)
	url := fmt.Sprintf("rtmp://127.0.0.1:%d/app", port)
	file := filepath.Join(t.TempDir(), "out.flv")
	f := start(t, "ffmpeg", "-v", "warning", "-listen", "1", "-i", url+"/key", "-c", "copy", "-y", file)
	waitListening(t, port)
	c := mediaClip(t)
	p := dial(t, url, "key", rtmpout.Options{Video: &c.video, Audio: &c.audio})
	c.send(t, p, 2, 0)
	closeNow(t, p)
	f.wait(t, 10*time.Second)
	decoded(t, file, c, 2)
}

// The server of rtmptest is checked with a client that is not ours.
func TestFFmpegPublishesToTestServer(t *testing.T) {
	srv, got := receiving(t, rtmptest.Config{})
	f := start(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine",
		"-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-f", "flv", srv.URL("app")+"/key")
	f.wait(t, 20*time.Second)
	messages, err := got.wait(t)
	if err != nil || f.err != nil {
		t.Errorf("server: %v; ffmpeg: %v", err, f.err)
	}
	video := 0
	for _, m := range messages {
		if m.Type == rtmptest.TypeVideo && len(m.Data) > 5 && m.Data[1] == 1 {
			video++
		}
	}
	if video != 60 {
		t.Errorf("%d frames, want 60", video)
	}
}
