package screen

import (
	"errors"
	"image"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"tally/capture"
	"tally/capture/capturetest"
)

// startDesk is startX with a window manager.
func startDesk(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	x := capturetest.StartX(t, args...)
	cmd := exec.Command("openbox", "--sm-disable")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatalf("this test needs openbox: %v", err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	c := newClient(t, image.Rect(0, 0, 1, 1))
	waitFor(t, "openbox manages the desktop", func() bool {
		r, err := xproto.GetProperty(c.conn, false, c.root, c.atom("_NET_SUPPORTING_WM_CHECK"), xproto.AtomWindow, 0, 1).Reply()
		return err == nil && len(r.Value) == 4
	})
	return x
}

func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(5 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (c *client) atom(name string) xproto.Atom {
	c.t.Helper()
	r, err := xproto.InternAtom(c.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		c.t.Fatal(err)
	}
	return r.Atom
}

func (c *client) set(property, kind string, format byte, data []byte) {
	xproto.ChangeProperty(c.conn, xproto.PropModeReplace, c.window, c.atom(property), c.atom(kind), format, uint32(len(data))/uint32(format/8), data)
}

// newProgram is a program with a window that the window manager knows of.
func newProgram(t testing.TB, class, title string, area image.Rectangle, rgb uint32) *client {
	t.Helper()
	c := newClient(t, area)
	xproto.DestroyWindow(c.conn, c.window)
	s := xproto.Setup(c.conn).DefaultScreen(c.conn)
	id, err := xproto.NewWindowId(c.conn)
	if err != nil {
		t.Fatal(err)
	}
	c.window = id
	xproto.CreateWindow(c.conn, s.RootDepth, id, s.Root, int16(area.Min.X), int16(area.Min.Y), uint16(area.Dx()), uint16(area.Dy()), 0,
		xproto.WindowClassInputOutput, s.RootVisual, xproto.CwBackPixel, []uint32{rgb})
	c.set("_NET_WM_NAME", "UTF8_STRING", 8, []byte(title))
	c.set("WM_CLASS", "STRING", 8, []byte(class+"\x00"+class+"\x00"))
	// A position of the user's: the window manager keeps it, less its own frame.
	hints := make([]byte, 18*4)
	hints[0] = 1 | 2
	c.set("WM_NORMAL_HINTS", "WM_SIZE_HINTS", 32, hints)
	waitFor(t, title+" is on the screen", func() bool {
		xproto.MapWindow(c.conn, id) // again, if the window manager was not ready yet
		a, err := xproto.GetWindowAttributes(c.conn, id).Reply()
		return err == nil && a.MapState == xproto.MapStateViewable && c.listed("")
	})
	return c
}

// listed tells whether the window is in the list, with that title unless it is empty.
func (c *client) listed(title string) bool {
	d, err := connect()
	if err != nil {
		c.t.Fatal(err)
	}
	defer d.conn.Close()
	all, err := d.windows()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, w := range all {
		if w.number == uint32(c.window) && (title == "" || w.text == title) {
			return true
		}
	}
	return false
}

func startWindow(t *testing.T, id string) *run {
	return startSource(t, func(clock capture.Clock) capture.Source { return OpenWindow(id, 30, clock) })
}

func TestWindows(t *testing.T) {
	startDesk(t)
	newProgram(t, "Editor", "notes.txt", image.Rect(20, 40, 220, 190), 0x102030)
	newProgram(t, "Player", "A film – Player\x1b[31m\n", image.Rect(300, 40, 500, 140), 0x405060)
	for _, c := range []struct{ property, value string }{
		{"_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_DOCK"},
		{"_NET_WM_STATE", "_NET_WM_STATE_SKIP_TASKBAR"},
	} {
		p := newClient(t, image.Rect(0, 0, 50, 50))
		xproto.UnmapWindow(p.conn, p.window)
		xproto.ChangeWindowAttributes(p.conn, p.window, xproto.CwOverrideRedirect, []uint32{0})
		a := p.atom(c.value)
		p.set(c.property, "ATOM", 32, []byte{byte(a), byte(a >> 8), byte(a >> 16), byte(a >> 24)})
		p.set("_NET_WM_NAME", "UTF8_STRING", 8, []byte("not for people"))
		xproto.MapWindow(p.conn, p.window)
		p.sync()
	}
	own := newProgram(t, "Tally", "Tally", image.Rect(300, 200, 400, 300), 0)
	pid, host := os.Getpid(), must(os.Hostname())
	own.set("_NET_WM_PID", "CARDINAL", 32, []byte{byte(pid), byte(pid >> 8), byte(pid >> 16), byte(pid >> 24)})
	own.set("WM_CLIENT_MACHINE", "STRING", 8, []byte(host))
	own.sync()

	all, err := Windows(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i, want := range []struct {
		id, name      string
		width, height int
	}{
		{"Editor/notes.txt", "notes.txt – Editor", 200, 150},
		{"Player/A film – Player [31m", "A film – Player [31m", 200, 100},
	} {
		d := all[i]
		if d.Kind != capture.KindWindow || d.ID != want.id || d.Name != want.name || len(d.Formats) != 1 || d.Formats[0].Width != want.width || d.Formats[0].Height != want.height {
			t.Errorf("%+v, want %+v", d, want)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestWindowIsCovered holds that a window is seen whole, with what changes in it,
// under another one and beyond the screen's edge.
func TestWindowIsCovered(t *testing.T) {
	for _, args := range [][]string{nil, {"-extension", "MIT-SHM"}, {"-extension", "DAMAGE"}} {
		startDesk(t, args...)
		below := newProgram(t, "Below", "the wanted one", image.Rect(100, 60, 300, 210), 0x0000FF)
		newProgram(t, "Above", "in the way", image.Rect(50, 30, 400, 300), 0x00FF00)
		r := startWindow(t, "wanted")
		all := func(rgb uint32) bool {
			return r.until(t, 2*time.Second, func(f *capture.Frame) bool {
				return f.Width == 200 && f.Height == 150 && pixel(f, 0, 0) == rgb && pixel(f, 199, 149) == rgb && pixel(f, 100, 75) == rgb
			})
		}
		if !all(0x0000FF) {
			t.Fatalf("%v: the covered window is not seen", args)
		}
		below.fill(image.Rect(0, 0, 200, 150), 0xFF0000)
		if !all(0xFF0000) {
			t.Errorf("%v: a change in the covered window is not seen", args)
		}
		xproto.ConfigureWindow(below.conn, below.window, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{0xFFFFFFB0, 40})
		below.fill(image.Rect(0, 0, 200, 150), 0xABCDEF)
		if !all(0xABCDEF) {
			t.Errorf("%v: the window is not seen whole beyond the screen's edge", args)
		}
	}
}

func TestWindowChangesItsSize(t *testing.T) {
	startDesk(t)
	c := newProgram(t, "Editor", "notes", image.Rect(20, 40, 220, 190), 0x223344)
	r := startWindow(t, "Editor/notes")
	for _, size := range []image.Point{{200, 150}, {301, 99}, {40, 250}, {500, 300}} {
		xproto.ConfigureWindow(c.conn, c.window, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(size.X), uint32(size.Y)})
		c.sync()
		if !r.until(t, 2*time.Second, func(f *capture.Frame) bool {
			return f.Width == size.X && f.Height == size.Y && pixel(f, 0, 0) == 0x223344 && pixel(f, size.X-1, size.Y-1) == 0x223344
		}) {
			t.Errorf("%v is not seen", size)
		}
	}
	// What a program draws around its window proper is no part of the picture.
	c.set("_GTK_FRAME_EXTENTS", "CARDINAL", 32, []byte{10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40, 0, 0, 0})
	c.fill(image.Rect(10, 30, 480, 260), 0x556677)
	if !r.until(t, 2*time.Second, func(f *capture.Frame) bool {
		return f.Width == 470 && f.Height == 230 && pixel(f, 0, 0) == 0x556677 && pixel(f, 469, 229) == 0x556677
	}) {
		t.Error("the shadow is not cut off")
	}
}

// TestWindowGoesAndComesBack: minimised and closed windows are told apart, and found
// again under the same name.
func TestWindowGoesAndComesBack(t *testing.T) {
	startDesk(t)
	c := newProgram(t, "Editor", "notes", image.Rect(20, 40, 220, 190), 0x223344)
	const id = "Editor/notes"
	sees := func(f *capture.Frame) bool { return pixel(f, 100, 75) == 0x223344 }
	r := startWindow(t, id)
	if !r.until(t, 2*time.Second, sees) {
		t.Fatal("the window is not seen")
	}
	change := xproto.ClientMessageEvent{Format: 32, Window: c.window, Type: c.atom("WM_CHANGE_STATE"), Data: xproto.ClientMessageDataUnionData32New([]uint32{3, 0, 0, 0, 0})}
	xproto.SendEvent(c.conn, false, c.root, xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify, string(change.Bytes()))
	c.sync()
	if err := r.end(t, 2*time.Second); !errors.Is(err, ErrHidden) {
		t.Errorf("minimised: %v", err)
	}
	if err := startWindow(t, id).end(t, 2*time.Second); !errors.Is(err, ErrHidden) {
		t.Errorf("opened while it is minimised: %v", err)
	}
	xproto.MapWindow(c.conn, c.window)
	c.set("_NET_WM_NAME", "UTF8_STRING", 8, []byte("notes, changed"))
	c.sync()
	waitFor(t, "it has another title", func() bool { return c.listed("notes, changed") })
	r = startWindow(t, id)
	if !r.until(t, 2*time.Second, sees) {
		t.Error("the window is not seen when it is back with another title")
	}
	xproto.DestroyWindow(c.conn, c.window)
	c.sync()
	if err := r.end(t, 2*time.Second); !errors.Is(err, ErrClosed) || !errors.Is(err, capture.ErrGone) {
		t.Errorf("closed: %v", err)
	}
	if err := startWindow(t, id).end(t, 2*time.Second); !errors.Is(err, ErrNoWindow) || !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("opened when it is closed: %v", err)
	}
	newProgram(t, "Editor", "notes", image.Rect(60, 80, 260, 230), 0x223344)
	if !startWindow(t, id).until(t, 2*time.Second, sees) {
		t.Error("the window is not seen when its program was started anew")
	}
}

// TestWindowCursor: the mouse is in the picture where it is in the window, and not
// while it points at a window above.
func TestWindowCursor(t *testing.T) {
	startDesk(t)
	c := newProgram(t, "Below", "below", image.Rect(50, 50, 350, 250), 0x202020)
	newProgram(t, "Above", "above", image.Rect(250, 150, 500, 340), 0x00FF00)
	at, err := xproto.TranslateCoordinates(c.conn, c.window, c.root, 0, 0).Reply()
	if err != nil {
		t.Fatal(err)
	}
	r := startWindow(t, "below")
	for _, p := range []struct {
		x, y int // in the window
		seen bool
	}{{40, 60, true}, {150, 80, true}, {260, 160, false}, {-20, 20, false}} {
		xproto.WarpPointer(c.conn, 0, c.root, 0, 0, 0, 0, at.DstX+int16(p.x), at.DstY+int16(p.y))
		c.sync()
		if !r.until(t, time.Second, func(f *capture.Frame) bool {
			near, far := 0, 0
			for y := range f.Height {
				for x := range f.Width {
					if pixel(f, x, y) == 0x202020 {
						continue
					}
					if (image.Point{X: x, Y: y}).In(image.Rect(p.x-20, p.y-20, p.x+24, p.y+24)) {
						near++
					} else {
						far++
					}
				}
			}
			return far == 0 && (near > 3) == p.seen
		}) {
			t.Errorf("the mouse at %d,%d: not as it should be (%v)", p.x, p.y, p.seen)
		}
	}
}

func TestWindowContract(t *testing.T) {
	startDesk(t)
	c := newProgram(t, "Editor", "notes", image.Rect(20, 40, 320, 240), 0)
	defer keepPainting(c, image.Rect(0, 0, 300, 200))()
	capturetest.Contract(t, capturetest.Want{
		Open:  func(clock capture.Clock) capture.Source { return OpenWindow("Editor/notes", 30, clock) },
		Video: true, MinFPS: 12, Late: 30 * time.Millisecond, First: time.Second,
	})
}

func TestWindowOfAServerThatDies(t *testing.T) {
	x := startDesk(t)
	newProgram(t, "Editor", "notes", image.Rect(20, 40, 320, 240), 0)
	r := startWindow(t, "notes")
	r.until(t, 3*time.Second, func(*capture.Frame) bool { return true })
	x.Process.Kill()
	if err := r.end(t, 2*time.Second); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
}

func TestDisplayWithoutComposite(t *testing.T) {
	startDesk(t, "-extension", "Composite")
	newProgram(t, "Editor", "notes", image.Rect(20, 40, 320, 240), 0)
	if all, err := Windows(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := startWindow(t, "notes").end(t, 2*time.Second); !errors.Is(err, capture.ErrNoFormat) {
		t.Errorf("Run: %v", err)
	}
}
