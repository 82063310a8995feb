package xcb

import (
	"errors"
	"image"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
	"tally/capture/capturetest"
)

// anotherProgram is a connection of its own.
func anotherProgram(t *testing.T) *xgb.Conn {
	t.Helper()
	conn, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// TestRefusals: each thing that the server refuses is told as what it is, and the answers
// after it still belong to their questions.
func TestRefusals(t *testing.T) {
	x := capturetest.StartX(t)
	other := anotherProgram(t)
	screen := xproto.Setup(other).DefaultScreen(other)
	window, err := xproto.NewWindowId(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.CreateWindowChecked(other, screen.RootDepth, window, screen.Root, 20, 30, 100, 100, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, 0, nil).Check(); err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	area := image.Rect(10, 10, 50, 40)
	picture := make([]byte, 4*area.Dx()*area.Dy())
	right := View{Root: uint32(screen.Root), From: uint32(screen.Root), Area: area, Mouse: true, Inside: uint32(window)}
	works := func() {
		t.Helper()
		c.Aim(right)
		xproto.WarpPointer(other, 0, screen.Root, 0, 0, 0, 0, 123, 77)
		if _, err := xproto.GetInputFocus(other).Reply(); err != nil {
			t.Fatal(err)
		}
		m, err := c.Take(picture, 0)
		if err != nil || m.At != image.Pt(123, 77) || right.Inside != 0 && m.Inside != image.Pt(103, 47) {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	works()
	if _, err := c.Take(picture[1:], 0); !errors.Is(err, ErrBadSize) || !errors.Is(err, capture.ErrNoFormat) {
		t.Errorf("memory that is too small: %v", err)
	}
	works()
	refused := func(v View, segment uint32) {
		t.Helper()
		c.Aim(v)
		_, err := c.Take(picture, segment)
		if err == nil || errors.Is(err, ErrEnded) || errors.Is(err, ErrNoWindow) || errors.Is(err, ErrBadSize) {
			t.Errorf("%v", err)
		}
	}
	beyond := right
	beyond.Area = area.Add(image.Pt(620, 0))
	refused(beyond, 0)
	works()
	refused(right, uint32(window)) // which is no segment
	works()
	nothing := right
	nothing.Root = 1
	refused(nothing, 0)
	works()

	if told, err := c.Watch(uint32(window), false); !told || err != nil {
		t.Errorf("Watch: %v, %v", told, err)
	}
	if err := xproto.DestroyWindowChecked(other, window).Check(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Take(picture, 0); !errors.Is(err, ErrNoWindow) {
			t.Errorf("a window that is gone: %v", err)
		}
		if _, err := c.Look(true); !errors.Is(err, ErrNoWindow) {
			t.Errorf("a window that is gone: %v", err)
		}
	}
	if told, err := c.Watch(uint32(window), false); told || err != nil {
		t.Errorf("Watch: %v, %v", told, err)
	}
	right.Inside = 0
	works()

	x.Process.Kill()
	x.Wait()
	for range 2 {
		_, taken := c.Take(picture, 0)
		_, looked := c.Look(true)
		_, _, damaged := c.Damaged()
		_, watched := c.Watch(uint32(screen.Root), false)
		for _, err := range []error{taken, looked, damaged, watched} {
			if !errors.Is(err, ErrEnded) {
				t.Errorf("a server that is gone: %v", err)
			}
		}
	}
	if _, err := Open(t.Context()); err == nil {
		t.Error("connected to a server that is gone")
	}
}
