package libav

/*
#include <stdlib.h>
#include "libav.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
	"unsafe"

	"tally/capture"
)

// InputSetup says what is wanted of a file.
type InputSetup struct {
	Video, Audio   bool
	Rate, Channels int // of the sound, whatever the file's
	Threads        int // for decoding pictures; 0: one for each core
}

// InputInfo is what a file is.
type InputInfo struct {
	Video, Audio           bool // asked for, and there
	Width, Height          int  // as shown, with square pixels
	FPS                    float64
	Rate, Channels         int           // the file's own
	Duration               time.Duration // 0 when unknown
	VideoCodec, AudioCodec string
}

// Kind is what [Input.Next] found.
type Kind uint8

const (
	Picture Kind = C.TALLY_VIDEO
	Sound   Kind = C.TALLY_AUDIO
)

// Input decodes a media file.
type Input struct {
	mu     sync.Mutex // guards c against Interrupt after Close
	c      *C.tally_input
	scaler *Scaler
	rate   int
	chans  int
}

// NewInput prepares an input, which can then be interrupted. Close frees it.
func NewInput() *Input { return &Input{c: C.tally_input_new(), scaler: NewScaler()} }

// Open opens a file and looks at its beginning. Network addresses are refused,
// also inside of playlists. Errors unwrap to [ErrInvalidData], [ErrInterrupted], a
// [syscall.Errno], or nothing in particular for a file that has neither picture
// nor sound.
func (in *Input) Open(path string, s InputSetup) error {
	if in.c == nil {
		return errInputClosed
	}
	name := C.CString("file:" + path)
	defer C.free(unsafe.Pointer(name))
	flag := map[bool]C.int{true: 1}
	in.rate, in.chans = s.Rate, s.Channels
	code := C.tally_input_open(in.c, name, flag[s.Video], flag[s.Audio], C.int(s.Rate), C.int(s.Channels), C.int(s.Threads))
	return failed("open file", code)
}

// Info describes the open file.
func (in *Input) Info() InputInfo {
	var c C.tally_input_info
	C.tally_input_info_get(in.c, &c)
	return InputInfo{
		Video: c.has_video != 0, Audio: c.has_audio != 0,
		Width: int(c.width), Height: int(c.height), FPS: float64(c.fps),
		Rate: int(c.rate), Channels: int(c.channels), Duration: time.Duration(c.duration),
		VideoCodec: C.GoString(c.video_codec), AudioCodec: C.GoString(c.audio_codec),
	}
}

// Interrupt makes a call that is under way, and all later ones, fail with
// [ErrInterrupted]. It may be called from any goroutine, also after Close.
func (in *Input) Interrupt() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.c != nil {
		C.tally_input_interrupt(in.c)
	}
}

// Next decodes up to the next picture or piece of sound. At the end it gives
// [io.EOF]. Damaged parts are skipped; a file that is nothing but damage gives
// [ErrInvalidData].
func (in *Input) Next() (Kind, error) {
	if in.c == nil {
		return 0, errInputClosed
	}
	n := C.tally_input_next(in.c)
	if n == C.TALLY_END {
		return 0, io.EOF
	}
	return Kind(max(n, 0)), failed("read file", n)
}

// PTS is when what Next found is to be shown or heard, since the beginning of the
// file; ok is false when the file does not say.
func (in *Input) PTS() (t time.Duration, ok bool) {
	n := int64(C.tally_input_pts(in.c))
	return time.Duration(n), n != math.MinInt64
}

// Shape is the size and colour that the picture at hand has as I420.
func (in *Input) Shape() (width, height int, color capture.Color) {
	var w, h, matrix, full C.int
	C.tally_input_shape(in.c, &w, &h, &matrix, &full)
	switch {
	case matrix == C.TALLY_BT601 && full != 0:
		color = capture.BT601Full
	case matrix == C.TALLY_BT601:
		color = capture.BT601Limited
	case full != 0:
		color = capture.BT709Full
	}
	return int(w), int(h), color
}

// Picture fills dst, which must be I420, with the picture at hand.
func (in *Input) Picture(dst *capture.Frame) error {
	p, ok := planes(dst)
	if !ok || dst.Format != capture.I420 {
		return fmt.Errorf("libav: read picture into %v %d×%d: %w", dst.Format, dst.Width, dst.Height, ErrShape)
	}
	matrix, full := avColour(dst.Color)
	return failed("convert picture", C.tally_input_picture(in.c, in.scaler.c, matrix, full, C.int(dst.Width), C.int(dst.Height),
		p[0], p[1], p[2], C.int(dst.Stride[0]), C.int(dst.Stride[1]), C.int(dst.Stride[2])))
}

// Samples makes a block of the sound at hand, without a stamp. It is nil when the
// resampler keeps all of it for the next block.
func (in *Input) Samples() (*capture.Samples, error) {
	room := C.tally_input_sound_max(in.c)
	if room <= 0 {
		return nil, failed("resample sound", room)
	}
	s := capture.NewSamples(in.rate, in.chans, int(room))
	n := C.tally_input_sound(in.c, (*C.float)(unsafe.Pointer(&s.Data[0])), room)
	if n <= 0 {
		s.Release()
		return nil, failed("resample sound", n)
	}
	s.Data = s.Data[:int(n)*in.chans]
	return s, nil
}

// Seek goes to the last place at or before a moment of the file from which it can
// be decoded; 0 is its beginning.
func (in *Input) Seek(to time.Duration) error {
	return failed("wind file", C.tally_input_seek(in.c, C.int64_t(to)))
}

// Close frees the input. It may be called more than once, not during other calls
// than Interrupt.
func (in *Input) Close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	C.tally_input_free(in.c)
	in.c = nil
	in.scaler.Close()
}

var errInputClosed = errors.New("libav: the file is closed")
