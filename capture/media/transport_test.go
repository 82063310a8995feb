package media

import (
	"context"
	"errors"
	"testing"
	"time"

	"tally/capture"
)

// TestWindingKeepsInStep winds a film forward and back, and pauses it.
func TestWindingKeepsInStep(t *testing.T) {
	s, clock := openFile(t, flashAndBeep(t, "wound.mp4", "20", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "250", "-c:a", "aac"), Options{})
	began := clock.Now()
	at := func(after time.Duration, do func()) { time.AfterFunc(began+after-clock.Now(), do) }
	const ms = time.Millisecond
	at(1200*ms, func() { s.Seek(12500 * ms) })
	at(3200*ms, func() { s.Seek(4500 * ms) })
	at(4400*ms, func() { s.Pause(true) })
	stands := make(chan time.Duration, 2)
	for _, after := range []time.Duration{4600 * ms, 5300 * ms} {
		at(after, func() { p, _ := s.Position(); stands <- p })
	}
	at(5400*ms, func() { s.Pause(false) })
	r := play(t, s, clock, true, true, 7500*ms)
	if !errors.Is(r.err, context.DeadlineExceeded) {
		t.Fatal(r.err)
	}
	// The second 1; 13 and 14 after the first jump; 5 after the second; 6 and 7 after the pause.
	want := []time.Duration{1000 * ms, 1700 * ms, 2700 * ms, 3700 * ms, 5700 * ms, 6700 * ms}
	if len(r.flash) != len(want) {
		t.Fatalf("flashes at %v, beeps at %v", r.flash, r.beep)
	}
	for i, f := range r.flash {
		if d := f - began - want[i]; d < -50*ms || d > 400*ms {
			t.Errorf("flash %d at %v, want %v", i, f-began, want[i])
		}
		if d := r.nearest(f) - f; d.Abs() > 40*ms {
			t.Errorf("flash at %v, beeps at %v", f, r.beep)
		}
	}
	if a, b := <-stands, <-stands; a != b || (a-5700*ms).Abs() > 400*ms {
		t.Errorf("in the pause it stands at %v and %v", a, b)
	}
	t.Logf("flashes %v, beeps %v", r.flash, r.beep)
}

// TestWindingBeyondTheSound winds into a part that only the picture has, and back.
func TestWindingBeyondTheSound(t *testing.T) {
	path := makeFile(t, "short.mkv", "-f", "lavfi", "-t", "6", "-i", flashes, "-f", "lavfi", "-t", "2", "-i", beeps, "-c:v", "libx264", "-c:a", "flac")
	s, clock := openFile(t, path, Options{From: 4500 * time.Millisecond})
	time.AfterFunc(time.Second, func() { s.Seek(500 * time.Millisecond) })
	r := play(t, s, clock, true, true, 3*time.Second)
	if len(r.beep) != 1 || len(r.flash) < 2 || (r.beep[0]-r.flash[1]).Abs() > 40*time.Millisecond {
		t.Errorf("flashes at %v, beeps at %v", r.flash, r.beep)
	}
}

// TestLoopIsSwitched switches the repetition on and off while the film plays.
func TestLoopIsSwitched(t *testing.T) {
	s, clock := openFile(t, flashAndBeep(t, "short.mp4", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"), Options{})
	time.AfterFunc(500*time.Millisecond, func() { s.Loop(true) })
	time.AfterFunc(2500*time.Millisecond, func() { s.Loop(false) })
	r := play(t, s, clock, true, true, 10*time.Second)
	if r.err != nil || r.took < 2900*time.Millisecond || r.took > 4*time.Second {
		t.Errorf("it took %v, want three times a second: %v", r.took, r.err)
	}
	if s.Seek(0) {
		t.Error("a file that is over was wound")
	}
}

// TestBeginsPaused shows the first picture, and waits.
func TestBeginsPaused(t *testing.T) {
	s, clock := openFile(t, flashAndBeep(t, "p.mp4", "5", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"), Options{Paused: true, From: 2 * time.Second})
	time.AfterFunc(600*time.Millisecond, func() { s.Seek(3500 * time.Millisecond) })
	r := play(t, s, clock, true, true, 1200*time.Millisecond)
	if r.frames < 3 || r.frames > 12 || r.blocks > 0 {
		t.Errorf("%d frames and %d blocks of sound in a pause", r.frames, r.blocks)
	}
	if at, paused := s.Position(); at != 3500*time.Millisecond || !paused {
		t.Errorf("it stands at %v, paused: %v", at, paused)
	}
}

// TestOddFiles plays what is not a plain film.
func TestOddFiles(t *testing.T) {
	small := "testsrc2=s=160x90:r=30"
	png := makeFile(t, "cover.png", "-f", "lavfi", "-i", small, "-frames:v", "1")
	for _, c := range []struct {
		name         string
		args         []string
		lasts        time.Duration // 0: for ever
		least        int           // pictures
		video, audio bool
	}{
		{"a.png", []string{"-i", png}, 0, 3, true, false},
		{"b.jpg", []string{"-i", png}, 0, 3, true, false},
		{"c.webp", []string{"-i", png, "-c:v", "libwebp"}, 0, 3, true, false},
		{"d.gif", []string{"-f", "lavfi", "-t", "0.8", "-i", small}, 800 * time.Millisecond, 10, true, false},
		{"e.mp3", []string{"-f", "lavfi", "-t", "1", "-i", beeps, "-i", png, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"}, time.Second, 3, true, true},
		{"f.wav", []string{"-f", "lavfi", "-t", "0.8", "-i", beeps}, 800 * time.Millisecond, 0, false, true},
		{"g.mkv", []string{"-f", "lavfi", "-t", "1", "-i", small, "-vf", "select='lt(n,5)+eq(n,25)'", "-fps_mode", "vfr", "-c:v", "libx264"}, 900 * time.Millisecond, 5, true, false},
		{"h.mkv", []string{"-f", "lavfi", "-t", "0.8", "-i", small, "-c:v", "libx264", "-pix_fmt", "yuv444p10le"}, 800 * time.Millisecond, 10, true, false},
		{"i.mov", []string{"-f", "lavfi", "-t", "0.8", "-i", small, "-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"}, 800 * time.Millisecond, 10, true, false},
		{"j.avi", []string{"-f", "lavfi", "-t", "0.8", "-i", "testsrc=s=161x91:r=30", "-c:v", "rawvideo", "-pix_fmt", "gray"}, 800 * time.Millisecond, 10, true, false},
		{"k.ts", []string{"-f", "lavfi", "-t", "1", "-i", small, "-f", "lavfi", "-t", "1", "-i", beeps, "-output_ts_offset", "95442", "-c:v", "mpeg2video", "-c:a", "ac3", "-ac", "6"}, time.Second, 10, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, clock := openFile(t, makeFile(t, c.name, c.args...), Options{})
			if i := s.Info(); i.Video != c.video || i.Audio != c.audio {
				t.Errorf("info is %+v", i)
			}
			r := play(t, s, clock, true, true, 2*time.Second)
			if r.frames < c.least || (r.blocks > 0) != c.audio {
				t.Errorf("%d pictures, %d blocks of sound", r.frames, r.blocks)
			}
			if c.lasts == 0 {
				if !errors.Is(r.err, context.DeadlineExceeded) {
					t.Errorf("an image ended after %v: %v", r.took, r.err)
				}
			} else if r.err != nil || (r.took-c.lasts).Abs() > 500*time.Millisecond {
				t.Errorf("it took %v, want %v: %v", r.took, c.lasts, r.err)
			}
		})
	}
}

// TestInterlacedHasNoCombs plays a film whose fields are of two moments: one is
// white, the other black.
func TestInterlacedHasNoCombs(t *testing.T) {
	path := makeFile(t, "fields.mpg", "-f", "lavfi", "-t", "1", "-i", "color=black:s=320x240:r=50,drawbox=color=white:t=fill:enable='eq(mod(n,2),0)'",
		"-vf", "tinterlace=interleave_top,setfield=tff", "-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-q:v", "2")
	s, _ := openFile(t, path, Options{})
	frames, combs := 0, 0
	err := s.Run(t.Context(), capture.Sink{Video: func(f *capture.Frame) {
		frames++
		for y := 1; y < f.Height; y++ {
			a, b := int(f.Plane[0][(y-1)*f.Stride[0]+100]), int(f.Plane[0][y*f.Stride[0]+100])
			if max(a-b, b-a) > 60 {
				combs++
			}
		}
		f.Release()
	}})
	if err != nil || frames < 15 || combs > 0 {
		t.Errorf("%d frames with %d combs: %v", frames, combs, err)
	}
}
