package libav

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"tally/capture"
)

// weights are Kr and Kb of the colour's matrix.
func weights(c capture.Color) (kr, kb float64) {
	if c == capture.BT709Limited || c == capture.BT709Full {
		return 0.2126, 0.0722
	}
	return 0.299, 0.114
}

// yuv computes a colour as the recommendations define it, in floating point.
func yuv(c capture.Color, r, g, b float64) [3]float64 {
	kr, kb := weights(c)
	y := kr*r + (1-kr-kb)*g + kb*b
	u, v := (b-y)/(2*(1-kb)), (r-y)/(2*(1-kr))
	if c == capture.BT601Full || c == capture.BT709Full {
		return [3]float64{255 * y, 128 + 255*u, 128 + 255*v}
	}
	return [3]float64{16 + 219*y, 128 + 224*u, 128 + 224*v}
}

// plain makes a picture of one colour.
func plain(format capture.PixelFormat, c capture.Color, w, h int, r, g, b float64) *capture.Frame {
	f := capture.NewFramePool(format, w, h).Get()
	f.Color = c
	p := yuv(c, r, g, b)
	y, u, v := byte(math.Round(p[0])), byte(math.Round(p[1])), byte(math.Round(p[2]))
	fill := func(plane []byte, with ...byte) {
		for i := range plane {
			plane[i] = with[i%len(with)]
		}
	}
	switch format {
	case capture.I420:
		fill(f.Plane[0], y)
		fill(f.Plane[1], u)
		fill(f.Plane[2], v)
	case capture.NV12:
		fill(f.Plane[0], y)
		fill(f.Plane[1], u, v)
	case capture.NV21:
		fill(f.Plane[0], y)
		fill(f.Plane[1], v, u)
	case capture.YUYV:
		fill(f.Plane[0], y, u, y, v)
	case capture.UYVY:
		fill(f.Plane[0], u, y, v, y)
	case capture.BGRA:
		fill(f.Plane[0], byte(255*b+.5), byte(255*g+.5), byte(255*r+.5), 7)
	case capture.RGBA:
		fill(f.Plane[0], byte(255*r+.5), byte(255*g+.5), byte(255*b+.5), 255)
	}
	return f
}

// TestScaleColours converts flat colours from every format and colour into each
// that may be asked for, at the same and another size, and compares with the
// recommendations' own formulas.
func TestScaleColours(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	tones := [][3]float64{{0, 0, 0}, {1, 1, 1}, {.5, .5, .5}, {.8, .2, .2}, {.2, .7, .3}, {.2, .3, .8}, {.75, .75, 0}}
	formats := []capture.PixelFormat{capture.I420, capture.NV12, capture.NV21, capture.YUYV, capture.UYVY, capture.BGRA, capture.RGBA}
	colours := []capture.Color{capture.BT709Limited, capture.BT601Limited, capture.BT601Full, capture.BT709Full}
	for _, from := range formats {
		for _, fc := range colours {
			for _, to := range []capture.PixelFormat{capture.I420, capture.RGBA, capture.BGRA} {
				for _, size := range [][4]int{{64, 48, 64, 48}, {64, 48, 96, 64}, {64, 48, 38, 26}, {64, 48, 37, 25}, {50, 34, 50, 34}} {
					for _, c := range tones {
						src := plain(from, fc, size[0], size[1], c[0], c[1], c[2])
						dst := capture.NewFramePool(to, size[2], size[3]).Get()
						if err := s.Scale(dst, src); err != nil {
							t.Fatalf("%v to %v: %v", from, to, err)
						}
						want := plain(to, capture.BT709Limited, size[2], size[3], c[0], c[1], c[2])
						for i := range want.Plane {
							for j := range want.Plane[i] {
								exp := int(want.Plane[i][j])
								if to == capture.BGRA && j%4 == 3 {
									continue
								}
								if got := int(dst.Plane[i][j]); got < exp-3 || got > exp+3 {
									t.Fatalf("%v colour %d %v to %v %v: plane %d byte %d is %d, want %d", from, fc, c, to, size, i, j, got, exp)
								}
							}
						}
					}
				}
			}
		}
	}
}

// TestScaleKeepsPlaces makes a picture with an edge smaller and larger, to sizes that
// vector code does not like, and finds the edge where it belongs, in each row.
func TestScaleKeepsPlaces(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	src := plain(capture.I420, 0, 64, 48, 0, 0, 0)
	for i := range src.Plane[0] {
		if i%src.Stride[0] >= 32 {
			src.Plane[0][i] = 235
		}
	}
	for _, size := range [][2]int{{37, 25}, {31, 24}, {101, 77}, {128, 96}} {
		w, h := size[0], size[1]
		dst := capture.NewFramePool(capture.BGRA, w, h).Get()
		if err := s.Scale(dst, src); err != nil {
			t.Fatal(err)
		}
		for y := range h {
			for x := range w {
				got, off := int(dst.Plane[0][y*dst.Stride[0]+4*x]), 2*float64(x)+1-float64(w)
				if blur := 3 * max(1, float64(w)/64); off < -blur && got > 3 || off > blur && got < 252 {
					t.Fatalf("%d×%d: %d at %d, %d", w, h, got, x, y)
				}
			}
		}
	}
}

// TestRecolourExact holds the integer arithmetic to the exact result ±1 for all
// colours that limited 8-bit RGB can give.
func TestRecolourExact(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, fc := range []capture.Color{capture.BT601Limited, capture.BT601Full, capture.BT709Full} {
		for range 2000 {
			r, g, b := rng.Float64(), rng.Float64(), rng.Float64()
			src := plain(capture.I420, fc, 2, 2, r, g, b)
			dst := capture.NewFramePool(capture.I420, 2, 2).Get()
			if err := s.Scale(dst, src); err != nil {
				t.Fatal(err)
			}
			want := yuv(capture.BT709Limited, r, g, b)
			for i := range want {
				if d := math.Abs(want[i] - float64(dst.Plane[i][0])); d > 2 { // the source was rounded already
					t.Fatalf("colour %d (%.3f %.3f %.3f): plane %d is %d, want %.2f", fc, r, g, b, i, dst.Plane[i][0], want[i])
				}
			}
		}
	}
}

// view places a frame inside of a larger one that is filled with a mark.
func view(format capture.PixelFormat, w, h, x, y int, mark byte) (inner *capture.Frame, check func() error) {
	W, H := (w+2*x+1)/2*2, (h+2*y+1)/2*2
	outer := capture.NewFramePool(format, W, H).Get()
	whole := make([]byte, format.Bytes(W, H))
	off := 0
	for i, p := range outer.Plane {
		outer.Plane[i] = whole[off : off+len(p)]
		off += len(p)
	}
	for i := range whole {
		whole[i] = mark
	}
	inner = &capture.Frame{Format: format, Width: w, Height: h, Stride: outer.Stride}
	at := func(i, x, y int) int { return y*outer.Stride[i] + x }
	var rows, row [3]int
	switch format {
	case capture.I420:
		row, rows = [3]int{w, (w + 1) / 2, (w + 1) / 2}, [3]int{h, (h + 1) / 2, (h + 1) / 2}
		inner.Plane = [3][]byte{outer.Plane[0][at(0, x, y):], outer.Plane[1][at(1, x/2, y/2):], outer.Plane[2][at(2, x/2, y/2):]}
	default:
		row, rows = [3]int{4 * w}, [3]int{h}
		inner.Plane[0] = outer.Plane[0][at(0, 4*x, y):]
	}
	return inner, func() error {
		for i := range outer.Plane {
			for j, b := range outer.Plane[i] {
				k := j - (len(outer.Plane[i]) - len(inner.Plane[i]))
				if inside := k >= 0 && row[i] > 0 && k%outer.Stride[i] < row[i] && k/outer.Stride[i] < rows[i]; !inside && b != mark {
					return fmt.Errorf("plane %d, byte %d outside of the picture was written", i, j)
				}
			}
		}
		return nil
	}
}

// TestScaleStaysInside scales into views of many sizes and looks whether anything
// around them was touched, and whether everything in them was.
func TestScaleStaysInside(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	rng := rand.New(rand.NewPCG(3, 4))
	froms := []capture.PixelFormat{capture.I420, capture.NV12, capture.YUYV, capture.UYVY, capture.BGRA}
	for n := range 1200 {
		w, h := 2+rng.IntN(200), 2+rng.IntN(60)
		if n%3 == 0 {
			w = w / 32 * 32
			w = max(w, 32)
		}
		sw, sh := w, h
		if n%2 == 0 {
			sw, sh = 2+rng.IntN(200), 2+rng.IntN(60)
		}
		s.Quality = Quality(n % 3)
		from := froms[rng.IntN(len(froms))]
		to := []capture.PixelFormat{capture.I420, capture.RGBA}[rng.IntN(2)]
		src := plain(from, capture.Color(rng.IntN(4)), sw, sh, .5, .4, .3)
		dst, check := view(to, w, h, 2*rng.IntN(20), 2*rng.IntN(4), 1)
		if err := s.Scale(dst, src); err != nil {
			t.Fatalf("%v %d×%d to %v %d×%d: %v", from, sw, sh, to, w, h, err)
		}
		if err := check(); err != nil {
			t.Fatalf("%v %d×%d to %v %d×%d: %v", from, sw, sh, to, w, h, err)
		}
		for y := range h {
			for x := range w {
				px := 1
				if to == capture.RGBA {
					px = 4
				}
				if dst.Plane[0][y*dst.Stride[0]+px*x] == 1 {
					t.Fatalf("%v %d×%d to %v %d×%d: pixel %d,%d was not written", from, sw, sh, to, w, h, x, y)
				}
			}
		}
	}
}

func TestScaleRefuses(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	good := capture.NewFramePool(capture.I420, 64, 48).Get()
	short := capture.NewFramePool(capture.I420, 64, 48).Get()
	short.Plane[2] = short.Plane[2][:len(short.Plane[2])-1]
	narrow := capture.NewFramePool(capture.I420, 64, 48).Get()
	narrow.Stride[0] = 63
	for _, bad := range []*capture.Frame{short, narrow, {}, {Format: 99, Width: 1, Height: 1}, capture.NewFrame(capture.MJPEG, 1, 1, nil)} {
		if err := s.Scale(bad, good); !errors.Is(err, ErrShape) {
			t.Errorf("to %+v: %v", bad.Format, err)
		}
		if err := s.Scale(good, bad); !errors.Is(err, ErrShape) && !errors.Is(err, ErrInvalidData) {
			t.Errorf("from %+v: %v", bad.Format, err)
		}
	}
	s.Close()
	if err := s.Scale(good, good); err == nil {
		t.Error("a closed scaler worked")
	}
}

// TestPaintExact holds the arithmetic from RGB to the exact result ±1.
func TestPaintExact(t *testing.T) {
	s := NewScaler()
	defer s.Close()
	rng := rand.New(rand.NewPCG(9, 9))
	for n := range 4000 {
		rgb := [3]float64{float64(rng.IntN(256)) / 255, float64(rng.IntN(256)) / 255, float64(rng.IntN(256)) / 255}
		if n < 8 {
			rgb = [3]float64{float64(n & 1), float64(n >> 1 & 1), float64(n >> 2)}
		}
		for _, from := range []capture.PixelFormat{capture.BGRA, capture.RGBA} {
			src := plain(from, 0, 5, 3, rgb[0], rgb[1], rgb[2])
			dst := capture.NewFramePool(capture.I420, 5, 3).Get()
			dst.Color = capture.Color(n % 4)
			if err := s.Scale(dst, src); err != nil {
				t.Fatal(err)
			}
			want := yuv(dst.Color, rgb[0], rgb[1], rgb[2])
			for i, p := range dst.Plane {
				for _, v := range p {
					if d := math.Abs(min(255, want[i]) - float64(v)); d > 1 {
						t.Fatalf("%v %v to colour %d: plane %d is %d, want %.2f", from, rgb, dst.Color, i, v, want[i])
					}
				}
			}
		}
	}
}

func BenchmarkScale(b *testing.B) {
	noise := func(f *capture.Frame) *capture.Frame {
		for _, p := range f.Plane {
			for i := range p {
				p[i] = byte(i*7 + i>>9)
			}
		}
		return f
	}
	frame := func(p capture.PixelFormat, c capture.Color, w, h int) *capture.Frame {
		f := noise(capture.NewFramePool(p, w, h).Get())
		f.Color = c
		return f
	}
	for _, c := range []struct {
		name     string
		src, dst *capture.Frame
	}{
		{"BGRA-I420/720p", frame(capture.BGRA, 0, 1280, 720), frame(capture.I420, 0, 1280, 720)},
		{"BGRA-I420/1080p-720p", frame(capture.BGRA, 0, 1920, 1080), frame(capture.I420, 0, 1280, 720)},
		{"BGRA-I420/1080p", frame(capture.BGRA, 0, 1920, 1080), frame(capture.I420, 0, 1920, 1080)},
		{"YUYV601-I420/720p", frame(capture.YUYV, capture.BT601Limited, 1280, 720), frame(capture.I420, 0, 1280, 720)},
		{"YUYV709-I420/720p", frame(capture.YUYV, 0, 1280, 720), frame(capture.I420, 0, 1280, 720)},
		{"I420601-I420/720p", frame(capture.I420, capture.BT601Full, 1280, 720), frame(capture.I420, 0, 1280, 720)},
		{"I420-I420/720p-copy", frame(capture.I420, 0, 1280, 720), frame(capture.I420, 0, 1280, 720)},
		{"NV12601-I420/720p", frame(capture.NV12, capture.BT601Limited, 1280, 720), frame(capture.I420, 0, 1280, 720)},
		{"I420-RGBA/720p", frame(capture.I420, 0, 1280, 720), frame(capture.RGBA, 0, 1280, 720)},
		{"I420-RGBA/720p-640x360", frame(capture.I420, 0, 1280, 720), frame(capture.RGBA, 0, 640, 360)},
		{"I420-BGRA/720p-905x509", frame(capture.I420, 0, 1280, 720), frame(capture.BGRA, 0, 905, 509)},
		{"I420-I420/1080p-720p", frame(capture.I420, 0, 1920, 1080), frame(capture.I420, 0, 1280, 720)},
		{"MJPEG422-I420/720p", capture.NewFrame(capture.MJPEG, 1280, 720, ffmpegPicture(b, "yuvj422p", 1280, 720)), frame(capture.I420, 0, 1280, 720)},
		{"MJPEG420-I420/720p", capture.NewFrame(capture.MJPEG, 1280, 720, testJPEG(b, 1280, 720)), frame(capture.I420, 0, 1280, 720)},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := NewScaler()
			defer s.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Scale(c.dst, c.src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
