package camera

// #include <errno.h>
// #include <linux/videodev2.h>
// #include <sys/ioctl.h>
//
// static int v4l2(int fd, unsigned long request, void *arg) {
//	int r;
//	do r = ioctl(fd, request, arg); while (r < 0 && errno == EINTR);
//	return r < 0 ? errno : 0;
// }
import "C"

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file is the border to the kernel: V4L2 as it is, without opinions.
// https://www.kernel.org/doc/html/latest/userspace-api/media/v4l/v4l2.html

const captureType = C.V4L2_BUF_TYPE_VIDEO_CAPTURE

// node is an open /dev/videoN.
type node struct{ fd int }

// openNode opens without waiting, and without taking the device from anybody.
func openNode(path string) (node, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	return node{fd}, err
}

func (n node) close() error { return unix.Close(n.fd) }

func (n node) ioctl(request C.ulong, arg unsafe.Pointer) error {
	if errno := C.v4l2(C.int(n.fd), request, arg); errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

// about is what a node says of itself.
type about struct {
	card, bus string
	captures  bool // pictures, by streaming; a UVC camera's second node does not
}

func (n node) about() (about, error) {
	var c C.struct_v4l2_capability
	if err := n.ioctl(C.VIDIOC_QUERYCAP, unsafe.Pointer(&c)); err != nil {
		return about{}, err
	}
	caps := c.capabilities
	if caps&C.V4L2_CAP_DEVICE_CAPS != 0 {
		caps = c.device_caps // of this node; the others are of the whole device
	}
	const need = C.V4L2_CAP_VIDEO_CAPTURE | C.V4L2_CAP_STREAMING
	return about{
		card:     unix.ByteSliceToString(unsafe.Slice((*byte)(&c.card[0]), len(c.card))),
		bus:      unix.ByteSliceToString(unsafe.Slice((*byte)(&c.bus_info[0]), len(c.bus_info))),
		captures: caps&need == need,
	}, nil
}

// Enumerations end with EINVAL. A broken driver might never say so.
const enumerated = 256

func (n node) pixelFormats() (all []uint32) {
	for i := range enumerated {
		d := C.struct_v4l2_fmtdesc{index: C.uint(i), _type: captureType}
		if n.ioctl(C.VIDIOC_ENUM_FMT, unsafe.Pointer(&d)) != nil {
			break
		}
		all = append(all, uint32(d.pixelformat))
	}
	return all
}

// span is a range of values; a single one where min is max.
type span struct{ min, max, step uint32 }

func (s span) has(v uint32) bool {
	return v >= s.min && v <= s.max && (s.step <= 1 || (v-s.min)%s.step == 0)
}

func (n node) sizes(pixel uint32) (all [][2]span) {
	for i := range enumerated {
		e := C.struct_v4l2_frmsizeenum{index: C.uint(i), pixel_format: C.uint(pixel)}
		if n.ioctl(C.VIDIOC_ENUM_FRAMESIZES, unsafe.Pointer(&e)) != nil {
			break
		}
		union := unsafe.Pointer(&e.anon0[0])
		if e._type == C.V4L2_FRMSIZE_TYPE_DISCRETE {
			d := (*C.struct_v4l2_frmsize_discrete)(union)
			all = append(all, [2]span{{uint32(d.width), uint32(d.width), 0}, {uint32(d.height), uint32(d.height), 0}})
			continue
		}
		s := (*C.struct_v4l2_frmsize_stepwise)(union)
		return [][2]span{{
			{uint32(s.min_width), uint32(s.max_width), uint32(s.step_width)},
			{uint32(s.min_height), uint32(s.max_height), uint32(s.step_height)},
		}}
	}
	return all
}

// rates lists frames a second; for a range, its ends.
func (n node) rates(pixel, width, height uint32) (all []float64, isRange bool) {
	fps := func(f C.struct_v4l2_fract) float64 {
		if f.numerator == 0 {
			return 0
		}
		return float64(f.denominator) / float64(f.numerator)
	}
	for i := range enumerated {
		e := C.struct_v4l2_frmivalenum{index: C.uint(i), pixel_format: C.uint(pixel), width: C.uint(width), height: C.uint(height)}
		if n.ioctl(C.VIDIOC_ENUM_FRAMEINTERVALS, unsafe.Pointer(&e)) != nil {
			break
		}
		union := unsafe.Pointer(&e.anon0[0])
		if e._type == C.V4L2_FRMIVAL_TYPE_DISCRETE {
			all = append(all, fps(*(*C.struct_v4l2_fract)(union)))
			continue
		}
		s := (*C.struct_v4l2_frmival_stepwise)(union)
		return []float64{fps(s.max), fps(s.min)}, true // the longest interval is the lowest rate
	}
	return all, false
}

// shape is what a node agreed to deliver.
type shape struct {
	pixel                              uint32
	width, height                      int
	stride                             int // bytes a row of the first plane; 0 for JPEG
	size                               int // bytes a picture, at most
	colorspace, encoding, quantization uint32
}

// setFormat asks for a format; what the driver makes of it is returned.
func (n node) setFormat(pixel uint32, width, height int) (shape, error) {
	f := C.struct_v4l2_format{_type: captureType}
	p := (*C.struct_v4l2_pix_format)(unsafe.Pointer(&f.fmt[0]))
	p.pixelformat, p.width, p.height, p.field = C.uint(pixel), C.uint(width), C.uint(height), C.V4L2_FIELD_ANY
	if err := n.ioctl(C.VIDIOC_S_FMT, unsafe.Pointer(&f)); err != nil {
		return shape{}, err
	}
	return shape{
		pixel: uint32(p.pixelformat), width: int(p.width), height: int(p.height),
		stride: int(p.bytesperline), size: int(p.sizeimage), colorspace: uint32(p.colorspace),
		encoding: *(*uint32)(unsafe.Pointer(&p.anon0[0])), quantization: uint32(p.quantization),
	}, nil
}

// setRate asks for frames a second. Devices that have only one rate refuse,
// which does no harm.
func (n node) setRate(fps float64) error {
	var p C.struct_v4l2_streamparm
	p._type = captureType
	c := (*C.struct_v4l2_captureparm)(unsafe.Pointer(&p.parm[0]))
	c.timeperframe = C.struct_v4l2_fract{numerator: 1000, denominator: C.uint(fps*1000 + 0.5)}
	return n.ioctl(C.VIDIOC_S_PARM, unsafe.Pointer(&p))
}

// stream is a node that delivers into buffers which it shares with the kernel.
type stream struct {
	node
	buffers [][]byte
	buffer  *C.struct_v4l2_buffer // reused: nothing is allocated for a frame
	poll    []unix.PollFd
}

// buffersAsked: one that the camera fills, one that waits, one that is being
// copied, one for a reader that was held up.
const buffersAsked = 4

func (n node) startStream() (*stream, error) {
	s := &stream{node: n, buffer: new(C.struct_v4l2_buffer), poll: []unix.PollFd{{Fd: int32(n.fd), Events: unix.POLLIN}}}
	req := C.struct_v4l2_requestbuffers{count: buffersAsked, _type: captureType, memory: C.V4L2_MEMORY_MMAP}
	if err := n.ioctl(C.VIDIOC_REQBUFS, unsafe.Pointer(&req)); err != nil {
		return nil, err
	}
	for i := range int(req.count) {
		s.reset(i)
		if err := n.ioctl(C.VIDIOC_QUERYBUF, unsafe.Pointer(s.buffer)); err != nil {
			s.stop()
			return nil, err
		}
		offset := *(*C.uint)(unsafe.Pointer(&s.buffer.m[0]))
		data, err := unix.Mmap(n.fd, int64(offset), int(s.buffer.length), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			s.stop()
			return nil, err
		}
		s.buffers = append(s.buffers, data)
		if err := s.giveBack(i); err != nil {
			s.stop()
			return nil, err
		}
	}
	kind := C.int(captureType)
	if err := n.ioctl(C.VIDIOC_STREAMON, unsafe.Pointer(&kind)); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *stream) reset(index int) {
	*s.buffer = C.struct_v4l2_buffer{index: C.uint(index), _type: captureType, memory: C.V4L2_MEMORY_MMAP}
}

func (s *stream) giveBack(index int) error {
	s.reset(index)
	return s.ioctl(C.VIDIOC_QBUF, unsafe.Pointer(s.buffer))
}

// wait is true when there is a picture, or an error to fetch.
func (s *stream) wait(limit time.Duration) (bool, error) {
	s.poll[0].Revents = 0
	count, err := unix.Poll(s.poll, int(limit.Milliseconds()))
	if err == unix.EINTR {
		return false, nil
	}
	return count > 0, err
}

// taken is a buffer that the kernel has filled. It has to be given back.
type taken struct {
	index    int
	data     []byte
	damaged  bool
	captured time.Duration // on CLOCK_MONOTONIC; 0 if the driver does not say
}

func (s *stream) take() (taken, error) {
	s.reset(0)
	if err := s.ioctl(C.VIDIOC_DQBUF, unsafe.Pointer(s.buffer)); err != nil {
		return taken{}, err
	}
	b := s.buffer
	if int(b.index) >= len(s.buffers) {
		return taken{}, syscall.EIO
	}
	buffer := s.buffers[b.index]
	t := taken{index: int(b.index), data: buffer[:min(int(b.bytesused), len(buffer))], damaged: b.flags&C.V4L2_BUF_FLAG_ERROR != 0}
	if b.flags&C.V4L2_BUF_FLAG_TIMESTAMP_MASK == C.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC {
		t.captured = time.Duration(b.timestamp.tv_sec)*time.Second + time.Duration(b.timestamp.tv_usec)*time.Microsecond
	}
	return t, nil
}

// stop ends the delivery. The node is still open afterwards.
func (s *stream) stop() {
	kind := C.int(captureType)
	_ = s.ioctl(C.VIDIOC_STREAMOFF, unsafe.Pointer(&kind)) // ENODEV after an unplug
	for _, b := range s.buffers {
		_ = unix.Munmap(b)
	}
	s.buffers = nil
}
