package screen

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/capture"
)

// benchPart is where the window is, and the part.
var benchPart = image.Rect(100, 100, 1380, 820)

// BenchmarkCapture is the cost of one picture of a screen of 1920×1080, of a part and of a
// window of it, and of a beat at which nothing has changed. ns/op is the time that passes,
// with the X server's share; cpu-ns/op is the processor time of this process alone. Where
// there is ffmpeg, it grabs the same with x11grab beside.
func BenchmarkCapture(b *testing.B) {
	startDesk(b, "-screen", "0", "1920x1080x24")
	w := newProgram(b, "bench", "Bench", benchPart, 0x336699)
	size := fmt.Sprintf("%dx%d", benchPart.Dx(), benchPart.Dy())
	for _, bench := range []struct {
		name    string
		subject func(*display) subject
		still   bool
		grab    []string // as ffmpeg has it
	}{
		{"whole", func(d *display) subject { return &desk{display: d} }, false, []string{"-video_size", "1920x1080"}},
		{
			"part", func(d *display) subject { return &desk{display: d, wish: Area{Part: benchPart}} }, false,
			[]string{"-grab_x", strconv.Itoa(benchPart.Min.X), "-grab_y", strconv.Itoa(benchPart.Min.Y), "-video_size", size},
		},
		{"window", func(d *display) subject { return &pane{display: d, wish: "Bench"} }, false, []string{"-window_id", fmt.Sprint(w.window)}},
		{"still", func(d *display) subject { return &desk{display: d} }, true, nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			g := grabbing(b.Context(), b, bench.subject)
			clock := capture.NewClock()
			b.ReportAllocs()
			before := processorTime()
			for b.Loop() {
				g.dirty = !bench.still
				f, err := g.next(clock)
				if err != nil {
					b.Fatal(err)
				}
				if f != nil {
					f.Release()
				}
			}
			b.ReportMetric(float64(processorTime()-before)/float64(b.N), "cpu-ns/op")
		})
		if _, err := exec.LookPath("ffmpeg"); err == nil && bench.grab != nil {
			b.Run(bench.name+" by ffmpeg", func(b *testing.B) {
				idle := x11grab(b, 1, bench.grab) // what starting it takes
				b.ResetTimer()
				b.ReportMetric(float64(x11grab(b, b.N+1, bench.grab)-idle)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// TestCaptureMakesNoGarbage holds that pictures lie in memory that is used again, whatever
// is captured, and that asking for them allocates nothing.
func TestCaptureMakesNoGarbage(t *testing.T) {
	area := image.Rect(20, 20, 340, 200)
	for _, args := range [][]string{nil, {"-extension", "MIT-SHM"}} {
		startDesk(t, args...)
		newProgram(t, "program", "Program", area, 0x336699)
		for name, of := range map[string]func(*display) subject{
			"whole":  func(d *display) subject { return &desk{display: d} },
			"part":   func(d *display) subject { return &desk{display: d, wish: Area{Part: area}} },
			"window": func(d *display) subject { return &pane{display: d, wish: "Program"} },
		} {
			t.Run(strings.Join(append(args, name), " "), func(t *testing.T) {
				g, clock := grabbing(t.Context(), t, of), capture.NewClock()
				const pictures = 100
				var n, bytes uint64
				// Again, since the desktop may send an event meanwhile, which the X library allocates.
				for range 5 {
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					for range pictures {
						g.dirty = true
						f, err := g.next(clock)
						if err != nil {
							t.Fatal(err)
						}
						f.Release()
					}
					runtime.ReadMemStats(&after)
					n, bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
					t.Logf("%d allocations, %d bytes for %d pictures", n, bytes, pictures)
					if n == 0 {
						return
					}
				}
				t.Errorf("%d allocations and %d bytes for %d pictures", n, bytes, pictures)
			})
		}
	}
}

// grabbing is a grabber that has what it needs.
func grabbing(ctx context.Context, tb testing.TB, of func(*display) subject) *grabber {
	tb.Helper()
	d, err := connect()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(d.conn.Close)
	g, err := newGrabber(ctx, d, of(d))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(g.close)
	if err := g.prepare(); err != nil {
		tb.Fatal(err)
	}
	clock := capture.NewClock()
	for range 20 { // until the pool has enough
		g.dirty = true
		f, err := g.next(clock)
		if err != nil {
			tb.Fatal(err)
		}
		f.Release()
	}
	return g
}

// x11grab is the processor time that ffmpeg takes for n pictures, which it throws away.
func x11grab(b *testing.B, n int, what []string) time.Duration {
	b.Helper()
	args := append([]string{"-nostdin", "-loglevel", "error", "-f", "x11grab", "-framerate", "1000"}, what...)
	cmd := exec.Command("ffmpeg", append(args, "-i", os.Getenv("DISPLAY"), "-c:v", "copy", "-frames:v", strconv.Itoa(n), "-f", "null", "-")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
