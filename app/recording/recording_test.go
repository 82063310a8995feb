package recording

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/encoder"
)

// start runs a recording; stop finishes it and returns Run's error.
func start(t testing.TB, p Params) (r *Recording, stop func() error) {
	t.Helper()
	r, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return r, running(t, r)
}

func running(t testing.TB, r *Recording) (stop func() error) {
	done := make(chan error, 1)
	go func() { done <- r.Run(t.Context()) }()
	return func() error {
		r.Finish()
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Second):
			t.Fatal("Run does not return")
			return nil
		}
	}
}

var kinds = []string{"show.mkv", "show.mp4"}

func TestCleanEnd(t *testing.T) {
	for _, name := range kinds {
		t.Run(name, func(t *testing.T) {
			s := newShow(t)
			path := filepath.Join(t.TempDir(), name)
			r, stop := start(t, s.params(path))
			for range 10 * fps {
				s.frame(t, into(r))
			}
			s.flush(t, into(r))
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			p := playFile(t, path)
			if n := len(p.frames["video"]); n != 10*fps {
				t.Errorf("%d pictures of %d", n, 10*fps)
			}
			if d := p.frames["video"][0].at - p.frames["audio"][0].at; math.Abs(d) > .08 {
				t.Errorf("picture begins at %v, sound at %v", p.frames["video"][0].at, p.frames["audio"][0].at)
			}
			if d := p.end("video") - p.end("audio"); math.Abs(d) > .08 {
				t.Errorf("picture ends at %v, sound at %v", p.end("video"), p.end("audio"))
			}
			if !strings.HasPrefix(p.Format.Duration, "10.") {
				t.Errorf("duration is %s", p.Format.Duration)
			}
			st := r.Status()
			if info, err := os.Stat(path); err != nil || info.Size() != st.Bytes || st.Path != path || st.Dropped != 0 || st.Queued != 0 {
				t.Errorf("status is %+v, the file %d bytes", st, info.Size())
			}
			if d := st.Duration - 10*time.Second; d < -50*time.Millisecond || d > 50*time.Millisecond {
				t.Errorf("status says %v", st.Duration)
			}
			// A jump into the middle must land there, without reading from the beginning.
			out, err := exec.Command("ffprobe", "-v", "error", "-read_intervals", "7%+#1", "-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", path).Output()
			if at := strings.TrimSpace(string(out)); err != nil || !strings.Contains(at, "K") || !strings.HasPrefix(at, "7.") && !strings.HasPrefix(at, "6.") {
				t.Errorf("seeking to 7 s gives %q, %v", at, err)
			}
		})
	}
}

// TestBeginsAtKeyFrame joins a running show in the middle of a GOP.
func TestBeginsAtKeyFrame(t *testing.T) {
	for _, name := range kinds {
		s := newShow(t)
		path := filepath.Join(t.TempDir(), name)
		for range 45 {
			s.frame(t, func(p *encoder.Packet) { p.Release() })
		}
		r, stop := start(t, s.params(path))
		for range 2 * fps {
			s.frame(t, into(r))
		}
		s.flush(t, into(r))
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		p := playFile(t, path)
		if p.frames["video"][0].Key != 1 || len(p.frames["video"]) != 45+2*fps-2*fps {
			t.Errorf("%s: %d pictures, the first %+v", name, len(p.frames["video"]), p.frames["video"][0])
		}
		if d := p.frames["video"][0].at - p.frames["audio"][0].at; math.Abs(d) > .08 {
			t.Errorf("%s: picture begins at %v, sound at %v", name, p.frames["video"][0].at, p.frames["audio"][0].at)
		}
		if n := r.Status().Dropped; n != 0 {
			t.Errorf("%s: %d packets count as dropped", name, n)
		}
	}
}

func TestOnlyOneTrack(t *testing.T) {
	for _, name := range kinds {
		for _, video := range []bool{true, false} {
			s := newShow(t)
			path := filepath.Join(t.TempDir(), name)
			params := s.params(path)
			kind := "video"
			if video {
				params.Audio = nil
			} else {
				params.Video, kind = nil, "audio"
			}
			r, stop := start(t, params)
			for range fps {
				s.frame(t, into(r))
			}
			s.flush(t, into(r))
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if p := playFile(t, path); len(p.frames) != 1 || len(p.frames[kind]) < fps {
				t.Errorf("%s: %d %s frames, %d kinds", name, len(p.frames[kind]), kind, len(p.frames))
			}
		}
	}
}

func TestNothingToRecord(t *testing.T) {
	s := newShow(t)
	path := filepath.Join(t.TempDir(), "show.mkv")
	_, stop := start(t, s.params(path))
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty recording was left: %v", err)
	}
}

// TestCancel ends a show by its emergency brake: the file still gets its index.
func TestCancel(t *testing.T) {
	s := newShow(t)
	path := filepath.Join(t.TempDir(), "show.mkv")
	r, err := New(s.params(path))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for range 3 * fps {
		s.frame(t, into(r))
	}
	for r.Status().Queued > 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
	if p := playFile(t, path); len(p.frames["video"]) < 2*fps {
		t.Errorf("%d pictures", len(p.frames["video"]))
	}
	s.frame(t, into(r)) // must neither wait nor keep anything
	if st := r.Status(); st.Queued != 0 {
		t.Errorf("status is %+v", st)
	}
}

func TestErrors(t *testing.T) {
	s := newShow(t)
	dir := t.TempDir()
	there := filepath.Join(dir, "there.mkv")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{there, fs.ErrExist},
		{filepath.Join(dir, "no", "folder", "a.mp4"), fs.ErrNotExist},
		{filepath.Join(there, "a.mp4"), syscall.ENOTDIR},
		{"/proc/a.mkv", fs.ErrNotExist},
		{filepath.Join(dir, strings.Repeat("x", 300)+".mkv"), syscall.ENAMETOOLONG},
	} {
		r, stop := start(t, s.params(c.path))
		s.frame(t, into(r))
		err := stop()
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), dir) {
			t.Errorf("the error says the folder: %v", err)
		}
	}
	if got, _ := os.ReadFile(there); string(got) != "precious" {
		t.Errorf("the file that was there is now %q", got)
	}
	if _, err := New(s.params("show.avi")); !errors.Is(err, ErrFormat) {
		t.Errorf("another format: %v", err)
	}
}

func BenchmarkRecording(b *testing.B) {
	s := newShow(b)
	var packets []*encoder.Packet
	for range 4 * fps {
		s.frame(b, func(p *encoder.Packet) { packets = append(packets, p) })
	}
	r, stop := start(b, s.params(filepath.Join(b.TempDir(), "show.mkv")))
	length := 4 * time.Second
	bytes := 0
	b.ReportAllocs()
	for b.Loop() { // one op is 4 s of a show
		for _, p := range packets {
			bytes += len(p.Data)
			r.Write(p)
		}
		for r.Status().Queued > 0 {
			time.Sleep(100 * time.Microsecond)
		}
		for _, p := range packets {
			p.PTS += length
			p.DTS += length
		}
	}
	b.SetBytes(int64(bytes / b.N))
	if err := stop(); err != nil {
		b.Fatal(err)
	}
}
