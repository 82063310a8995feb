package apptest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tools are trusted when they measure right what ffmpeg, which is not ours,
// sends.

func TestPublicationAsTheServerSeesIt(t *testing.T) {
	n := StartNGINX(t)
	film := MakeFilm(t, "320x180", 30, 6)
	viewer := n.Watch(t, "x", 4*time.Second)
	p := publish(t, film, n.URL("live", "x"))
	n.WaitPublished(t, "x", 1, 10*time.Second)
	if status := p.Wait(t, 30*time.Second); status != 0 {
		t.Fatal("ffmpeg could not publish")
	}
	if end := n.WaitEnded(t, "x", 5*time.Second); !end.Orderly {
		t.Error("ffmpeg says goodbye, and the harness did not see it")
	}
	m := Probe(t, viewer.File(t))
	if m.Video == nil || m.Audio == nil {
		t.Fatal("the viewer did not get picture and sound")
	}
	if v := m.Video; v.Codec != "h264" || v.Width != 320 || v.FPS < 29 || v.FPS > 31 || len(v.KeyIntervals) == 0 || v.KeyIntervals[0] < 1.9 || v.KeyIntervals[0] > 2.1 {
		t.Errorf("picture: %+v", *v)
	}
	if a := m.Audio; a.Codec != "aac" || a.Rate != 48000 || a.Channels != 2 {
		t.Errorf("sound: %+v", *a)
	}
}

func TestAbruptEndIsNoGoodbye(t *testing.T) {
	n := StartNGINX(t)
	p := publish(t, MakeFilm(t, "320x180", 30, 6), n.URL("live", "x"))
	n.WaitPublished(t, "x", 1, 10*time.Second)
	p.Kill()
	if end := n.WaitEnded(t, "x", 5*time.Second); end.Orderly {
		t.Error("the publisher was killed, and the harness saw a goodbye")
	}
}

func TestWrongKeyIsRefused(t *testing.T) {
	n := StartNGINX(t)
	film := MakeFilm(t, "320x180", 30, 2)
	if status := publish(t, film, n.URL("guarded", "wrong-key")).Wait(t, 20*time.Second); status == 0 {
		t.Error("the server took a wrong key")
	}
	if status := publish(t, film, n.URL("guarded", GuardedKey)).Wait(t, 20*time.Second); status != 0 {
		t.Error("the server did not take the right key")
	}
}

func TestServerComesBack(t *testing.T) {
	n := StartNGINX(t)
	n.Kill()
	if listening(n.Addr) {
		t.Fatal("somebody still listens")
	}
	n.Start(t)
	if !listening(n.Addr) {
		t.Fatal("nobody listens again")
	}
}

func TestListener(t *testing.T) {
	l := StartListener(t)
	publish(t, MakeFilm(t, "320x180", 30, 3), l.URL).Wait(t, 20*time.Second)
	if m := Probe(t, l.File(t)); m.Video == nil || m.Video.Frames < 80 {
		t.Errorf("received %+v", m.Video)
	}
}

// TestOffsetsAreMeasured delays the sound by a known time, and wants to find
// just that.
func TestOffsetsAreMeasured(t *testing.T) {
	film := MakeFilm(t, "320x180", 30, 6)
	late := filepath.Join(t.TempDir(), "late.flv")
	run(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-i", film, "-itsoffset", "0.120", "-i", film,
		"-map", "0:v", "-map", "1:a", "-c", "copy", "-y", late)
	for path, want := range map[string]time.Duration{film: 0, late: 120 * time.Millisecond} {
		m := FlashAndBeep(t, path)
		offsets := m.Offsets()
		if len(m.Flashes) < 4 || len(offsets) < 4 {
			t.Fatalf("found %d flashes and %d beeps in 6 s", len(m.Flashes), len(m.Beeps))
		}
		for _, got := range offsets {
			if d := got - want; d.Abs() > 10*time.Millisecond {
				t.Errorf("measured %v, want %v", got, want)
			}
		}
	}
}

// TestMovingIsMeasured shows every picture of a film three times.
func TestMovingIsMeasured(t *testing.T) {
	film := MakeFilm(t, "320x180", 30, 3)
	slow := filepath.Join(t.TempDir(), "slow.flv")
	run(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-i", film, "-vf", "fps=10,fps=30", "-c:v", "libx264", "-preset", "ultrafast", "-an", "-y", slow)
	if m := Moving(t, film); m < 0.95 {
		t.Errorf("%.2f of a film's pictures move", m)
	}
	if m := Moving(t, slow); m < 0.28 || m > 0.4 {
		t.Errorf("%.2f of the pictures move, where each is shown three times", m)
	}
}

func TestDesktop(t *testing.T) {
	d := StartDesktop(t, "640x480")
	film := MakeFilm(t, "640x480", 25, 3)
	player := d.Play(t, film, nil)
	one, two := filepath.Join(t.TempDir(), "1.png"), filepath.Join(t.TempDir(), "2.png")
	Until(t, 10*time.Second, "the screen to move", func() bool {
		d.Screenshot(t, one)
		d.Screenshot(t, two)
		return read(t, one) != read(t, two)
	})
	player.Signal(syscall.SIGTERM)
	player.Wait(t, 5*time.Second)
}

func TestSound(t *testing.T) {
	s := StartSound(t)
	hear := func() string {
		return run(t, append(Env(t.TempDir()), s.Env()...), "ffmpeg", "-nostdin", "-loglevel", "error",
			"-f", "pulse", "-i", "default", "-t", "1", "-f", "s16le", "-")
	}
	if strings.Trim(hear(), "\x00") != "" {
		t.Error("the room is not silent")
	}
	stop := s.Tone(t)
	if strings.Trim(hear(), "\x00") == "" {
		t.Error("the microphone does not hear the tone")
	}
	stop()
}

// publish sends a film in real time.
func publish(t *testing.T, film, url string) *Process {
	t.Helper()
	return Start(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-i", film, "-c", "copy", "-f", "flv", url)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
