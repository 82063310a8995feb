package testcard

import (
	"image"
	"math"
	"time"

	"tally/capture"
)

// painter makes the frames. It draws the background once into every buffer of
// its pool, and afterwards only what moves; nothing is allocated for a frame
// once each buffer has been seen. It belongs to one goroutine.
type painter struct {
	layout
	pool    *capture.FramePool
	still   *capture.Frame // the background
	seen    map[*capture.Frame]changes
	clock   *numerals
	clockAt image.Point
	count   *numerals
	countAt image.Point
	text    []byte
	dotSize float64
	runSize float64
}

// changes are the places where a buffer differs from the background, beside
// those that every frame writes anew.
type changes struct {
	flash    bool
	dot, run image.Rectangle
}

// buffersSeen bounds the memory of buffers: the pool hands out a few, over and over.
const buffersSeen = 64

const clockDigits, countDigits = len("00:00:00.000"), len("0000000")

func newPainter(width, height int, fps float64) *painter {
	l := newLayout(width, height)
	img := l.background(fps)
	p := &painter{
		layout:  l,
		pool:    capture.NewFramePool(capture.I420, width, height),
		still:   toI420(img),
		seen:    make(map[*capture.Frame]changes, buffersSeen),
		text:    make([]byte, 0, 16),
		dotSize: max(l.u*0.16, 1),
		runSize: max(l.u*0.12, 1),
	}
	ground := p.still.Plane[0][l.band.Max.Y*p.still.Stride[0]-1]
	base := l.baseline()
	p.clock = newNumerals(0.95*l.u, ground, lumaWhite)
	p.clockAt = image.Pt((width-clockDigits*p.clock.width)/2, int(base+capHeight(fontFace(mono, 0.95*l.u))*0.1)-p.clock.height)
	p.count = newNumerals(0.46*l.u, ground, 180)
	p.countAt = image.Pt(width-int(0.6*l.u)-countDigits*p.count.width, int(base-0.45*l.u)-p.count.height)
	return p
}

// paint draws frame n, which is stamped pts.
func (p *painter) paint(n int64, pts time.Duration) *capture.Frame {
	f := p.pool.Get()
	f.PTS, f.Color = pts, capture.BT709Limited
	p.restore(f)

	var c changes
	second := pts % time.Second
	// A step that begins a hair before the full second, because n/fps is rounded
	// to nanoseconds, belongs to it.
	if second >= time.Second-time.Microsecond {
		second = 0
	}
	c.flash = second < FlashTime
	if c.flash {
		whiten(f, p.flash)
	} else {
		sin, cos := math.Sincos(2 * math.Pi * second.Seconds())
		c.dot = spot(f, p.flash, p.center[0]+p.orbit*sin, p.center[1]-p.orbit*cos, p.dotSize)
	}
	// There and back in two seconds; at full seconds it is at an end.
	way := math.Abs(math.Mod(pts.Seconds(), 2) - 1)
	reach := float64(p.width) - 4*p.runSize
	c.run = spot(f, p.track, 2*p.runSize+(1-way)*reach, float64(p.track.Min.Y)+float64(p.track.Dy())*0.35, p.runSize)
	p.seen[f] = c

	luma, stride := f.Plane[0], f.Stride[0]
	p.text = appendClock(p.text[:0], pts)
	p.clock.write(luma, stride, p.width, p.height, p.clockAt.X, p.clockAt.Y, p.text)
	p.text = appendDigits(p.text[:0], n, countDigits)
	p.count.write(luma, stride, p.width, p.height, p.countAt.X, p.countAt.Y, p.text)
	drawCounter(luma, stride, p.width, p.height, n)
	return f
}

// restore brings the background back where the buffer's last frame covered it.
func (p *painter) restore(f *capture.Frame) {
	c, known := p.seen[f]
	switch {
	case !known:
		if len(p.seen) >= buffersSeen {
			clear(p.seen)
		}
		for i := range f.Plane {
			copy(f.Plane[i], p.still.Plane[i])
		}
	case c.flash:
		p.copyStill(f, p.flash)
		p.copyLuma(f, c.run)
	default:
		p.copyLuma(f, c.dot)
		p.copyLuma(f, c.run)
	}
}

func (p *painter) copyLuma(f *capture.Frame, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from, to := y*f.Stride[0]+r.Min.X, y*f.Stride[0]+r.Max.X
		copy(f.Plane[0][from:to], p.still.Plane[0][from:to])
	}
}

// copyStill copies whole rows from the top, in all planes.
func (p *painter) copyStill(f *capture.Frame, r image.Rectangle) {
	copy(f.Plane[0][:r.Max.Y*f.Stride[0]], p.still.Plane[0])
	for i := 1; i < 3; i++ {
		copy(f.Plane[i][:r.Max.Y/2*f.Stride[i]], p.still.Plane[i])
	}
}

// whiten fills whole rows from the top.
func whiten(f *capture.Frame, r image.Rectangle) {
	set(f.Plane[0][:r.Max.Y*f.Stride[0]], lumaWhite)
	for i := 1; i < 3; i++ {
		set(f.Plane[i][:r.Max.Y/2*f.Stride[i]], 128)
	}
}

func set(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// spot draws a white disc with smooth edges into the luma, on grey ground, and returns
// the part of the picture that it changed.
func spot(f *capture.Frame, clip image.Rectangle, cx, cy, radius float64) image.Rectangle {
	r := image.Rect(int(cx-radius-1), int(cy-radius-1), int(cx+radius+2), int(cy+radius+2)).Intersect(clip)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := f.Plane[0][y*f.Stride[0]:]
		dy := float64(y) + 0.5 - cy
		for x := r.Min.X; x < r.Max.X; x++ {
			dx := float64(x) + 0.5 - cx
			cover := radius + 0.5 - math.Sqrt(dx*dx+dy*dy)
			if cover > 0 {
				old := float64(row[x])
				row[x] = byte(old + (lumaWhite-old)*min(cover, 1) + 0.5)
			}
		}
	}
	return r
}

// appendClock writes a time as 00:00:00.000.
func appendClock(b []byte, t time.Duration) []byte {
	ms := int64((t + time.Microsecond) / time.Millisecond) // see paint: n/fps is rounded
	b = append(appendDigits(b, ms/3600_000, 2), ':')
	b = append(appendDigits(b, ms/60_000%60, 2), ':')
	b = append(appendDigits(b, ms/1000%60, 2), '.')
	return appendDigits(b, ms%1000, 3)
}

// appendDigits writes the last digits of n, with leading zeros.
func appendDigits(b []byte, n int64, digits int) []byte {
	unit := int64(1)
	for range digits - 1 {
		unit *= 10
	}
	for ; unit > 0; unit /= 10 {
		b = append(b, '0'+byte(n/unit%10))
	}
	return b
}

// toI420 converts a drawing, by BT.709 to limited range.
func toI420(img *image.RGBA) *capture.Frame {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	f := capture.NewFrame(capture.I420, w, h, make([]byte, capture.I420.Bytes(w, h)))
	for y := range h {
		for x := range w {
			r, g, b := rgbAt(img, x, y)
			f.Plane[0][y*f.Stride[0]+x] = byte(16.5 + (0.2126*r+0.7152*g+0.0722*b)*219/255)
		}
	}
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			var r, g, b float64
			for k := range 4 {
				r1, g1, b1 := rgbAt(img, min(x+k&1, w-1), min(y+k>>1, h-1))
				r, g, b = r+r1/4, g+g1/4, b+b1/4
			}
			luma := 0.2126*r + 0.7152*g + 0.0722*b
			f.Plane[1][y/2*f.Stride[1]+x/2] = byte(128.5 + (b-luma)/1.8556*224/255)
			f.Plane[2][y/2*f.Stride[2]+x/2] = byte(128.5 + (r-luma)/1.5748*224/255)
		}
	}
	return f
}

func rgbAt(img *image.RGBA, x, y int) (r, g, b float64) {
	p := img.Pix[y*img.Stride+4*x:]
	return float64(p[0]), float64(p[1]), float64(p[2])
}
