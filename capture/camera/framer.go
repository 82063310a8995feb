package camera

import (
	"image"
	"time"

	"tally/capture"
)

// framed is a picture that a driver of this package delivers: a frame already.
type framed interface {
	frame() (f *capture.Frame, captured time.Time)
}

// framer makes frames of what a driver's reader returns. It belongs to one
// goroutine.
type framer struct {
	pool          *capture.FramePool
	format        capture.PixelFormat
	width, height int
}

// from returns nil for a picture of a kind that no driver is known to make.
func (p *framer) from(img image.Image) (*capture.Frame, time.Time) {
	now := time.Now()
	switch img := img.(type) {
	case framed:
		return img.frame()
	case *image.YCbCr:
		return p.fromYCbCr(img), now
	case *image.RGBA:
		f := p.get(capture.RGBA, img.Rect)
		if f != nil {
			copyRows(f.Plane[0], f.Stride[0], img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y):], img.Stride, f.Stride[0], f.Height)
		}
		return f, now
	}
	return nil, now
}

// get is a pooled frame of that shape.
func (p *framer) get(format capture.PixelFormat, r image.Rectangle) *capture.Frame {
	if r.Empty() {
		return nil
	}
	if p.pool == nil || p.format != format || p.width != r.Dx() || p.height != r.Dy() {
		p.format, p.width, p.height = format, r.Dx(), r.Dy()
		p.pool = capture.NewFramePool(format, p.width, p.height)
	}
	f := p.pool.Get()
	f.Color = capture.BT601Limited
	return f
}

// fromYCbCr copies 4:2:0, and halves the chroma of 4:2:2, which packed formats
// are unpacked to, by leaving every second row out.
func (p *framer) fromYCbCr(img *image.YCbCr) *capture.Frame {
	rows := 1
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
	case image.YCbCrSubsampleRatio422:
		rows = 2
	default:
		return nil
	}
	f := p.get(capture.I420, img.Rect)
	if f == nil {
		return nil
	}
	x, y := img.Rect.Min.X, img.Rect.Min.Y
	copyRows(f.Plane[0], f.Stride[0], img.Y[img.YOffset(x, y):], img.YStride, f.Width, f.Height)
	chroma := img.COffset(x, y)
	copyRows(f.Plane[1], f.Stride[1], img.Cb[chroma:], img.CStride*rows, f.Stride[1], (f.Height+1)/2)
	copyRows(f.Plane[2], f.Stride[2], img.Cr[chroma:], img.CStride*rows, f.Stride[2], (f.Height+1)/2)
	return f
}

// copyRows copies rows of n bytes.
func copyRows(to []byte, toStride int, from []byte, fromStride, n, rows int) {
	if toStride == n && fromStride == n {
		copy(to[:n*rows], from)
		return
	}
	for y := range rows {
		copy(to[y*toStride:y*toStride+n], from[y*fromStride:])
	}
}
