package camera

import (
	"errors"
	"testing"
	"time"

	"tally/capture"
)

// These tests need no camera. Those with one are in device_test.go.

func TestUnknownCamera(t *testing.T) {
	begun := time.Now()
	err := Open("no such camera", Want{Width: 1280, Height: 720, FPS: 30}, capture.NewClock()).Run(t.Context(), capture.Sink{Video: func(f *capture.Frame) { f.Release() }})
	if !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("Run took %v", took)
	}
}

// TestNodeThatIsNoCamera opens a device that answers no V4L2 request.
func TestNodeThatIsNoCamera(t *testing.T) {
	d := &device{path: "/dev/null"}
	if err := d.Open(); err == nil {
		t.Error("/dev/null was opened as a camera")
	}
	d = &device{path: "/dev/does-not-exist"}
	if err := d.Open(); !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
}

// TestDamagedPictures feeds what a broken device delivers.
func TestDamagedPictures(t *testing.T) {
	for _, format := range []capture.PixelFormat{capture.I420, capture.NV12, capture.NV21, capture.YUYV, capture.UYVY, capture.MJPEG} {
		for _, stride := range []int{0, 1, 64, 640, 1 << 30} {
			d := &device{format: format, shape: shape{stride: stride, width: 33, height: 17}, pool: capture.NewFramePool(format, 33, 17)}
			for size := range 4096 {
				f := d.frame(taken{data: make([]byte, size)})
				if format == capture.MJPEG && f != nil {
					t.Fatal("zeros were taken for a JPEG")
				}
				if f != nil && size < format.Bytes(33, 17) {
					t.Fatalf("%v: %d bytes were taken for a picture", format, size)
				}
				if f != nil {
					f.Release()
				}
			}
		}
	}
	d := &device{format: capture.MJPEG, pool: capture.NewFramePool(capture.MJPEG, 33, 17)}
	jpeg := []byte{0xFF, 0xD8, 1, 2, 0xFF, 0xD9}
	if f := d.frame(taken{data: jpeg}); f == nil || string(f.Plane[0]) != string(jpeg) || f.Format != capture.MJPEG {
		t.Errorf("a JPEG became %v", f)
	}
	if d.frame(taken{data: jpeg, damaged: true}) != nil {
		t.Error("a picture that the driver calls damaged was passed on")
	}
}

// TestPaddedRows holds that padding between rows is left out.
func TestPaddedRows(t *testing.T) {
	d := &device{format: capture.I420, shape: shape{stride: 64, width: 32, height: 4}, pool: capture.NewFramePool(capture.I420, 32, 4)}
	data := make([]byte, 64*4+32*2*2)
	for i := range data {
		data[i] = byte(i)
	}
	f := d.frame(taken{data: data})
	if f == nil {
		t.Fatal("no frame")
	}
	for y := range 4 {
		if f.Plane[0][y*32] != byte(y*64) {
			t.Errorf("luma row %d begins with %d", y, f.Plane[0][y*32])
		}
	}
	for y := range 2 {
		if f.Plane[1][y*16] != byte(256+y*32) || f.Plane[2][y*16] != byte(256+64+y*32) {
			t.Errorf("chroma row %d begins with %d, %d", y, f.Plane[1][y*16], f.Plane[2][y*16])
		}
	}
}

func TestColorOfFormats(t *testing.T) {
	for _, c := range []struct {
		s    shape
		want capture.Color
	}{
		{shape{pixel: code("YUYV"), colorspace: 8}, capture.BT601Limited},                        // sRGB, as most webcams say
		{shape{pixel: code("YUYV"), colorspace: colorspaceRec709}, capture.BT709Limited},         // HDMI grabbers
		{shape{pixel: code("NV12"), colorspace: 8, quantization: 1}, capture.BT601Full},          //
		{shape{pixel: code("MJPG"), colorspace: 8}, capture.BT601Full},                           // JPEG is full range unless it says otherwise
		{shape{pixel: code("MJPG"), colorspace: 8, quantization: 2}, capture.BT601Limited},       //
		{shape{pixel: code("YUYV"), colorspace: 8, encoding: encoding709}, capture.BT709Limited}, //
	} {
		if got := c.s.color(); got != c.want {
			t.Errorf("%+v: color %d, want %d", c.s, got, c.want)
		}
	}
}
