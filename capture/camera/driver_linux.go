package camera

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"syscall"
	"time"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/frame"
	"github.com/pion/mediadevices/pkg/io/video"
	"github.com/pion/mediadevices/pkg/prop"
	"golang.org/x/sys/unix"

	"tally/capture"
)

// device is one V4L2 camera as a driver of mediadevices. The manager's wrapper
// around it keeps the order Open, VideoRecord, Close; all calls of one session,
// Read among them, come from one goroutine.
type device struct {
	path string

	node    node
	open    bool
	stream  *stream
	shape   shape
	format  capture.PixelFormat
	color   capture.Color
	pool    *capture.FramePool
	picture picture
	errors  int // failed reads in a row
}

var _ driver.VideoRecorder = (*device)(nil)

// lookAround is how long Read waits before it lets its caller look around.
const lookAround = 100 * time.Millisecond

// errorsInARow is how many failed reads make a camera one that delivers nothing.
const errorsInARow = 20

func (d *device) Open() error {
	n, err := openNode(d.path)
	if err != nil {
		return d.because("open "+d.path, err)
	}
	a, err := n.about()
	if err == nil && !a.captures {
		err = syscall.ENODEV
	}
	if err != nil {
		n.close()
		return d.because("query "+d.path, err)
	}
	d.node, d.open = n, true
	return nil
}

func (d *device) Close() error {
	if !d.open {
		return nil
	}
	d.open = false
	if d.stream != nil {
		d.stream.stop()
		d.stream = nil
	}
	return d.node.close()
}

func (d *device) Properties() []prop.Media {
	var all []prop.Media
	for _, f := range d.node.formats() {
		all = append(all, prop.Media{Video: prop.Video{
			Width: f.Width, Height: f.Height, FrameRate: float32(f.FPS), FrameFormat: frame.Format(f.Pixel),
		}})
	}
	return all
}

// VideoRecord starts the camera. The reader's pictures are already frames; each
// belongs to whoever read it.
func (d *device) VideoRecord(p prop.Media) (video.Reader, error) {
	format, ok := formatByName(p.FrameFormat)
	if !ok {
		return nil, fmt.Errorf("format %s: %w", p.FrameFormat, capture.ErrNoFormat)
	}
	shape, err := d.node.setFormat(fourCC(format), p.Width, p.Height)
	if err != nil {
		return nil, d.because("set format", err)
	}
	// The driver may have changed any of it.
	if d.format, ok = byFourCC[shape.pixel]; !ok || shape.width <= 0 || shape.height <= 0 || shape.width > 1<<15 || shape.height > 1<<15 {
		return nil, fmt.Errorf("set format %s %d×%d: %w", p.FrameFormat, p.Width, p.Height, capture.ErrNoFormat)
	}
	d.shape, d.color = shape, shape.color()
	d.pool = capture.NewFramePool(d.format, shape.width, shape.height)
	if p.FrameRate > 0 {
		_ = d.node.setRate(float64(p.FrameRate)) // some have no choice, and say so by refusing
	}
	d.stream, err = d.node.startStream()
	if err != nil {
		return nil, d.because("start streaming", err)
	}
	return video.ReaderFunc(d.read), nil
}

func nothing() {}

func (d *device) read() (image.Image, func(), error) {
	ready, err := d.stream.wait(lookAround)
	if err != nil {
		return nil, nothing, d.because("wait", err)
	}
	if !ready {
		return nil, nothing, errNothingYet
	}
	t, err := d.stream.take()
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return nil, nothing, errNothingYet
	case errors.Is(err, syscall.EIO) && d.errors < errorsInARow:
		// A lost picture; or the end, if it goes on. The kernel answers at once then.
		d.errors++
		time.Sleep(lookAround / errorsInARow)
		return nil, nothing, errNothingYet
	case err != nil:
		return nil, nothing, d.because("take a picture", err)
	}
	d.errors = 0
	f := d.frame(t)
	captured := time.Now()
	if age := monotonicNow() - t.captured; t.captured > 0 && age >= 0 {
		captured = captured.Add(-age)
	}
	if err := d.stream.giveBack(t.index); err != nil {
		if f != nil {
			f.Release()
		}
		return nil, nothing, d.because("give a buffer back", err)
	}
	if f == nil {
		return nil, nothing, errNothingYet
	}
	d.picture = picture{f, captured}
	return &d.picture, nothing, nil
}

// monotonicNow is the clock that V4L2 stamps with, and Go's time package reads.
func monotonicNow() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// frame copies a picture out of the kernel's buffer; nil if it is not whole.
func (d *device) frame(t taken) *capture.Frame {
	if t.damaged || len(t.data) == 0 {
		return nil
	}
	if d.format == capture.MJPEG {
		if len(t.data) < 4 || t.data[0] != 0xFF || t.data[1] != 0xD8 { // start of image
			return nil
		}
		f := d.pool.Get()
		f.Color = d.color
		f.Plane[0] = append(f.Plane[0][:0], t.data...)
		return f
	}
	f := d.pool.Get()
	f.Color = d.color
	from := t.data
	for i, p := range f.Plane {
		if p == nil {
			break
		}
		tight, rows := f.Stride[i], len(p)/f.Stride[i]
		stride := max(d.planeStride(i, tight), tight)
		if len(from) < stride*(rows-1)+tight {
			f.Release()
			return nil
		}
		copyRows(p, tight, from, stride, tight, rows)
		from = from[min(stride*rows, len(from)):]
	}
	return f
}

// planeStride follows V4L2's single-planar formats: the stride is that of the first
// plane; separate chroma planes have half of it.
func (d *device) planeStride(plane, tight int) int {
	switch {
	case d.shape.stride <= 0:
		return tight
	case plane > 0 && d.format == capture.I420:
		return d.shape.stride / 2
	}
	return d.shape.stride
}

// picture is what the reader returns: an image.Image, since mediadevices passes
// nothing else on.
type picture struct {
	f        *capture.Frame
	captured time.Time
}

func (p *picture) frame() (*capture.Frame, time.Time) { return p.f, p.captured }

func (p *picture) ColorModel() color.Model { return color.GrayModel }
func (p *picture) Bounds() image.Rectangle { return image.Rect(0, 0, p.f.Width, p.f.Height) }

// At is the pixel's brightness; 0 in JPEG, which is not decoded here.
func (p *picture) At(x, y int) color.Color {
	step, offset := 1, 0
	switch p.f.Format {
	case capture.YUYV:
		step = 2
	case capture.UYVY:
		step, offset = 2, 1
	case capture.MJPEG:
		return color.Gray{}
	}
	if !(image.Point{X: x, Y: y}).In(p.Bounds()) {
		return color.Gray{}
	}
	return color.Gray{Y: p.f.Plane[0][y*p.f.Stride[0]+x*step+offset]}
}
