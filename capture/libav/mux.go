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
	"runtime/cgo"
	"strings"
	"time"
	"unsafe"
)

// VideoTrack describes pictures to a [Muxer].
type VideoTrack struct {
	Codec         string // by FFmpeg's name, "h264"
	Width, Height int
	FPS           int
	Bitrate       int    // bit/s
	Record        []byte // decoder configuration record, as in MP4
}

// AudioTrack describes sound to a [Muxer].
type AudioTrack struct {
	Codec          string // by FFmpeg's name, "aac"
	Rate, Channels int
	Bitrate        int // bit/s
	FrameSize      int
	Priming        int    // frames of silence that a decoder gives first
	Record         []byte // AudioSpecificConfig or OpusHead
}

// MuxSetup opens a [Muxer].
type MuxSetup struct {
	Format  string // "matroska", "mp4"
	Video   *VideoTrack
	Audio   *AudioTrack
	Options []string // the muxer's own, as name=value
}

// Muxer writes a media file.
type Muxer struct {
	c      *C.tally_muxer
	out    *output
	handle cgo.Handle
}

// output is where the bytes go. The first error stays: libavformat would go on.
type output struct {
	w   io.WriteSeeker
	err error
}

// NewMuxer writes the head of a file to w, which it does not close. Errors of w
// are wrapped as they are. Close frees the muxer.
func NewMuxer(w io.WriteSeeker, s MuxSetup) (*Muxer, error) {
	m := &Muxer{out: &output{w: w}}
	m.handle = cgo.NewHandle(m.out)
	format, options := C.CString(s.Format), C.CString(strings.Join(s.Options, "\n"))
	defer C.free(unsafe.Pointer(format))
	defer C.free(unsafe.Pointer(options))
	code := C.tally_muxer_open(&m.c, C.uintptr_t(m.handle), format)
	if v := s.Video; code >= 0 && v != nil {
		code = C.tally_muxer_video(m.c, codecID(v.Codec), C.int(v.Width), C.int(v.Height), C.int(v.FPS), C.int64_t(v.Bitrate), bytesOf(v.Record), C.int(len(v.Record)))
	}
	if a := s.Audio; code >= 0 && a != nil {
		code = C.tally_muxer_audio(m.c, codecID(a.Codec), C.int(a.Rate), C.int(a.Channels), C.int64_t(a.Bitrate), C.int(a.FrameSize), C.int(a.Priming), bytesOf(a.Record), C.int(len(a.Record)))
	}
	if code >= 0 {
		code = C.tally_muxer_start(m.c, options)
	}
	if err := m.result("begin file", code); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// codecID is 0, which no muxer takes, for a name that FFmpeg does not know.
func codecID(name string) C.enum_AVCodecID {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	if d := C.avcodec_descriptor_get_by_name(n); d != nil {
		return d.id
	}
	return C.AV_CODEC_ID_NONE
}

// Write adds one packet, as in MP4: NAL units with their lengths before them, OBUs
// without a temporal delimiter, or a raw frame of sound. Its bytes are copied. Tracks may come in any order within a second of
// each other; DTS must grow within a track. Times begin anywhere.
func (m *Muxer) Write(video bool, data []byte, pts, dts, duration time.Duration, key bool) error {
	if m.c == nil {
		return errMuxerClosed
	}
	if len(data) == 0 {
		return fmt.Errorf("libav: write packet: %w", ErrInvalidData)
	}
	var v, k C.int
	if video {
		v = 1
	}
	if key {
		k = 1
	}
	return m.result("write packet", C.tally_muxer_write(m.c, v, (*C.uint8_t)(unsafe.Pointer(&data[0])), C.int(len(data)),
		C.int64_t(pts), C.int64_t(dts), C.int64_t(duration), k))
}

// Flush hands everything that is ready to the writer.
func (m *Muxer) Flush() error {
	if m.c == nil {
		return errMuxerClosed
	}
	return m.result("write packet", C.tally_muxer_flush(m.c))
}

// Chapter adds a chapter, which is written by Finish. Times are those of the file.
func (m *Muxer) Chapter(c Chapter) error {
	if m.c == nil {
		return errMuxerClosed
	}
	title := C.CString(c.Title)
	defer C.free(unsafe.Pointer(title))
	return failed("add chapter", C.tally_muxer_chapter(m.c, C.int64_t(c.Start), C.int64_t(c.End), title))
}

// Finish writes what is still held and the index.
func (m *Muxer) Finish() error {
	if m.c == nil {
		return errMuxerClosed
	}
	return m.result("finish file", C.tally_muxer_finish(m.c))
}

// Close frees the muxer without finishing the file. It may be called more than
// once.
func (m *Muxer) Close() {
	if m.handle == 0 {
		return
	}
	C.tally_muxer_free(m.c)
	m.c = nil
	m.handle.Delete()
	m.handle = 0
}

// result prefers the writer's own error to what libavformat makes of it.
func (m *Muxer) result(op string, code C.int) error {
	if m.out.err != nil {
		return fmt.Errorf("libav: %s: %w", op, m.out.err)
	}
	return failed(op, code)
}

func bytesOf(b []byte) *C.uint8_t {
	if len(b) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(&b[0]))
}

//export tallyWrite
func tallyWrite(handle C.uintptr_t, buf *C.uint8_t, n C.int) C.int {
	o := cgo.Handle(handle).Value().(*output)
	if o.err == nil {
		_, o.err = o.w.Write(unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(n)))
	}
	if o.err != nil {
		return -C.EIO
	}
	return n
}

//export tallySeek
func tallySeek(handle C.uintptr_t, offset C.int64_t, whence C.int) C.int64_t {
	o := cgo.Handle(handle).Value().(*output)
	if o.err != nil {
		return -C.EIO
	}
	var at int64
	at, o.err = o.w.Seek(int64(offset), int(whence))
	if o.err != nil {
		return -C.EIO
	}
	return C.int64_t(at)
}

var errMuxerClosed = errors.New("libav: the file is closed")

// HasMuxerFlag tells whether a muxer of this FFmpeg has an option with such a
// flag. FFmpeg names the unit of the flags like the option.
func HasMuxerFlag(format, option, flag string) bool {
	f, o, n := C.CString(format), C.CString(option), C.CString(flag)
	defer C.free(unsafe.Pointer(f))
	defer C.free(unsafe.Pointer(o))
	defer C.free(unsafe.Pointer(n))
	return C.tally_muxer_has(f, o, n) != 0
}
