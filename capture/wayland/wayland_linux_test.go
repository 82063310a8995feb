package wayland_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/app/apptest"
	"tally/capture"
	"tally/capture/capturetest"
	"tally/capture/wayland"
)

// enter makes the test a program on a desktop of its own.
func enter(t *testing.T, size string) *apptest.Wayland {
	t.Helper()
	w := apptest.StartWayland(t, size)
	for _, v := range w.Env() {
		name, value, _ := strings.Cut(v, "=")
		if name != "PATH" && name != "HOME" {
			t.Setenv(name, value)
		}
	}
	return w
}

// run captures in the background; the latest frame waits in a channel.
type run struct {
	frames chan *capture.Frame
	done   chan error
	stop   context.CancelFunc
	count  atomic.Int32
}

func start(t *testing.T, p wayland.Permission) *run {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{frames: make(chan *capture.Frame, 1), done: make(chan error, 1), stop: cancel}
	go func() {
		r.done <- wayland.Open(30, capture.NewClock(), p).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
			r.count.Add(1)
			select {
			case old := <-r.frames:
				old.Release()
			default:
			}
			r.frames <- f
		}})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-r.done:
		case <-time.After(3 * time.Second):
			t.Error("the capture does not end")
		}
	})
	return r
}

func (r *run) until(t *testing.T, what string, pleases func(f *capture.Frame) bool) {
	t.Helper()
	limit := time.After(8 * time.Second)
	for {
		select {
		case f := <-r.frames:
			ok := pleases(f)
			f.Release()
			if ok {
				return
			}
		case err := <-r.done:
			r.done <- err
			t.Fatalf("%s: Run: %v", what, err)
		case <-limit:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (r *run) end(t *testing.T, within time.Duration) error {
	t.Helper()
	select {
	case err := <-r.done:
		r.done <- err
		return err
	case <-time.After(within):
		t.Fatalf("Run did not end within %v", within)
	}
	return nil
}

// rgb is a pixel as 0xRRGGBB, whatever the frame's format.
func rgb(f *capture.Frame, x, y int) uint32 {
	p := f.Plane[0][y*f.Stride[0]+4*x:]
	if f.Format == capture.RGBA {
		return uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])
	}
	return uint32(p[2])<<16 | uint32(p[1])<<8 | uint32(p[0])
}

// TestDesktop captures a whole desktop: what it shows, in the size that it has, and
// again without asking.
func TestDesktop(t *testing.T) {
	w := enter(t, "1280x720")
	all, err := wayland.Devices(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != wayland.DeviceID || all[0].Kind != capture.KindScreen {
		t.Fatalf("%+v, %v", all, err)
	}
	var tokens []string
	p := wayland.Permission{
		Load: func() string { return strings.Join(tokens[max(0, len(tokens)-1):], "") },
		Save: func(s string) { tokens = append(tokens, s) },
	}
	shows := func(width, height int, color uint32) func(*capture.Frame) bool {
		return func(f *capture.Frame) bool {
			return f.Width == width && f.Height == height && rgb(f, 0, 0) == color && rgb(f, width-1, height-1) == color
		}
	}
	r := start(t, p)
	// The portal of this desktop sends pictures when something changes.
	time.Sleep(500 * time.Millisecond)
	w.Fill(t, "#336699")
	r.until(t, "the desktop is seen", shows(1280, 720, 0x336699))
	w.Fill(t, "#ff0000")
	r.until(t, "red is seen", shows(1280, 720, 0xFF0000))
	w.Do(t, "output", "HEADLESS-1", "resolution", "801x601")
	time.Sleep(500 * time.Millisecond)
	w.Fill(t, "#00c010")
	r.until(t, "another size and colour are seen", shows(801, 601, 0x00C010))
	r.stop()
	if err := r.end(t, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	r = start(t, p)
	time.Sleep(500 * time.Millisecond)
	w.Fill(t, "#00c010")
	r.until(t, "the desktop is seen once more", shows(801, 601, 0x00C010))
	t.Logf("permissions: %q", tokens)
}

// TestStillDesktop holds that a picture that does not change is repeated, and copied
// only once.
func TestStillDesktop(t *testing.T) {
	w := enter(t, "640x360")
	r := start(t, wayland.Permission{})
	time.Sleep(500 * time.Millisecond)
	w.Fill(t, "#405060")
	r.until(t, "the desktop is seen", func(*capture.Frame) bool { return true })
	time.Sleep(time.Second)
	before, begun := r.count.Load(), time.Now()
	buffers := map[*byte]bool{}
	r.until(t, "two seconds are over", func(f *capture.Frame) bool {
		buffers[&f.Plane[0][0]] = true
		return time.Since(begun) > 2*time.Second
	})
	if n := r.count.Load() - before; n < 6 || n > 12 || len(buffers) != 1 {
		t.Errorf("%d deliveries of %d pictures in 2 s", n, len(buffers))
	}
}

func TestContract(t *testing.T) {
	w := enter(t, "1280x720")
	w.Run(t)
	capturetest.Contract(t, capturetest.Want{
		Open:  func(clock capture.Clock) capture.Source { return wayland.Open(30, clock, wayland.Permission{}) },
		Video: true, MinFPS: 12, Late: 60 * time.Millisecond,
	})
}

// TestDeaths: whatever part of the desktop dies, the capture says so at once, and
// leaves nothing behind.
func TestDeaths(t *testing.T) {
	for name, victim := range map[string]func(*apptest.Wayland) *apptest.Process{
		"PipeWire":       func(w *apptest.Wayland) *apptest.Process { return w.Pipe },
		"the portal":     func(w *apptest.Wayland) *apptest.Process { return w.Portal },
		"the compositor": func(w *apptest.Wayland) *apptest.Process { return w.Compositor },
	} {
		t.Run(name, func(t *testing.T) {
			w := enter(t, "640x360")
			w.Fill(t, "#304050")
			before := goleak.IgnoreCurrent()
			r := start(t, wayland.Permission{})
			time.Sleep(500 * time.Millisecond)
			w.Fill(t, "#405060")
			r.until(t, "the desktop is seen", func(*capture.Frame) bool { return true })
			victim(w).Kill()
			err := r.end(t, 3*time.Second)
			t.Logf("Run: %v", err)
			if !errors.Is(err, capture.ErrGone) {
				t.Errorf("Run: %v", err)
			}
			if name != "the compositor" && (!errors.Is(err, wayland.ErrEnded) || errors.Is(err, wayland.ErrStopped)) {
				t.Errorf("Run: %v; nobody has stopped the sharing", err)
			}
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoPortal: every way in which there can be none is told in time.
func TestNoPortal(t *testing.T) {
	w := enter(t, "640x360")
	fails := func(what string, want error) {
		t.Helper()
		if err := start(t, wayland.Permission{}).end(t, 3*time.Second); !errors.Is(err, want) {
			t.Errorf("%s: Run: %v", what, err)
		}
	}
	w.Portal.Kill()
	if all, err := wayland.Devices(t.Context()); !errors.Is(err, wayland.ErrNoPortal) {
		t.Errorf("no portal: %+v, %v", all, err)
	}
	fails("no portal", wayland.ErrNoPortal)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	fails("no bus", wayland.ErrNoPortal)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	fails("no address of a bus", wayland.ErrNoPortal)
}
