package libav

/*
#include <stdlib.h>
#include "libav.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"tally/capture"
)

// Device is where an encoder wants its pictures.
type Device uint8

const (
	Memory Device = iota // the computer's
	VAAPI                // a card's, through VA-API
)

// VideoSetup opens a [VideoEncoder].
type VideoSetup struct {
	Codec         string // libavcodec's name of the encoder
	Width, Height int
	FPS           int // nominal, for rate control
	Bitrate       int // bit/s, mean and maximum
	VBV           int // bits
	KeyInterval   int // frames
	Threads       int // 0: the encoder's choice
	// Borrows says that the encoder copies a picture before it returns, so that it
	// may be handed the caller's memory. True of libx264; where it turns out
	// wrong, Send fails with ErrHeld.
	Borrows bool
	Device  Device
	Options []string // the encoder's own, as name=value
}

// Packet is what came out of an encoder. Data is C's, and valid until the next
// call on the encoder.
type Packet struct {
	Data     []byte
	PTS, DTS int64 // in the unit of what was sent
	Key      bool
}

// VideoEncoder encodes I420 pictures of BT.709 limited. Stamps are nanoseconds.
type VideoEncoder struct {
	c             *C.tally_encoder
	width, height int
}

// OpenVideo opens an encoder. Errors wrap [ErrUnknown] when this FFmpeg has no
// such encoder or it has no such option. Close frees it.
func OpenVideo(s VideoSetup) (*VideoEncoder, error) {
	name, options := C.CString(s.Codec), C.CString(strings.Join(s.Options, "\n"))
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(options))
	device := C.int(C.AV_HWDEVICE_TYPE_NONE)
	if s.Device == VAAPI {
		device = C.AV_HWDEVICE_TYPE_VAAPI
	}
	borrows := C.int(0)
	if s.Borrows {
		borrows = 1
	}
	e := &VideoEncoder{width: s.Width, height: s.Height}
	code := C.tally_video_open(&e.c, name, C.int(s.Width), C.int(s.Height), C.int(s.FPS), C.int64_t(s.Bitrate),
		C.int64_t(s.VBV), C.int(s.KeyInterval), C.int(s.Threads), borrows, device, options)
	if err := failed("open "+s.Codec, code); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Extradata is a copy of what the encoder wants to be known before the first
// packet: parameter sets, in whatever form the encoder writes.
func (e *VideoEncoder) Extradata() []byte { return extradata(e.c) }

// Send hands a picture to the encoder, which is done with it when Send returns.
// pts must grow. key asks for a key frame. Then call Receive until it says false.
func (e *VideoEncoder) Send(f *capture.Frame, pts int64, key bool) error {
	if e.c == nil {
		return errClosed
	}
	p, ok := planes(f)
	if !ok || f.Format != capture.I420 || f.Width != e.width || f.Height != e.height {
		return fmt.Errorf("libav: encode %v %d×%d as I420 %d×%d: %w", f.Format, f.Width, f.Height, e.width, e.height, ErrShape)
	}
	k := C.int(0)
	if key {
		k = 1
	}
	return failed("encode picture", C.tally_video_send(e.c, p[0], p[1], p[2],
		C.int(f.Stride[0]), C.int(f.Stride[1]), C.int(f.Stride[2]), C.int64_t(pts), k))
}

// Receive fetches the next packet into p; it is false when there is none yet or,
// after Drain, none any more.
func (e *VideoEncoder) Receive(p *Packet) (bool, error) { return receive(e.c, p) }

// SetBitrate changes the mean and maximum (bit/s) and the VBV (bits) from the next
// picture on, in encoders that read them while they run.
func (e *VideoEncoder) SetBitrate(bitrate, vbv int) {
	if e.c != nil {
		C.tally_set_bitrate(e.c, C.int64_t(bitrate), C.int64_t(vbv))
	}
}

// Drain tells the encoder that nothing more comes; Receive then gives what it
// still holds.
func (e *VideoEncoder) Drain() error { return drain(e.c) }

// Close frees the encoder. It may be called more than once.
func (e *VideoEncoder) Close() {
	C.tally_encoder_free(e.c)
	e.c = nil
}

// AudioEncoder encodes interleaved float32 sound. Stamps count frames.
type AudioEncoder struct {
	c        *C.tally_encoder
	channels int
}

// OpenAudio opens an encoder by libavcodec's name of it. Rate is in Hz, bitrate in
// bit/s. Close frees it.
func OpenAudio(codec string, rate, channels, bitrate int) (*AudioEncoder, error) {
	name := C.CString(codec)
	defer C.free(unsafe.Pointer(name))
	e := &AudioEncoder{channels: channels}
	code := C.tally_audio_open(&e.c, name, C.int(rate), C.int(channels), C.int64_t(bitrate))
	if err := failed("open "+codec, code); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Extradata is a copy of what a decoder needs first: of AAC, the
// AudioSpecificConfig.
func (e *AudioEncoder) Extradata() []byte { return extradata(e.c) }

// FrameSize is how many frames each packet holds.
func (e *AudioEncoder) FrameSize() int { return int(e.c.ctx.frame_size) }

// Priming is how many frames of silence the decoder gives before the first of
// those sent. Packets' stamps account for it: the first is that much earlier.
func (e *AudioEncoder) Priming() int { return int(e.c.ctx.initial_padding) }

// Send hands FrameSize frames to the encoder, or fewer the last time.
func (e *AudioEncoder) Send(data []float32, pts int64) error {
	if e.c == nil {
		return errClosed
	}
	frames := len(data) / e.channels
	if frames == 0 || frames > e.FrameSize() {
		return fmt.Errorf("libav: encode %d frames of sound: %w", frames, ErrShape)
	}
	return failed("encode sound", C.tally_audio_send(e.c, (*C.float)(unsafe.Pointer(&data[0])), C.int(frames), C.int64_t(pts)))
}

// Receive is as [VideoEncoder.Receive].
func (e *AudioEncoder) Receive(p *Packet) (bool, error) { return receive(e.c, p) }

// Drain is as [VideoEncoder.Drain].
func (e *AudioEncoder) Drain() error { return drain(e.c) }

// Close frees the encoder. It may be called more than once.
func (e *AudioEncoder) Close() {
	C.tally_encoder_free(e.c)
	e.c = nil
}

// HasEncoder tells whether this FFmpeg was built with an encoder of that name.
func HasEncoder(name string) bool {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	return C.avcodec_find_encoder_by_name(n) != nil
}

var errClosed = errors.New("libav: the encoder is closed")

func extradata(e *C.tally_encoder) []byte {
	return C.GoBytes(unsafe.Pointer(e.ctx.extradata), e.ctx.extradata_size)
}

func drain(e *C.tally_encoder) error {
	if e == nil {
		return errClosed
	}
	return failed("flush encoder", C.tally_encoder_drain(e))
}

func receive(e *C.tally_encoder, p *Packet) (bool, error) {
	if e == nil {
		return false, errClosed
	}
	switch code := C.tally_receive(e); {
	case code < 0:
		return false, failed("encode", code)
	case code == 0:
		return false, nil
	}
	a := e.pkt
	p.Data = unsafe.Slice((*byte)(unsafe.Pointer(a.data)), int(a.size))
	p.PTS, p.DTS = int64(a.pts), int64(a.dts)
	if p.DTS == C.AV_NOPTS_VALUE { // some hardware without B-frames
		p.DTS = p.PTS
	}
	p.Key = a.flags&C.AV_PKT_FLAG_KEY != 0
	return true, nil
}
