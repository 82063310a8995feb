package camera

import (
	"image"
	"testing"
	"time"

	"tally/capture"
)

func TestChoose(t *testing.T) {
	f := func(pixel string, w, h int, fps float64) capture.Format {
		return capture.Format{Pixel: pixel, Width: w, Height: h, FPS: fps}
	}
	// As a common USB 2 webcam lists them.
	webcam := []capture.Format{
		f("YUYV", 640, 480, 30), f("YUYV", 640, 480, 15), f("YUYV", 640, 360, 30), f("YUYV", 1280, 720, 10), f("YUYV", 1920, 1080, 5),
		f("MJPEG", 640, 480, 30), f("MJPEG", 640, 360, 30), f("MJPEG", 1280, 720, 60), f("MJPEG", 1280, 720, 30), f("MJPEG", 1920, 1080, 30),
	}
	for _, c := range []struct {
		name    string
		formats []capture.Format
		w, h    int
		fps     float64
		want    capture.Format
	}{
		{"MJPEG where raw is too slow", webcam, 1280, 720, 30, f("MJPEG", 1280, 720, 30)},
		{"the higher rate when asked for", webcam, 1280, 720, 60, f("MJPEG", 1280, 720, 60)},
		{"raw where it reaches the rate", webcam, 640, 360, 30, f("YUYV", 640, 360, 30)},
		{"raw at the only rate it has", webcam, 1280, 720, 10, f("YUYV", 1280, 720, 10)},
		{"full HD", webcam, 1920, 1080, 30, f("MJPEG", 1920, 1080, 30)},
		{"larger rather than scaled up", webcam, 1024, 576, 30, f("MJPEG", 1280, 720, 30)},
		{"the largest there is", webcam, 3840, 2160, 30, f("MJPEG", 1920, 1080, 30)},
		{"29.97 is reached by 30", []capture.Format{f("YUYV", 1280, 720, 30), f("MJPEG", 1280, 720, 60)}, 1280, 720, 30000. / 1001, f("YUYV", 1280, 720, 30)},
		{"not 1 fps, though it is listed first", []capture.Format{f("YUYV", 1280, 720, 1), f("YUYV", 1280, 720, 60)}, 1280, 720, 30, f("YUYV", 1280, 720, 60)},
		{"the rate before the size", []capture.Format{f("YUYV", 1280, 720, 7.5), f("YUYV", 640, 480, 30)}, 1280, 720, 30, f("YUYV", 640, 480, 30)},
		{"a rate that is not told", []capture.Format{f("YUYV", 1280, 720, 0), f("YUYV", 640, 480, 0)}, 1280, 720, 30, f("YUYV", 1280, 720, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := choose(c.formats, c.w, c.h, c.fps)
			if i < 0 || c.formats[i] != c.want {
				t.Errorf("chose %d of %+v, want %+v", i, c.formats, c.want)
			}
		})
	}
	if i := choose(nil, 1280, 720, 30); i != -1 {
		t.Errorf("chose %d of nothing", i)
	}
	if i := choose([]capture.Format{{Pixel: "YUYV"}}, 1280, 720, 30); i != -1 {
		t.Errorf("chose a format without a size")
	}
}

// TestFramesOfOtherDrivers holds the way of pictures from drivers that
// mediadevices brings along, odd sizes and parts of larger pictures included.
func TestFramesOfOtherDrivers(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422} {
		img := image.NewYCbCr(image.Rect(0, 0, 33, 17), ratio)
		for y := range 17 {
			for x := range 33 {
				img.Y[img.YOffset(x, y)] = byte(x + y)
				img.Cb[img.COffset(x, y)] = byte(100 + x/2)
				img.Cr[img.COffset(x, y)] = byte(200 - x/2)
			}
		}
		var p framer
		f, _ := p.from(img)
		if f == nil || f.Format != capture.I420 || f.Width != 33 || f.Height != 17 {
			t.Fatalf("%v: got %+v", ratio, f)
		}
		for y := range 17 {
			for x := range 33 {
				if got := f.Plane[0][y*f.Stride[0]+x]; got != byte(x+y) {
					t.Fatalf("%v: luma at %d,%d is %d", ratio, x, y, got)
				}
				if got := f.Plane[1][y/2*f.Stride[1]+x/2]; got != byte(100+x/2) {
					t.Fatalf("%v: Cb at %d,%d is %d", ratio, x, y, got)
				}
				if got := f.Plane[2][y/2*f.Stride[2]+x/2]; got != byte(200-x/2) {
					t.Fatalf("%v: Cr at %d,%d is %d", ratio, x, y, got)
				}
			}
		}
		// A driver that reuses its buffer must not reach into a frame that was handed out.
		clear(img.Y)
		if f.Plane[0][1] != 1 {
			t.Error("the frame shares the driver's buffer")
		}
		f.Release()
	}
	var p framer
	if f, _ := p.from(image.NewGray(image.Rect(0, 0, 4, 4))); f != nil {
		t.Error("a frame was made of an unknown kind of picture")
	}
}

// TestStampsStayInOrder holds what happens to stamps that drivers get wrong.
func TestStampsStayInOrder(t *testing.T) {
	clock := capture.NewClock()
	s := stamper{clock: clock}
	var stamps []time.Duration
	pool := capture.NewFramePool(capture.YUYV, 16, 16)
	now := time.Now()
	for _, captured := range []time.Time{now, now, now.Add(-time.Hour), now.Add(time.Hour), time.Now()} {
		time.Sleep(time.Millisecond)
		if f := pool.Get(); s.stamp(f, captured) {
			stamps = append(stamps, f.PTS)
			f.Release()
		}
	}
	for i := 1; i < len(stamps); i++ {
		if stamps[i] <= stamps[i-1] || stamps[i] > clock.Now() {
			t.Errorf("stamps %v", stamps)
		}
	}
	if len(stamps) < 4 {
		t.Errorf("%d of 5 frames were stamped", len(stamps))
	}
}
