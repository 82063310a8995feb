package media

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/capture"
	"tally/capture/capturetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	flashes = "color=black:s=320x180:r=30,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.1)'"
	beeps   = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)|0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=44100"
)

// makeFile lets ffmpeg make a file.
func makeFile(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("ffmpeg", append(append([]string{"-v", "error", "-y"}, args...), path)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, out)
	}
	return path
}

func flashAndBeep(t testing.TB, name, seconds string, args ...string) string {
	in := []string{"-f", "lavfi", "-i", flashes, "-f", "lavfi", "-i", beeps, "-t", seconds}
	return makeFile(t, name, append(in, args...)...)
}

// seen is what a source delivered.
type seen struct {
	frames, blocks int
	flash, beep    []time.Duration // stamps of each beginning
	sound          time.Duration
	worst          atomic.Int64 // ns; how far a delivery was from being due
	err            error
	took           time.Duration
}

// nearest is the beep that is nearest to a moment.
func (s *seen) nearest(to time.Duration) time.Duration {
	best := time.Hour
	for _, b := range s.beep {
		if max(b-to, to-b) < max(best-to, to-best) {
			best = b
		}
	}
	return best
}

// play runs a source to its end, or for as long as told.
func play(t testing.TB, s *Source, clock capture.Clock, video, audio bool, most time.Duration) *seen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	r := &seen{}
	due := func(at time.Duration) {
		off := int64(clock.Now() - at)
		for old := r.worst.Load(); max(off, -off) > old && !r.worst.CompareAndSwap(old, max(off, -off)); old = r.worst.Load() {
		}
	}
	var sink capture.Sink
	bright, quiet, last := true, 0, time.Duration(0)
	if video {
		sink.Video = func(f *capture.Frame) {
			due(f.PTS)
			r.frames++
			is := f.Plane[0][f.Height/2*f.Stride[0]+f.Width/2] > 128
			if is && !bright && f.PTS-last < 40*time.Millisecond { // else it may have begun in what was skipped
				r.flash = append(r.flash, f.PTS)
			}
			bright, last = is, f.PTS
			f.Release()
		}
	}
	if audio {
		sink.Audio = func(s *capture.Samples) {
			due(s.PTS + s.Duration())
			r.blocks++
			r.sound += s.Duration()
			for i := 0; i < len(s.Data); i += s.Channels {
				if v := s.Data[i]; v > .1 || v < -.1 {
					if quiet > s.Rate/5 {
						r.beep = append(r.beep, s.PTS+time.Duration(i/s.Channels)*time.Second/time.Duration(s.Rate))
					}
					quiet = 0
				} else {
					quiet++
				}
			}
			s.Release()
		}
	}
	began := clock.Now()
	r.err = s.Run(ctx, sink)
	r.took = clock.Now() - began
	return r
}

func openFile(t testing.TB, path string, opt Options) (*Source, capture.Clock) {
	t.Helper()
	clock := capture.NewClock()
	s, err := Open(path, clock, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s, clock
}

func TestFilesPlayInStep(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"a.mp4", []string{"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"}},
		{"b.mkv", []string{"-c:v", "libx264", "-pix_fmt", "yuv422p10le", "-c:a", "flac"}},
		{"c.webm", []string{"-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"}},
		{"d.avi", []string{"-c:v", "mjpeg", "-c:a", "pcm_s16le"}},
		{"e.ts", []string{"-c:v", "mpeg2video", "-c:a", "mp2"}},
		{"f.flv", []string{"-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ar", "44100"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, clock := openFile(t, flashAndBeep(t, c.name, "3.5", c.args...), Options{})
			r := play(t, s, clock, true, true, 20*time.Second)
			if r.err != nil {
				t.Fatal(r.err)
			}
			if r.frames < 50 || r.frames > 106 { // a busy machine skips some
				t.Errorf("%d frames of 105", r.frames)
			}
			if d := r.sound - 3500*time.Millisecond; d < -60*time.Millisecond || d > 60*time.Millisecond {
				t.Errorf("%v of sound", r.sound)
			}
			if len(r.flash) == 0 || len(r.flash) > 3 || len(r.beep) < 3 {
				t.Fatalf("flashes at %v, beeps at %v", r.flash, r.beep)
			}
			var offsets []time.Duration
			for _, f := range r.flash {
				offsets = append(offsets, r.nearest(f)-f)
				if d := r.nearest(f) - f; d < -40*time.Millisecond || d > 40*time.Millisecond {
					t.Errorf("flash at %v, beeps at %v", f, r.beep)
				}
			}
			if d := r.took - 3500*time.Millisecond; d < -50*time.Millisecond || d > 700*time.Millisecond {
				t.Errorf("took %v", r.took)
			}
			t.Logf("%d frames, %d blocks, worst delivery off by %v, offsets %v", r.frames, r.blocks, time.Duration(r.worst.Load()), offsets)
		})
	}
}

// TestLoopKeepsInStep repeats a file whose tracks are not of the same length.
func TestLoopKeepsInStep(t *testing.T) {
	path := makeFile(t, "loop.mkv", "-f", "lavfi", "-t", "1.2", "-i", flashes, "-f", "lavfi", "-t", "1.5", "-i", beeps, "-c:v", "libx264", "-c:a", "pcm_s16le")
	s, clock := openFile(t, path, Options{Loop: true})
	r := play(t, s, clock, true, true, 6500*time.Millisecond)
	if !errors.Is(r.err, context.DeadlineExceeded) {
		t.Fatal(r.err)
	}
	if len(r.flash) < 3 || len(r.beep) < 6 {
		t.Fatalf("flashes at %v, beeps at %v", r.flash, r.beep)
	}
	for _, f := range r.flash {
		if d := r.nearest(f) - f; d < -40*time.Millisecond || d > 40*time.Millisecond {
			t.Errorf("flash at %v has no beep; beeps at %v", f, r.beep)
		}
	}
}

func TestContract(t *testing.T) {
	path := flashAndBeep(t, "c.mp4", "2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
	capturetest.Contract(t, capturetest.Want{
		Open: func(clock capture.Clock) capture.Source {
			s, err := Open(path, clock, Options{Loop: true})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Video: true, Audio: true, MinFPS: 27, For: 4 * time.Second,
	})
}

func TestOnlyOneTrack(t *testing.T) {
	video := makeFile(t, "v.mp4", "-f", "lavfi", "-t", "0.5", "-i", flashes, "-c:v", "libx264", "-pix_fmt", "yuv420p")
	audio := makeFile(t, "a.mp3", "-f", "lavfi", "-t", "0.5", "-i", beeps)
	for _, c := range []struct {
		path         string
		video, audio bool
	}{{video, true, false}, {audio, false, true}} {
		s, clock := openFile(t, c.path, Options{})
		if i := s.Info(); i.Video != c.video || i.Audio != c.audio {
			t.Errorf("%s: info is %+v", filepath.Base(c.path), i)
		}
		r := play(t, s, clock, true, true, 10*time.Second)
		if r.err != nil || (r.frames > 0) != c.video || (r.blocks > 0) != c.audio {
			t.Errorf("%s: %d frames, %d blocks, %v", filepath.Base(c.path), r.frames, r.blocks, r.err)
		}
		if r := play(t, s, clock, !c.video, !c.audio, time.Second); !errors.Is(r.err, capture.ErrUnreadable) {
			t.Errorf("%s: what is not there: %v", filepath.Base(c.path), r.err)
		}
	}
}

// TestPictureIsUpright plays pictures that lie on their sides, and one whose pixels
// are not square. They must come out as ffmpeg itself shows them.
func TestPictureIsUpright(t *testing.T) {
	half := "color=black:s=320x180:r=25,drawbox=x=0:y=0:w=160:h=180:color=white:t=fill"
	flat := makeFile(t, "flat.mp4", "-f", "lavfi", "-t", "0.2", "-i", half, "-c:v", "libx264", "-pix_fmt", "yuv420p")
	wide := makeFile(t, "wide.mp4", "-f", "lavfi", "-t", "0.2", "-i", half+",setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv420p")
	for _, c := range []struct {
		path   string
		w, h   int
		bright func(x, y, w, h int) bool
	}{
		{turned(t, flat, "left.mp4", "90"), 180, 320, func(x, y, w, h int) bool { return y >= h/2 }},
		{turned(t, flat, "down.mp4", "180"), 320, 180, func(x, y, w, h int) bool { return x >= w/2 }},
		{turned(t, flat, "right.mp4", "270"), 180, 320, func(x, y, w, h int) bool { return y < h/2 }},
		{wide, 426, 180, func(x, y, w, h int) bool { return x < w/2 }},
	} {
		s, _ := openFile(t, c.path, Options{})
		if i := s.Info(); i.Width != c.w || i.Height != c.h {
			t.Errorf("%s: info says %d×%d", filepath.Base(c.path), i.Width, i.Height)
		}
		frames := 0
		err := s.Run(t.Context(), capture.Sink{Video: func(f *capture.Frame) {
			frames++
			if f.Width != c.w || f.Height != c.h {
				t.Errorf("%s: %d×%d", filepath.Base(c.path), f.Width, f.Height)
				return
			}
			for _, p := range [][2]int{{10, 10}, {f.Width - 10, 10}, {10, f.Height - 10}, {f.Width - 10, f.Height - 10}} {
				if got := f.Plane[0][p[1]*f.Stride[0]+p[0]] > 128; got != c.bright(p[0], p[1], f.Width, f.Height) {
					t.Errorf("%s: pixel %v bright: %t", filepath.Base(c.path), p, got)
				}
			}
			f.Release()
		}})
		if err != nil || frames == 0 {
			t.Errorf("%s: %d frames, %v", filepath.Base(c.path), frames, err)
		}
	}
}

// turned notes in a copy of a file that it must be shown turned counter-clockwise.
// How to tell ffmpeg so changed in its release 6.
func turned(t *testing.T, flat, name, degrees string) string {
	path := filepath.Join(t.TempDir(), name)
	if exec.Command("ffmpeg", "-v", "error", "-display_rotation", degrees, "-i", flat, "-c", "copy", path).Run() == nil {
		return path
	}
	return makeFile(t, name, "-i", flat, "-c", "copy", "-metadata:s:v:0", "rotate="+degrees)
}

// TestSteadyMemory plays a file over and over, and counts what the Go side allocates for
// each frame and block.
func TestSteadyMemory(t *testing.T) {
	s, _ := openFile(t, flashAndBeep(t, "m.mp4", "6", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"), Options{})
	var n, from, to uint64
	var began runtime.MemStats
	count := func() {
		switch n++; n {
		case 100:
			runtime.ReadMemStats(&began)
			from = began.Mallocs
		case 300:
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			to = m.Mallocs
		}
	}
	step := make(chan struct{}, 1) // both tracks count
	step <- struct{}{}
	err := s.Run(t.Context(), capture.Sink{
		Video: func(f *capture.Frame) { <-step; count(); step <- struct{}{}; f.Release() },
		Audio: func(s *capture.Samples) { <-step; count(); step <- struct{}{}; s.Release() },
	})
	if err != nil || to == 0 {
		t.Fatalf("%v after %d deliveries", err, n)
	}
	if each := float64(to-from) / 200; each > 1 { // the race detector makes pools forget
		t.Errorf("%.2f allocations for each frame or block", each)
	}
}
