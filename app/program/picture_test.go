package program

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/capture"
	"tally/capture/libav"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// flat makes a BGRA picture of one grey.
func flat(w, h int, grey byte) *capture.Frame {
	data := make([]byte, 4*w*h)
	for i := range data {
		data[i] = grey
	}
	return capture.NewFrame(capture.BGRA, w, h, data)
}

// Whatever shape a source has, its picture is whole, centred and not stretched,
// and what is beside it is black.
func TestPicturesFitTheShow(t *testing.T) {
	scaler := libav.NewScaler()
	defer scaler.Close()
	for _, tt := range []struct {
		name          string
		w, h          int
		left, top     int // width of the bars, luma pixels
		showW, showHt int
	}{
		{"same shape, smaller", 640, 360, 0, 0, 1280, 720},
		{"same shape, larger", 1920, 1080, 0, 0, 1280, 720},
		{"4:3 in 16:9", 640, 480, 160, 0, 1280, 720},
		{"16:10 in 16:9", 1280, 800, 64, 0, 1280, 720},
		{"wide in 16:9", 2560, 1080, 0, 90, 1280, 720},
		{"upright in 16:9", 720, 1280, 438, 0, 1280, 720},
		{"nearly the shape", 1366, 768, 0, 0, 1280, 720},
		{"tiny", 2, 2, 280, 0, 1280, 720},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c canvas
			src := flat(tt.w, tt.h, 255)
			defer src.Release()
			dst := c.compose(scaler, src, tt.showW, tt.showHt)
			if dst == nil {
				t.Fatal("no picture")
			}
			defer dst.Release()
			luma := func(x, y int) byte { return dst.Plane[0][y*dst.Stride[0]+x] }
			white := func(x, y int) bool { return luma(x, y) > 200 }
			midX, midY := tt.showW/2, tt.showHt/2
			// Two pixels of tolerance: chroma makes bars even.
			if !white(tt.left+2, midY) || !white(tt.showW-tt.left-3, midY) || !white(midX, tt.top+2) || !white(midX, tt.showHt-tt.top-3) {
				t.Error("the picture is cut")
			}
			if tt.left > 4 && (luma(tt.left-4, midY) != 16 || luma(tt.showW-tt.left+3, midY) != 16) {
				t.Error("the bars at the sides are not black")
			}
			if tt.top > 4 && (luma(midX, tt.top-4) != 16 || luma(midX, tt.showHt-tt.top+3) != 16) {
				t.Error("the bars above and below are not black")
			}
		})
	}
}

// A source that goes silent is covered by its last picture, and after two
// seconds by the slate, without a hole in time.
func TestSlateStandsInForASource(t *testing.T) {
	clock := capture.NewClock()
	p := NewPicture(clock, NewPreview(), 320, 180, 30)
	type seen struct {
		pts  time.Duration
		luma byte
	}
	out := make(chan seen, 1000)
	p.Deliver(func(f *capture.Frame) {
		out <- seen{f.PTS, f.Plane[0][0]}
		f.Release()
	})
	ctx, cancel := context.WithTimeout(t.Context(), slateAfter+time.Second)
	defer cancel()
	frame := flat(320, 180, 255)
	frame.PTS = clock.Now()
	p.In.Put(frame)
	if err := p.Run(ctx); err == nil {
		t.Error("Run ended without a reason")
	}
	close(out)
	var all []seen
	for s := range out {
		if n := len(all); n > 0 && (s.pts <= all[n-1].pts || s.pts-all[n-1].pts > 200*time.Millisecond) {
			t.Fatalf("%v after %v", s.pts, all[n-1].pts)
		}
		all = append(all, s)
	}
	if len(all) < 60 {
		t.Fatalf("only %d pictures", len(all))
	}
	if first, last := all[0].luma, all[len(all)-1].luma; first < 200 || last > 120 {
		t.Errorf("luma goes from %d to %d: the slate cannot be told from the picture", first, last)
	}
	if p.Repeated() != len(all)-1 {
		t.Errorf("%d of %d were repeats", p.Repeated(), len(all))
	}
}

// A screen that is still, whose picture comes again four times a second, is converted once
// and sent at the show's full pace.
func TestStillScreen(t *testing.T) {
	clock := capture.NewClock()
	p := NewPicture(clock, NewPreview(), 320, 180, 30)
	var stamps []time.Duration
	p.Deliver(func(f *capture.Frame) {
		stamps = append(stamps, f.PTS)
		f.Release()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	done := make(chan error, 1)
	before := libav.Conversions()
	go func() { done <- p.Run(ctx) }()
	still := flat(640, 360, 200)
	defer still.Release()
	for n := 0; ctx.Err() == nil; n++ {
		p.In.Put(still.At(clock.Now()))
		if n < 10 { // something has moved just now; see screen and wayland
			time.Sleep(time.Second / 30)
		} else {
			time.Sleep(250 * time.Millisecond)
		}
	}
	<-done
	if n := libav.Conversions() - before; n != 1 {
		t.Errorf("one picture was converted %d times", n)
	}
	for i := 1; i < len(stamps); i++ {
		if step := stamps[i] - stamps[i-1]; step < 5*time.Millisecond || step > 70*time.Millisecond {
			t.Errorf("%v from one picture to the next", step)
		}
	}
	if long := stamps[len(stamps)-1] - stamps[0]; math.Abs(float64(len(stamps)-1)/long.Seconds()-30) > 1 {
		t.Errorf("%d pictures in %v", len(stamps), long)
	}
}

// A source that sends only what cannot be read is covered by the slate too, and
// known as one.
func TestDamagedPicturesGetTheSlate(t *testing.T) {
	clock := capture.NewClock()
	p := NewPicture(clock, NewPreview(), 320, 180, 30)
	lumas := make(chan byte, 1000)
	p.Deliver(func(f *capture.Frame) { lumas <- f.Plane[0][0]; f.Release() })
	ctx, cancel := context.WithTimeout(t.Context(), slateAfter+1500*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	for n := 0; ctx.Err() == nil; n++ {
		f := flat(320, 180, 255)
		if n > 0 {
			f = capture.NewFrame(capture.MJPEG, 320, 180, []byte{0xFF, 0xD8, 0xFF, 0xDB, 1, 2, 3, 4, 5, 6, 0xFF, 0xD9})
		}
		f.PTS = clock.Now()
		p.In.Put(f)
		time.Sleep(40 * time.Millisecond)
	}
	<-done
	close(lumas)
	var last byte
	for last = range lumas {
	}
	if last > 120 || p.Damaged() < slateAfter {
		t.Errorf("luma %d at the end, damaged for %v", last, p.Damaged())
	}
}

// The way from a camera's frame to the encoder and the window makes no garbage,
// with bars beside the picture too.
func TestNoGarbageFromCameraToEncoder(t *testing.T) {
	for _, size := range [][2]int{{320, 180}, {320, 240}} {
		clock := capture.NewClock()
		preview := NewPreview()
		preview.Resize(160, 90)
		p := NewPicture(clock, preview, 320, 180, 120)
		delivered := make(chan struct{}, 1)
		p.Deliver(func(f *capture.Frame) { f.Release(); delivered <- struct{}{} })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- p.Run(ctx) }()
		go func() { done <- preview.Run(ctx) }()
		pool := capture.NewFramePool(capture.YUYV, size[0], size[1])
		one := func() {
			f := pool.Get()
			f.PTS = clock.Now()
			p.In.Put(f)
			<-delivered
			if f := preview.Take(); f != nil {
				f.Release()
			}
			time.Sleep(9 * time.Millisecond)
		}
		for range 20 {
			one()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			one()
		}
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > 20 {
			t.Errorf("%v: %d allocations for 100 pictures", size, n)
		}
		cancel()
		go func() {
			for range delivered {
			}
		}()
		<-done
		<-done
		close(delivered)
	}
}

// Nobody looks and nobody encodes: nothing is converted.
func TestNoWorkForNobody(t *testing.T) {
	clock := capture.NewClock()
	p := NewPicture(clock, NewPreview(), 320, 180, 30)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	frame := flat(320, 180, 255)
	p.In.Put(frame)
	_ = p.Run(ctx)
	if p.Repeated() != 0 {
		t.Errorf("%d pictures were made for nobody", p.Repeated())
	}
}

func TestPreview(t *testing.T) {
	p := NewPreview()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	defer func() { cancel(); <-done }()

	p.Resize(160, 160)
	src := capture.NewFramePool(capture.I420, 640, 360).Get()
	paint(src, 235, 128, 128)
	p.in.Put(src)
	select {
	case <-p.Fresh():
	case <-time.After(5 * time.Second):
		t.Fatal("no picture")
	}
	f := p.Take()
	if f == nil {
		t.Fatal("nothing to take")
	}
	defer f.Release()
	if f.Format != capture.RGBA || f.Width != 160 || f.Height != 90 || f.Plane[0][0] < 250 || f.Plane[0][3] != 255 {
		t.Errorf("%v %d×%d, first pixel %v", f.Format, f.Width, f.Height, f.Plane[0][:4])
	}
	if p.Take() != nil {
		t.Error("the same picture twice")
	}
}

// The steady state makes no garbage.
func BenchmarkCompose(b *testing.B) {
	scaler := libav.NewScaler()
	defer scaler.Close()
	for _, size := range []struct {
		name string
		w, h int
	}{{"1280x720", 1280, 720}, {"1280x800 with bars", 1280, 800}, {"1920x1080", 1920, 1080}} {
		b.Run(size.name, func(b *testing.B) {
			var c canvas
			src := flat(size.w, size.h, 90)
			b.ReportAllocs()
			for b.Loop() {
				c.compose(scaler, src, 1280, 720).Release()
			}
		})
	}
}
