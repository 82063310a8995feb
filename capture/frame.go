package capture

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// PixelFormat names how the bytes of a picture are laid out, by the names that
// V4L2 and FFmpeg use.
type PixelFormat uint8

const (
	I420  PixelFormat = iota + 1 // planar Y, U, V; chroma halved both ways
	NV12                         // planar Y, then interleaved UV; chroma halved both ways
	NV21                         // as NV12, but VU
	YUYV                         // packed Y0 U Y1 V
	UYVY                         // packed U Y0 V Y1
	BGRA                         // packed, 4 bytes a pixel, the fourth without meaning
	RGBA                         // packed, 4 bytes a pixel, opaque
	MJPEG                        // Plane[0] is one JPEG image, Stride is 0
)

var formatNames = [...]string{I420: "I420", NV12: "NV12", NV21: "NV21", YUYV: "YUYV", UYVY: "UYVY", BGRA: "BGRA", RGBA: "RGBA", MJPEG: "MJPEG"}

func (p PixelFormat) String() string {
	if p == 0 || int(p) >= len(formatNames) {
		return fmt.Sprintf("PixelFormat(%d)", uint8(p))
	}
	return formatNames[p]
}

// Color says how YUV values relate to light. It has no meaning for RGB formats.
type Color uint8

const (
	BT709Limited Color = iota // HD video: what Tally sends
	BT601Limited              // what most webcams deliver uncompressed
	BT601Full                 // JPEG
	BT709Full
)

// Frame is one picture. It is read-only once it has been delivered: several
// readers may hold it at the same time.
type Frame struct {
	PTS           time.Duration // when the light was captured, on the session's [Clock]
	Format        PixelFormat
	Color         Color
	Width, Height int       // pixels
	Plane         [3][]byte // those that Format has
	Stride        [3]int    // bytes from one row of a plane to the next

	refs   atomic.Int32
	home   *FramePool
	of     *Frame // whose planes these are; see At
	number uint64 // see Number
}

var pictures atomic.Uint64 // numbers given so far

// Number tells pictures apart: no other frame has it, but for those that show the same
// picture at another time ([Frame.At]). A source that repeats a picture does so with At,
// and who has worked on it once need not again.
func (f *Frame) Number() uint64 { return f.number }

// Retain adds a reference, and returns f for convenience.
func (f *Frame) Retain() *Frame {
	f.refs.Add(1)
	return f
}

// Release gives one reference back. After the last one the buffer may be
// overwritten at any time.
func (f *Frame) Release() {
	switch n := f.refs.Add(-1); {
	case n < 0:
		panic("capture: Frame released more often than retained")
	case n > 0:
	case f.of != nil:
		of := f.of
		f.of = nil
		repeats.Put(f)
		of.Release()
	case f.home != nil:
		f.home.put(f)
	}
}

var repeats = sync.Pool{New: func() any { return new(Frame) }}

// At is the same picture shown at another time. It shares f's planes and holds a
// reference to f's picture until it is released itself.
func (f *Frame) At(pts time.Duration) *Frame {
	of := f
	if f.of != nil { // a repeat of a repeat: no chain of them is held
		of = f.of
	}
	r := repeats.Get().(*Frame)
	r.PTS, r.Format, r.Color, r.Width, r.Height = pts, f.Format, f.Color, f.Width, f.Height
	r.Plane, r.Stride, r.of, r.number = f.Plane, f.Stride, of.Retain(), f.number
	r.refs.Store(1)
	return r
}

// Bytes is the size of a picture of this format, without padding. It is 0 for
// MJPEG, whose size depends on what it shows.
func (p PixelFormat) Bytes(width, height int) int {
	switch p {
	case I420, NV12, NV21:
		return width*height + 2*((width+1)/2)*((height+1)/2)
	case YUYV, UYVY:
		return 2 * ((width + 1) / 2 * 2) * height
	case BGRA, RGBA:
		return 4 * width * height
	}
	return 0
}

// FramePool makes frames of one shape and takes them back. It is safe for
// concurrent use.
type FramePool struct {
	format        PixelFormat
	width, height int
	free          chan *Frame
	alloc         func(size int) []byte
}

// framesKept bounds what an idle pool holds: one being filled, one waiting, one
// being encoded, one shown, and the look-ahead of nobody.
const framesKept = 8

// NewFramePool prepares a pool for one uncompressed format and size.
func NewFramePool(format PixelFormat, width, height int) *FramePool {
	return NewFramePoolFrom(format, width, height, func(size int) []byte { return make([]byte, size) })
}

// NewFramePoolFrom is a pool whose buffers come from elsewhere, such as memory
// that is shared with another process. A buffer is in use until the collector
// has taken the [Frame] around it.
func NewFramePoolFrom(format PixelFormat, width, height int, alloc func(size int) []byte) *FramePool {
	return &FramePool{format: format, width: width, height: height, free: make(chan *Frame, framesKept), alloc: alloc}
}

// Makes tells whether the pool's frames have this format and size.
func (p *FramePool) Makes(format PixelFormat, width, height int) bool {
	return p.format == format && p.width == width && p.height == height
}

// Get hands out a frame with one reference. Its planes lie in one allocation;
// their contents are left over from earlier use. An MJPEG frame's Plane[0] is to be
// filled with append, so that its memory is used again.
func (p *FramePool) Get() *Frame {
	select {
	case f := <-p.free:
		f.begin()
		return f
	default:
	}
	f := &Frame{Format: p.format, Width: p.width, Height: p.height, home: p}
	f.layOut(p.alloc(p.format.Bytes(p.width, p.height)))
	f.begin()
	return f
}

// begin gives a frame its first reference, and makes it a picture of its own.
func (f *Frame) begin() {
	f.refs.Store(1)
	f.number = pictures.Add(1)
}

func (p *FramePool) put(f *Frame) {
	select {
	case p.free <- f:
	default: // more were in flight than are worth keeping; the collector has it
	}
}

// NewFrame wraps bytes that already hold a tightly packed picture, or one JPEG.
// The bytes belong to the frame from then on; the collector frees them.
func NewFrame(format PixelFormat, width, height int, data []byte) *Frame {
	f := &Frame{Format: format, Width: width, Height: height}
	f.layOut(data)
	f.begin()
	return f
}

// layOut points the planes into data, without padding between rows.
func (f *Frame) layOut(data []byte) {
	w, h := f.Width, f.Height
	cw, ch := (w+1)/2, (h+1)/2
	switch f.Format {
	case I420:
		f.Plane = [3][]byte{data[: w*h : w*h], data[w*h : w*h+cw*ch : w*h+cw*ch], data[w*h+cw*ch : w*h+2*cw*ch]}
		f.Stride = [3]int{w, cw, cw}
	case NV12, NV21:
		f.Plane = [3][]byte{data[: w*h : w*h], data[w*h : w*h+2*cw*ch]}
		f.Stride = [3]int{w, 2 * cw}
	case YUYV, UYVY:
		f.Plane = [3][]byte{data}
		f.Stride = [3]int{4 * cw}
	case BGRA, RGBA:
		f.Plane = [3][]byte{data}
		f.Stride = [3]int{4 * w}
	default:
		f.Plane = [3][]byte{data}
	}
}
