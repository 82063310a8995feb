package libav

/*
#include "libav.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"tally/capture"
)

// Quality says how a [Scaler] changes sizes. Colours are converted the same way
// at every quality.
type Quality uint8

const (
	// Bilinear weighs every pixel that falls under the new one, so that text made
	// smaller stays readable. It is the default.
	Bilinear Quality = iota
	// Fast looks at neighbours only: cheaper when a picture is made much smaller,
	// with jagged edges. Fit for a preview.
	Fast
	// Bicubic is sharper when a picture is made larger, and costs about twice as
	// much as Bilinear.
	Bicubic
)

var swsFlags = [...]C.int{Bilinear: C.SWS_BILINEAR, Fast: C.SWS_FAST_BILINEAR, Bicubic: C.SWS_BICUBIC}

// Scaler turns pictures into another format, colour and size in one go. It keeps
// what it computed for the last shape, so use one for each pair of source and
// destination. The zero Scaler is not usable; call [NewScaler].
type Scaler struct {
	Quality Quality
	c       *C.tally_scaler
}

// NewScaler prepares a scaler. Close frees it.
func NewScaler() *Scaler { return &Scaler{c: C.tally_scaler_new()} }

// Close frees the scaler. It may be called more than once.
func (s *Scaler) Close() {
	C.tally_scaler_free(s.c)
	s.c = nil
}

// avFormats are FFmpeg's names of ours. BGRA's fourth byte has no meaning, so it
// is never taken for transparency.
var avFormats = [...]C.int{
	capture.I420: C.AV_PIX_FMT_YUV420P, capture.NV12: C.AV_PIX_FMT_NV12, capture.NV21: C.AV_PIX_FMT_NV21,
	capture.YUYV: C.AV_PIX_FMT_YUYV422, capture.UYVY: C.AV_PIX_FMT_UYVY422,
	capture.BGRA: C.AV_PIX_FMT_BGR0, capture.RGBA: C.AV_PIX_FMT_RGBA,
}

func avColour(c capture.Color) (matrix, full C.int) {
	switch c {
	case capture.BT601Limited:
		return C.TALLY_BT601, 0
	case capture.BT601Full:
		return C.TALLY_BT601, 1
	case capture.BT709Full:
		return C.TALLY_BT709, 1
	}
	return C.TALLY_BT709, 0
}

// Scale fills dst with src's picture, stretched to dst's size. It converts from
// src.Format and src.Color to dst.Format and dst.Color, matrix and range; of
// MJPEG the image itself says its size and colour, and src's are ignored. With
// nothing to convert it copies the planes.
//
// dst is I420, BGRA or RGBA (whose fourth byte becomes 255), or of src's colour.
// It may be a view into a larger frame: Stride says where the next row begins,
// and nothing is written outside of Width × Height. dst.PTS becomes src.PTS.
//
// Errors wrap [ErrInvalidData] for a damaged JPEG (dst then holds what it held
// before), [ErrShape] for planes that are too short and [ErrUnsupported] for
// formats that do not fit together.
func (s *Scaler) Scale(dst, src *capture.Frame) error {
	if s.c == nil {
		return errors.New("libav: scale: the scaler is closed")
	}
	d, ok := planes(dst)
	if !ok {
		return fmt.Errorf("libav: scale: to %v %d×%d: %w", dst.Format, dst.Width, dst.Height, ErrShape)
	}
	flags := swsFlags[min(int(s.Quality), len(swsFlags)-1)]
	dm, df := avColour(dst.Color)
	var code C.int
	if src.Format == capture.MJPEG {
		if len(src.Plane[0]) == 0 {
			return fmt.Errorf("libav: decode JPEG: %w", ErrInvalidData)
		}
		code = C.tally_scale_jpeg(s.c, flags, (*C.uint8_t)(unsafe.Pointer(&src.Plane[0][0])), C.int(len(src.Plane[0])),
			avFormats[dst.Format], dm, df, C.int(dst.Width), C.int(dst.Height), d[0], d[1], d[2],
			C.int(dst.Stride[0]), C.int(dst.Stride[1]), C.int(dst.Stride[2]))
		if code < 0 {
			return failed("decode JPEG", code)
		}
	} else {
		p, ok := planes(src)
		if !ok {
			return fmt.Errorf("libav: scale: from %v %d×%d: %w", src.Format, src.Width, src.Height, ErrShape)
		}
		sm, sf := avColour(src.Color)
		code = C.tally_scale_planes(s.c, flags, avFormats[src.Format], sm, sf, C.int(src.Width), C.int(src.Height),
			p[0], p[1], p[2], C.int(src.Stride[0]), C.int(src.Stride[1]), C.int(src.Stride[2]),
			avFormats[dst.Format], dm, df, C.int(dst.Width), C.int(dst.Height),
			d[0], d[1], d[2], C.int(dst.Stride[0]), C.int(dst.Stride[1]), C.int(dst.Stride[2]))
		if code < 0 {
			return failed("scale", code)
		}
	}
	dst.PTS = src.PTS
	return nil
}

// Conversions is how many pictures this process has converted so far, in scalers and
// from files; copies do not count. A conversion is what a picture costs most, so a show
// makes one of each at most, and one for the window.
func Conversions() int64 { return int64(C.tally_conversions()) }

// planes checks that f's planes hold what f says, and gives their addresses. It
// is false for MJPEG, which has no rows.
func planes(f *capture.Frame) (p [3]*C.uint8_t, ok bool) {
	const most = 1 << 15
	w, h := f.Width, f.Height
	if w <= 0 || h <= 0 || w > most || h > most || f.Format == 0 || f.Format >= capture.MJPEG {
		return p, false
	}
	cw, ch := (w+1)/2, (h+1)/2
	var row, rows [3]int
	switch f.Format {
	case capture.I420:
		row, rows = [3]int{w, cw, cw}, [3]int{h, ch, ch}
	case capture.NV12, capture.NV21:
		row, rows = [3]int{w, 2 * cw}, [3]int{h, ch}
	case capture.YUYV, capture.UYVY:
		row, rows = [3]int{4 * cw}, [3]int{h}
	case capture.BGRA, capture.RGBA:
		row, rows = [3]int{4 * w}, [3]int{h}
	}
	for i := range row {
		if row[i] == 0 {
			break
		}
		if f.Stride[i] < row[i] || f.Stride[i] > 16*most || len(f.Plane[i]) < f.Stride[i]*(rows[i]-1)+row[i] {
			return p, false
		}
		p[i] = (*C.uint8_t)(unsafe.Pointer(&f.Plane[i][0]))
	}
	return p, true
}
