package screen

import (
	"errors"
	"image"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/capturetest"
	"tally/capture/wayland"
	"tally/capture/xcb"
)

func TestPartOfAScreen(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(0, 0, 640, 360))
	c.fill(image.Rect(0, 0, 640, 360), 0x111111)
	c.fill(image.Rect(100, 50, 300, 150), 0xAABBCC)
	if !start(t, "0@200x100+100+50", 30).until(t, 2*time.Second, func(f *capture.Frame) bool {
		return f.Width == 200 && f.Height == 100 && pixel(f, 0, 0) == 0xAABBCC && pixel(f, 199, 99) == 0xAABBCC
	}) {
		t.Error("the part is not seen")
	}
	// What is beyond the screen's edge is left out.
	if !start(t, "@200x100+600+300", 30).until(t, 2*time.Second, func(f *capture.Frame) bool {
		return f.Width == 40 && f.Height == 60 && pixel(f, 0, 0) == 0x111111
	}) {
		t.Error("the part at the edge is not seen")
	}
	if err := start(t, "0@200x100+640+0", 30).end(t, 2*time.Second); !errors.Is(err, ErrOutside) {
		t.Errorf("a part outside: %v", err)
	}
	if err := start(t, "0@nonsense", 30).end(t, 2*time.Second); !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("nonsense: %v", err)
	}
	f, err := Shot(t.Context(), "0")
	if err != nil || f.Width != 640 || f.Height != 360 || pixel(f, 99, 50) != 0x111111 || pixel(f, 100, 50) != 0xAABBCC {
		t.Errorf("the picture to choose from: %v", err)
	}
}

// TestChangesOutsideCostNothing: the part is not read while only what is around it
// changes, and is read when it changes itself.
func TestChangesOutsideCostNothing(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(0, 0, 640, 360))
	c.fill(image.Rect(0, 0, 640, 360), 0x111111)
	d, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	defer d.conn.Close()
	g, err := newGrabber(t.Context(), d, &desk{display: d, wish: Area{Part: image.Rect(200, 100, 300, 200)}})
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if err := g.prepare(); err != nil {
		t.Fatal(err)
	}
	clock := capture.NewClock()
	next := func() *capture.Frame {
		t.Helper()
		c.sync()
		time.Sleep(5 * time.Millisecond) // the event travels
		f, err := g.next(clock)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := next(); f != nil {
		f.Release()
	}
	g.captured = clock.Now() + time.Hour // this test does without the second look
	before := g.grabs
	for i := range 40 {
		c.fill(image.Rect(0, 210+i, 640, 340), uint32(i)*0x010101)
		if f := next(); f != nil {
			f.Release()
		}
	}
	if g.grabs != before {
		t.Errorf("%d pictures were read while nothing changed in the part", g.grabs-before)
	}
	c.fill(image.Rect(299, 199, 301, 201), 0xFFFFFF)
	f := next()
	if g.grabs == before || f == nil || pixel(f, 99, 99) != 0xFFFFFF {
		t.Error("a change in the part is not seen")
	}
	if f != nil {
		f.Release()
	}
}

// TestViewThatIsWrongBetweenChanges: a still screen that is looked at all the same, and cannot
// be read any more before the news of that has come, is located again and goes on.
func TestViewThatIsWrongBetweenChanges(t *testing.T) {
	capturetest.StartX(t)
	g, clock := grabbing(t.Context(), t, func(d *display) subject { return &desk{display: d} }), capture.NewClock()
	g.x.Aim(xcb.View{Root: uint32(g.root), From: uint32(g.view.from), Area: image.Rect(10, 0, 650, 360), Mouse: true})
	g.captured = clock.Now() - 2*verifyEvery
	f, err := g.next(clock)
	if err != nil {
		t.Fatal(err)
	}
	if f == nil || f.Width != 640 || f.Height != 360 || f != g.last {
		t.Errorf("%+v", f)
	}
	f.Release()
}

func TestPartContract(t *testing.T) {
	capturetest.StartX(t)
	c := newClient(t, image.Rect(0, 0, 640, 360))
	defer keepPainting(c, image.Rect(0, 0, 640, 360))()
	capturetest.Contract(t, capturetest.Want{
		Open: func(clock capture.Clock) capture.Source {
			return Open("0@320x200+100+60", 30, clock, wayland.Permission{})
		},
		Video: true, MinFPS: 12, Late: 30 * time.Millisecond, First: time.Second,
	})
}
