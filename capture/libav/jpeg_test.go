package libav

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"tally/capture"
)

func testJPEG(t testing.TB, w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x ^ y) & 0xf0), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func ffmpegJPEG(t testing.TB, pixel string, w, h int) []byte {
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("color=0xCC3333:s=%dx%d,format=%s", w, h, pixel),
		"-frames:v", "1", "-q:v", "2", "-c:v", "mjpeg", "-f", "mjpeg", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	return out
}

// ffmpegPicture is a JPEG of about the size that a webcam sends.
func ffmpegPicture(t testing.TB, pixel string, w, h int) []byte {
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%dx%d,noise=alls=6,format=%s", w, h, pixel),
		"-frames:v", "1", "-q:v", "5", "-c:v", "mjpeg", "-f", "mjpeg", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	return out
}

func TestScaleJPEG(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	for _, pixel := range []string{"yuvj420p", "yuvj422p", "yuvj444p"} {
		src := capture.NewFrame(capture.MJPEG, 64, 48, ffmpegJPEG(t, pixel, 64, 48))
		src.PTS = 42
		want := yuv(capture.BT709Limited, .8, .2, .2)
		for _, size := range [][2]int{{64, 48}, {32, 24}, {128, 96}} {
			dst := capture.NewFramePool(capture.I420, size[0], size[1]).Get()
			if err := s.Scale(dst, src); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				mid := len(dst.Plane[i]) / 2
				if d := math.Abs(want[i] - float64(dst.Plane[i][mid])); d > 4 {
					t.Errorf("%s to %v: plane %d is %d, want %.1f", pixel, size, i, dst.Plane[i][mid], want[i])
				}
			}
			if dst.PTS != 42 {
				t.Errorf("PTS is %v", dst.PTS)
			}
		}
	}
}

// TestScaleGarbageJPEG gives what bad cables and bad cameras give.
func TestScaleGarbageJPEG(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	good := testJPEG(t, 320, 240)
	dst := capture.NewFramePool(capture.I420, 320, 240).Get()
	rng := rand.New(rand.NewPCG(5, 6))
	var refused int
	for n := range 400 {
		bad := bytes.Clone(good)
		switch n % 4 {
		case 0:
			bad = bad[:rng.IntN(len(bad))]
		case 1:
			for range 50 {
				bad[rng.IntN(len(bad))] = byte(rng.Uint32())
			}
		case 2:
			for i := range bad {
				bad[i] = byte(rng.Uint32())
			}
		case 3:
			bad[rng.IntN(600)] ^= byte(1 + rng.IntN(255))
		}
		if err := s.Scale(dst, capture.NewFrame(capture.MJPEG, 320, 240, bad)); err != nil {
			refused++
			if !errors.Is(err, ErrInvalidData) {
				t.Fatalf("error is not ErrInvalidData: %v", err)
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d of 400 damaged images were refused", refused)
	}
	if err := s.Scale(dst, capture.NewFrame(capture.MJPEG, 320, 240, good)); err != nil {
		t.Errorf("a good image after damaged ones: %v", err)
	}
}
