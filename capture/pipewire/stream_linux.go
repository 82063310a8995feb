package pipewire

/*
#cgo CFLAGS: -O2 -std=gnu11 -Wall -I/usr/include/pipewire-0.3 -I/usr/include/spa-0.2 -D_REENTRANT
#cgo LDFLAGS: -ldl -lpthread
#cgo noescape tally_stream_look
#cgo nocallback tally_stream_look
#cgo noescape tally_stream_take
#cgo nocallback tally_stream_take
#include "stream_linux.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrNoLibrary means that this machine has no libpipewire, or one that is too old.
var ErrNoLibrary = errors.New("pipewire: there is no libpipewire-0.3")

// ErrLost means that PipeWire itself is gone, and not only the stream.
var ErrLost = errors.New("pipewire: the connection has ended")

// Stream is a video stream. It is used by one goroutine.
type Stream struct{ c *C.tally_stream }

// News is what is known of a stream at one moment.
type News struct {
	Fresh         bool // there is a picture that was not taken
	Width, Height int  // of it
	RedFirst      bool // its pixels are RGBx; else BGRx
	Age           time.Duration
	Owed          bool  // no picture has come yet, or none since its format was agreed anew
	Err           error // the stream is over
}

// Open connects to a node of the server behind fd, and asks it for at most fps
// pictures a second. fd belongs to the stream from then on, also when Open fails.
func Open(fd int, node uint32, fps int) (*Stream, error) {
	if C.tally_pipewire_load() < 0 {
		unix.Close(fd)
		return nil, ErrNoLibrary
	}
	var why C.int
	c := C.tally_stream_open(C.int(fd), C.uint32_t(node), C.int(fps), &why)
	if c == nil {
		return nil, fmt.Errorf("pipewire: open the stream: %w", syscall.Errno(-why))
	}
	return &Stream{c}, nil
}

// Available tells whether this machine has the library.
func Available() bool { return C.tally_pipewire_load() >= 0 }

// Close ends the stream and gives back all that it has.
func (s *Stream) Close() {
	C.tally_stream_close(s.c)
	s.c = nil
}

// Look tells how the stream is doing.
func (s *Stream) Look() News {
	var n C.tally_news
	C.tally_stream_look(s.c, &n)
	news := News{Fresh: n.fresh != 0, Width: int(n.width), Height: int(n.height), RedFirst: n.red_first != 0, Owed: n.owed != 0}
	if news.Fresh {
		var now unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
		news.Age = age(now.Nano(), int64(n.came), int64(n.drawn))
	}
	switch why := syscall.Errno(-n.failure); why {
	case 0:
	case syscall.EPIPE:
		news.Err = ErrLost
	default:
		news.Err = fmt.Errorf("pipewire: the stream is over: %w", why)
	}
	return news
}

// way is how long a picture may take from the compositor to us.
const way = 100 * time.Millisecond

// age is that of a picture, which came at one time and was drawn at another, as the
// compositor says; all in nanoseconds of one clock. A compositor that uses another clock
// is not believed, nor one that tells when it has last shown anything, as KWin 5.27
// does for windows, which may be long ago.
func age(now, came, drawn int64) time.Duration {
	if drawn < came && drawn > came-int64(way) {
		came = drawn
	}
	return max(0, time.Duration(now-came))
}

// Take copies the fresh picture into 4 × width × height bytes, without padding. It
// is false when there is none of that size any more; Look tells what there is then.
func (s *Stream) Take(width, height int, to []byte) bool {
	if len(to) < 4*width*height || len(to) == 0 {
		return false
	}
	return C.tally_stream_take(s.c, C.int(width), C.int(height), (*C.uint8_t)(unsafe.SliceData(to))) == 0
}
