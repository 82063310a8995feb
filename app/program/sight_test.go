package program

import (
	"testing"
	"time"

	"tally/capture"
)

func TestSight(t *testing.T) {
	f := capture.NewFramePool(capture.RGBA, 320, 180).Get()
	defer f.Release()
	paint := func(v byte) {
		for i := range f.Plane[0] {
			f.Plane[0][i] = v
		}
	}
	var e eye
	look := func(at time.Duration) Sight { f.PTS = at; e.see(f); return e.sight }
	paint(120)
	if s := look(time.Second); s.Black || s.Still != 0 || s.At != time.Second {
		t.Errorf("the first picture: %+v", s)
	}
	if s := look(5 * time.Second); s.Still != 4*time.Second {
		t.Errorf("the same picture: %+v", s)
	}
	for i := range 320 * 4 {
		f.Plane[0][90*320*4+i] += 3 // a camera is never quite the same
	}
	if s := look(6 * time.Second); s.Still != 0 {
		t.Errorf("noise: %+v", s)
	}
	paint(9)
	if s := look(7 * time.Second); !s.Black {
		t.Errorf("a covered lens: %+v", s)
	}
	for _, size := range [][2]int{{1, 1}, {16, 9}, {1920, 1080}} { // no size is a problem
		g := capture.NewFramePool(capture.RGBA, size[0], size[1]).Get()
		e.see(g)
		g.Release()
	}
}

func BenchmarkSight(b *testing.B) {
	f := capture.NewFramePool(capture.RGBA, 960, 540).Get()
	var e eye
	for b.Loop() {
		e.see(f)
	}
}
