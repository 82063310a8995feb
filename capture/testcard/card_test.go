package testcard

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"tally/capture"
)

func frameAt(p *painter, n int64, fps float64) *capture.Frame {
	return p.paint(n, capture.NewBeat(capture.NewClock(), fps).At(n))
}

// TestRepaintEqualsFreshPaint holds that drawing only what moves gives the
// very picture that drawing all gives, in any order and at odd sizes too.
func TestRepaintEqualsFreshPaint(t *testing.T) {
	for _, size := range []image.Point{{1280, 720}, {320, 180}, {161, 91}, {16, 16}, {720, 1280}, {640, 17}} {
		t.Run(size.String(), func(t *testing.T) {
			used := newPainter(size.X, size.Y, 30)
			rng := rand.New(rand.NewPCG(1, 2))
			for range 8 {
				n := rng.Int64N(1 << 20)
				if n%3 == 0 {
					n -= n % 30 // a flash
				}
				fresh := newPainter(size.X, size.Y, 30)
				got, want := frameAt(used, n, 30), frameAt(fresh, n, 30)
				for i := range want.Plane {
					if !bytes.Equal(got.Plane[i], want.Plane[i]) {
						t.Fatalf("frame %d: plane %d differs", n, i)
					}
				}
				got.Release()
			}
		})
	}
}

func TestCounterAndFlashAreReadBack(t *testing.T) {
	for _, size := range []image.Point{{1920, 1080}, {1280, 720}, {640, 480}, {321, 181}, {160, 90}} {
		p := newPainter(size.X, size.Y, 29.97)
		beat := capture.NewBeat(capture.NewClock(), 29.97)
		flashes, was := 0, false
		for n := int64(1); n < 119; n++ {
			f := p.paint(n, beat.At(n))
			got, ok := ReadCounter(f.Plane[0], f.Stride[0], size.X, size.Y)
			if !ok || int64(got) != n {
				t.Fatalf("%v: frame %d reads as %d, %v", size, n, got, ok)
			}
			is := Flashing(f.Plane[0], f.Stride[0], size.X, size.Y)
			if is && !was {
				flashes++
				if into := f.PTS % time.Second; into > time.Second/29 {
					t.Errorf("%v: flash begins %v into the second", size, into)
				}
			}
			was = is
			f.Release()
		}
		if flashes != 4 { // the first began at 0 s
			t.Errorf("%v: %d flashes in 3.9 s", size, flashes)
		}
	}
}

func TestReadCounterRefusesOtherPictures(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	luma := make([]byte, 320*180)
	read := 0
	for range 2000 {
		for i := range columns {
			drawColumn(luma, i, byte(rng.UintN(2)*219+16))
		}
		if _, ok := ReadCounter(luma, 320, 320, 180); ok {
			read++
		}
	}
	if read > 5 { // 12 bits of check: 1 in 4096
		t.Errorf("%d of 2000 random strips were accepted", read)
	}
	for _, v := range []byte{0, 16, 128, 235, 255} {
		if n, ok := ReadCounter(bytes.Repeat([]byte{v}, 320*180), 320, 320, 180); ok {
			t.Errorf("a picture of luma %d reads as %d", v, n)
		}
	}
	if _, ok := ReadCounter(luma[:100], 320, 320, 180); ok {
		t.Error("a short buffer was accepted")
	}
}

func drawColumn(luma []byte, i int, v byte) {
	for y := stripTop(180); y < 180; y++ {
		for x := i * 320 / columns; x < (i+1)*320/columns; x++ {
			luma[y*320+x] = v
		}
	}
}

// TestPaintAllocatesNothing holds the steady state.
func TestPaintAllocatesNothing(t *testing.T) {
	p := newPainter(640, 360, 30)
	n := int64(0)
	if allocs := testing.AllocsPerRun(100, func() {
		frameAtNoAlloc(p, n)
		n++
	}); allocs != 0 {
		t.Errorf("%v allocations for a frame", allocs)
	}
}

func frameAtNoAlloc(p *painter, n int64) {
	p.paint(n, time.Duration(n)*time.Second/30).Release()
}

func BenchmarkPaint(b *testing.B) {
	for _, size := range []image.Point{{1280, 720}, {1920, 1080}} {
		b.Run(fmt.Sprintf("%dx%d", size.X, size.Y), func(b *testing.B) {
			p := newPainter(size.X, size.Y, 30)
			b.ReportAllocs()
			for n := int64(0); b.Loop(); n++ {
				frameAtNoAlloc(p, n)
			}
		})
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		newPainter(1280, 720, 30)
	}
}
