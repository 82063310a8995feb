package libav

/*
#include "libav.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"syscall"
)

// What callers need to tell apart. [Error] unwraps to one of these, to a
// [syscall.Errno] (no space, no permission, no such file), or to [io.EOF].
var (
	ErrInvalidData = errors.New("invalid data")                    // damaged, or not what it claims to be
	ErrUnknown     = errors.New("not part of this FFmpeg")         // no such encoder, muxer, decoder or option
	ErrUnsupported = errors.New("conversion is not supported")     // of this pixel format
	ErrShape       = errors.New("picture smaller than it says")    // planes or strides do not cover width × height
	ErrInterrupted = errors.New("stopped")                         // by Interrupt
	ErrHeld        = errors.New("encoder keeps borrowed pictures") // it must be given copies
)

// Error is a call that failed.
type Error struct {
	Op   string // what was tried: "open encoder"
	Code int    // AVERROR, negative
}

func (e *Error) Error() string {
	var buf [128]C.char
	C.av_strerror(C.int(e.Code), &buf[0], C.size_t(len(buf)))
	return fmt.Sprintf("libav: %s: %s", e.Op, C.GoString(&buf[0]))
}

// Unwrap gives the cause, or nil when there is no name for it.
func (e *Error) Unwrap() error {
	switch C.int(e.Code) {
	case C.AVERROR_INVALIDDATA:
		return ErrInvalidData
	case C.AVERROR_EOF:
		return io.EOF
	case C.AVERROR_EXIT:
		return ErrInterrupted
	case C.AVERROR_PATCHWELCOME, C.TALLY_UNSUPPORTED:
		return ErrUnsupported
	case C.TALLY_HELD:
		return ErrHeld
	case C.AVERROR_ENCODER_NOT_FOUND, C.AVERROR_DECODER_NOT_FOUND, C.AVERROR_MUXER_NOT_FOUND,
		C.AVERROR_DEMUXER_NOT_FOUND, C.AVERROR_OPTION_NOT_FOUND, C.AVERROR_PROTOCOL_NOT_FOUND:
		return ErrUnknown
	}
	if n := -e.Code; n > 0 && n < 1000 && runtime.GOOS != "windows" {
		return syscall.Errno(n)
	}
	return nil
}

// failed turns the result of a C function into an error.
func failed(op string, code C.int) error {
	if code >= 0 {
		return nil
	}
	return &Error{Op: op, Code: int(code)}
}
