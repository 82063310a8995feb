package program

import (
	"tally/capture"
	"tally/capture/libav"
)

// canvas makes program pictures from pooled frames.
type canvas struct {
	pool *capture.FramePool
	part capture.Frame // of the picture being made
}

// compose fits src into a picture of the show's size, centred, with black bars
// where the shapes differ. A source that has the right form already is passed on
// as it is. It returns nil when src is damaged.
func (c *canvas) compose(scaler *libav.Scaler, src *capture.Frame, width, height int) *capture.Frame {
	if src.Format == capture.I420 && src.Color == capture.BT709Limited && src.Width == width && src.Height == height {
		return src.Retain()
	}
	if c.pool == nil || !c.pool.Makes(capture.I420, width, height) {
		c.pool = capture.NewFramePool(capture.I420, width, height)
	}
	dst := c.pool.Get()
	dst.PTS, dst.Color = src.PTS, capture.BT709Limited
	w, h := inside(src.Width, src.Height, width, height)
	target := dst
	if w != width || h != height {
		x, y := (width-w)/2&^1, (height-h)/2&^1
		target = c.window(dst, x, y, w, h)
		frame(dst, x, y, w, h)
	}
	if err := scaler.Scale(target, src); err != nil {
		dst.Release()
		return nil
	}
	return dst
}

// inside is the largest even size of the shape w×h in maxW×maxH. Shapes that
// differ by less than two pixels fill it: nobody sees the stretch, and
// everybody sees a line of bar.
func inside(w, h, maxW, maxH int) (int, int) {
	fw, fh := maxW, maxW*h/w
	if fh > maxH {
		fw, fh = maxH*w/h, maxH
	}
	if maxW-fw < 2 {
		fw = maxW
	}
	if maxH-fh < 2 {
		fh = maxH
	}
	return max(2, fw&^1), max(2, fh&^1)
}

// window is the part of an I420 picture at the even offset x, y. It shares f's
// planes and is good until the next call.
func (c *canvas) window(f *capture.Frame, x, y, w, h int) *capture.Frame {
	p := &c.part
	p.PTS, p.Format, p.Color, p.Width, p.Height, p.Stride = f.PTS, f.Format, f.Color, w, h, f.Stride
	p.Plane = [3][]byte{
		f.Plane[0][y*f.Stride[0]+x:],
		f.Plane[1][y/2*f.Stride[1]+x/2:],
		f.Plane[2][y/2*f.Stride[2]+x/2:],
	}
	return p
}

// frame paints black what lies around the part of an I420 picture at x, y.
func frame(f *capture.Frame, x, y, w, h int) {
	for i, black := range [3]byte{16, 128, 128} {
		plane, stride, rows := f.Plane[i], f.Stride[i], f.Height
		left, right, top, bottom := x, x+w, y, y+h
		if i > 0 {
			rows, left, right, top, bottom = rows/2, left/2, right/2, top/2, bottom/2
		}
		for row := range rows {
			line := plane[row*stride:][:stride]
			if row < top || row >= bottom {
				fill(line, black)
				continue
			}
			fill(line[:left], black)
			fill(line[right:], black)
		}
	}
}

func fill(row []byte, value byte) {
	for i := range row {
		row[i] = value
	}
}

// paint fills an I420 picture with one colour.
func paint(f *capture.Frame, y, u, v byte) {
	for i, value := range [3]byte{y, u, v} {
		fill(f.Plane[i], value)
	}
}
