package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"

	"tally/capture"
	"tally/capture/capturetest"
	"tally/capture/wayland"
	"tally/capture/xcb"
)

// client is a program that paints.
type client struct {
	t      testing.TB
	conn   *xgb.Conn
	root   xproto.Window
	window xproto.Window
	gc     xproto.Gcontext
}

func newClient(t testing.TB, area image.Rectangle) *client {
	t.Helper()
	conn, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	s := xproto.Setup(conn).DefaultScreen(conn)
	c := &client{t: t, conn: conn, root: s.Root}
	if c.window, err = xproto.NewWindowId(conn); err != nil {
		t.Fatal(err)
	}
	xproto.CreateWindow(conn, s.RootDepth, c.window, s.Root, int16(area.Min.X), int16(area.Min.Y), uint16(area.Dx()), uint16(area.Dy()), 0,
		xproto.WindowClassInputOutput, s.RootVisual, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0, 1})
	xproto.MapWindow(conn, c.window)
	if c.gc, err = xproto.NewGcontextId(conn); err != nil {
		t.Fatal(err)
	}
	xproto.CreateGC(conn, c.gc, xproto.Drawable(c.window), 0, nil)
	c.sync()
	return c
}

func (c *client) sync() {
	c.t.Helper()
	if _, err := xproto.GetInputFocus(c.conn).Reply(); err != nil {
		c.t.Fatal(err)
	}
}

// fill paints a part of the window.
func (c *client) fill(r image.Rectangle, rgb uint32) {
	c.t.Helper()
	if err := c.paint(r, rgb); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) paint(r image.Rectangle, rgb uint32) error {
	xproto.ChangeGC(c.conn, c.gc, xproto.GcForeground, []uint32{rgb})
	xproto.PolyFillRectangle(c.conn, xproto.Drawable(c.window), c.gc, []xproto.Rectangle{{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}})
	_, err := xproto.GetInputFocus(c.conn).Reply()
	return err
}

func pixel(f *capture.Frame, x, y int) uint32 {
	p := f.Plane[0][y*f.Stride[0]+4*x:]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16
}

// run captures in the background; the latest frames wait in a channel.
type run struct {
	frames chan *capture.Frame
	done   chan error
	stop   context.CancelFunc
	count  atomic.Int32
}

func start(t *testing.T, id string, fps float64) *run {
	return startSource(t, func(clock capture.Clock) capture.Source { return Open(id, fps, clock, wayland.Permission{}) })
}

func startSource(t *testing.T, open func(capture.Clock) capture.Source) *run {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{frames: make(chan *capture.Frame, 1), done: make(chan error, 1), stop: cancel}
	go func() {
		r.done <- open(capture.NewClock()).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
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

// until reads frames until one pleases.
func (r *run) until(t *testing.T, within time.Duration, pleases func(f *capture.Frame) bool) bool {
	t.Helper()
	limit := time.After(within)
	for {
		select {
		case f := <-r.frames:
			ok := pleases(f)
			f.Release()
			if ok {
				return true
			}
		case err := <-r.done:
			r.done <- err
			t.Fatalf("Run: %v", err)
		case <-limit:
			return false
		}
	}
}

func (r *run) end(t *testing.T, within time.Duration) error {
	t.Helper()
	begun := time.Now()
	select {
	case err := <-r.done:
		r.done <- err
		t.Logf("after %v: %v", time.Since(begun).Round(time.Millisecond), err)
		return err
	case <-time.After(within):
		t.Fatalf("Run did not end within %v", within)
	}
	return nil
}

// keepPainting changes a part of the window 60 times a second until it is told to stop, or
// the server is gone: an Xvfb without XFIXES aborts when the capture leaves it (its assertion
// on key->initialized), which is no fault of the capture's. That pictures came is what
// tests look at.
func keepPainting(c *client, part image.Rectangle) (end func()) {
	stop, painted := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(painted)
		for n := uint32(0); ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(15 * time.Millisecond):
				if c.paint(part, n*0x010203&0xFFFFFF) != nil {
					return
				}
			}
		}
	}()
	return func() { close(stop); <-painted }
}

func TestContract(t *testing.T) {
	for _, args := range [][]string{nil, {"-extension", "MIT-SHM"}, {"-extension", "DAMAGE"}, {"-extension", "XFIXES"}, {"-extension", "RANDR"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			capturetest.StartX(t, args...)
			c := newClient(t, image.Rect(10, 10, 300, 200))
			defer keepPainting(c, image.Rect(0, 0, 290, 190))()
			capturetest.Contract(t, capturetest.Want{
				Open:  func(clock capture.Clock) capture.Source { return Open("", 30, clock, wayland.Permission{}) },
				Video: true, MinFPS: 12, Late: 30 * time.Millisecond, First: time.Second,
			})
		})
	}
}

func TestColorsAndChanges(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(100, 50, 200, 150))
	r := start(t, "", 30)
	for _, rgb := range []uint32{0xFF0000, 0x00FF00, 0x0000FF, 0x123456} {
		c.fill(image.Rect(0, 0, 100, 100), rgb)
		if !r.until(t, time.Second, func(f *capture.Frame) bool {
			return f.Format == capture.BGRA && f.Width == 640 && f.Height == 360 && pixel(f, 150, 100) == rgb && pixel(f, 50, 25) == 0
		}) {
			t.Errorf("%06x is not seen", rgb)
		}
	}
}

// TestStillScreen holds that nothing is captured while nothing changes, the picture is
// repeated, and a change is seen at once.
func TestStillScreen(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(0, 0, 100, 100))
	c.fill(image.Rect(0, 0, 100, 100), 0x336699)
	r := start(t, "", 60)
	r.until(t, 3*time.Second, func(*capture.Frame) bool { return true })
	time.Sleep(500 * time.Millisecond)
	before := r.count.Load()
	buffers := map[*byte]bool{}
	begun := time.Now()
	r.until(t, 3*time.Second, func(f *capture.Frame) bool {
		buffers[unsafe.SliceData(f.Plane[0])] = true
		return time.Since(begun) > 2*time.Second
	})
	if n := r.count.Load() - before; n < 6 || n > 12 || len(buffers) != 1 {
		t.Errorf("%d deliveries of %d pictures in 2 s", n, len(buffers))
	}
	changed := time.Now()
	c.fill(image.Rect(0, 0, 10, 10), 0xFFFFFF)
	if !r.until(t, time.Second, func(f *capture.Frame) bool { return pixel(f, 5, 5) == 0xFFFFFF }) {
		t.Fatal("the change is not seen")
	}
	if took := time.Since(changed); took > 150*time.Millisecond {
		t.Errorf("the change is seen after %v", took)
	}
}

// TestCursor moves the mouse over a window with a cursor of its own.
func TestCursor(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(0, 0, 640, 360))
	c.fill(image.Rect(0, 0, 640, 360), 0x202020)
	font, _ := xproto.NewFontId(c.conn)
	cur, _ := xproto.NewCursorId(c.conn)
	xproto.OpenFont(c.conn, font, uint16(len("cursor")), "cursor")
	xproto.CreateGlyphCursor(c.conn, cur, font, font, 68, 69, 0xFFFF, 0xFFFF, 0xFFFF, 0, 0, 0) // an arrow, white
	xproto.ChangeWindowAttributes(c.conn, c.window, xproto.CwCursor, []uint32{uint32(cur)})
	c.sync()
	r := start(t, "", 30)
	for _, at := range []image.Point{{100, 100}, {400, 250}, {638, 358}, {0, 0}} {
		xproto.WarpPointer(c.conn, 0, c.root, 0, 0, 0, 0, int16(at.X), int16(at.Y))
		c.sync()
		if !r.until(t, time.Second, func(f *capture.Frame) bool {
			drawn, elsewhere := 0, 0
			for y := range f.Height {
				for x := range f.Width {
					if pixel(f, x, y) != 0x202020 {
						if (image.Point{X: x, Y: y}).In(image.Rect(at.X-16, at.Y-16, at.X+20, at.Y+24)) {
							drawn++
						} else {
							elsewhere++
						}
					}
				}
			}
			return drawn > 3 && elsewhere == 0
		}) {
			t.Errorf("no cursor at %v", at)
		}
	}
}

func TestMonitors(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(400, 100, 500, 200))
	c.fill(image.Rect(0, 0, 100, 100), 0xAA5500)
	if _, ok := extension(c.conn, "RANDR"); !ok {
		t.Fatal("Xvfb has no RANDR")
	}
	resources, err := randr.GetScreenResources(c.conn, c.root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range []image.Rectangle{image.Rect(0, 0, 320, 360), image.Rect(320, 0, 640, 360)} {
		name := []string{"LEFT", "RIGHT"}[i]
		atom, err := xproto.InternAtom(c.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			t.Fatal(err)
		}
		info := randr.MonitorInfo{Name: atom.Atom, Primary: i == 1, X: int16(m.Min.X), Y: int16(m.Min.Y), Width: uint16(m.Dx()), Height: uint16(m.Dy()), WidthInMillimeters: 100, HeightInMillimeters: 100}
		if i == 0 {
			info.NOutput, info.Outputs = 1, resources.Outputs[:1]
		}
		if err := randr.SetMonitorChecked(c.conn, c.root, info).Check(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Devices(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, d := range all {
		if d.Kind != capture.KindScreen || d.ID != fmt.Sprint(i) || len(d.Formats) != 1 || d.Formats[0].Width != 320 || d.Formats[0].Height != 360 {
			t.Errorf("%+v", d)
		}
	}
	right := all[0]
	if all[1].Name == "RIGHT" {
		right = all[1]
	}
	if !right.Default {
		t.Errorf("the primary screen is not the default: %+v", all)
	}
	if !start(t, right.ID, 30).until(t, 2*time.Second, func(f *capture.Frame) bool {
		return f.Width == 320 && pixel(f, 130, 150) == 0xAA5500 && pixel(f, 30, 150) == 0
	}) {
		t.Error("the window is not seen where it is on that screen")
	}
	if err := start(t, "7", 30).end(t, 3*time.Second); !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("screen 7: %v", err)
	}
}

func TestServerDies(t *testing.T) {
	x := capturetest.StartX(t)
	before := goleak.IgnoreCurrent()
	r := start(t, "", 30)
	r.until(t, 3*time.Second, func(*capture.Frame) bool { return true })
	x.Process.Kill()
	if err := r.end(t, 2*time.Second); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

func TestServerHangs(t *testing.T) {
	x := capturetest.StartX(t)
	r, other := start(t, "", 30), start(t, "", 30)
	r.until(t, 3*time.Second, func(*capture.Frame) bool { return true })
	other.until(t, 3*time.Second, func(*capture.Frame) bool { return true })
	x.Process.Signal(syscall.SIGSTOP)
	defer x.Process.Signal(syscall.SIGCONT)
	time.Sleep(300 * time.Millisecond)
	other.stop()
	if err := other.end(t, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if err := r.end(t, 3500*time.Millisecond); !errors.Is(err, capture.ErrStalled) {
		t.Errorf("Run: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Devices(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Devices: %v", err)
	}
}

// TestHungServerIsLeft holds that nobody waits for a picture, or for the mouse, for longer than
// the context lasts.
func TestHungServerIsLeft(t *testing.T) {
	for _, args := range [][]string{nil, {"-extension", "MIT-SHM"}} {
		for _, dirty := range []bool{true, false} { // else it asks for the mouse only
			x := capturetest.StartX(t, args...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			g, clock := grabbing(ctx, t, func(d *display) subject { return &desk{display: d} }), capture.NewClock()
			x.Process.Signal(syscall.SIGSTOP)
			g.dirty = dirty
			done := make(chan error, 1)
			go func() {
				_, err := g.next(clock)
				done <- err
			}()
			select {
			case err := <-done:
				t.Fatalf("%v: it does not wait: %v", args, err)
			case <-time.After(200 * time.Millisecond):
			}
			cancel()
			select {
			case err := <-done:
				if !errors.Is(err, xcb.ErrEnded) {
					t.Errorf("%v: %v", args, err)
				}
			case <-time.After(time.Second):
				t.Fatalf("%v: it still waits", args)
			}
		}
	}
}

func TestNoDisplay(t *testing.T) {
	for _, c := range []struct {
		display, wayland string
		want             error
	}{
		{"", "", capture.ErrNoBackend},
		{":31999", "", capture.ErrNoBackend},
		{"nonsense", "", capture.ErrNoBackend},
		{"", "wayland-0", wayland.ErrNoPortal},
	} {
		t.Setenv("DISPLAY", c.display)
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
		t.Setenv("WAYLAND_DISPLAY", c.wayland)
		if all, err := Devices(t.Context()); !errors.Is(err, c.want) || !errors.Is(err, capture.ErrNoBackend) || len(all) > 0 {
			t.Errorf("Devices on %q: %+v, %v", c.display, all, err)
		}
		if err := start(t, "", 30).end(t, 3*time.Second); !errors.Is(err, c.want) {
			t.Errorf("Run on %q: %v", c.display, err)
		}
	}
}

// TestSharedMemoryIsGivenBack holds that a frame that is kept stays readable, and that nothing
// stays in the system when it has been let go.
func TestSharedMemoryIsGivenBack(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(0, 0, 640, 360))
	c.fill(image.Rect(0, 0, 640, 360), 0x445566)
	for range 50 { // what earlier tests have left to the collector
		runtime.GC()
		if segments(t) == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	before := segments(t)
	ctx, cancel := context.WithCancel(t.Context())
	var kept *capture.Frame
	Open("", 30, capture.NewClock(), wayland.Permission{}).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
		if kept != nil {
			f.Release()
			return
		}
		kept = f
		cancel()
	}})
	if during := segments(t); during <= before {
		t.Fatalf("%d shared segments, then %d: the server does not share memory", before, during)
	}
	runtime.GC()
	if pixel(kept, 639, 359) != 0x445566 {
		t.Error("the kept frame has changed")
	}
	kept.Release()
	kept = nil
	for range 50 {
		runtime.GC()
		if segments(t) == before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d shared segments are left, %d before", segments(t), before)
}

func segments(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 5 && (f[4] == fmt.Sprint(os.Getpid()) || f[5] == fmt.Sprint(os.Getpid())) {
			n++
		}
	}
	return n
}
