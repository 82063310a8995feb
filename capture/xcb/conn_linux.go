package xcb

/*
#cgo CFLAGS: -O2 -std=gnu11 -Wall
#cgo pkg-config: xcb xcb-damage xcb-shm
#cgo noescape tally_xcb_damaged
#cgo nocallback tally_xcb_damaged
#cgo noescape tally_xcb_look
#cgo nocallback tally_xcb_look
#cgo noescape tally_xcb_take
#cgo nocallback tally_xcb_take
#include "conn_linux.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"tally/capture"
)

// Why there is no answer. Another error is the server's own, by its number.
var (
	ErrEnded    = errors.New("xcb: the connection to the display has ended")
	ErrNoWindow = errors.New("xcb: there is no such window any more")
	ErrBadSize  = fmt.Errorf("xcb: a picture that is not one of 4 bytes a pixel: %w", capture.ErrNoFormat)
)

// Conn is a connection to the display that DISPLAY names. It is used by one goroutine. Its
// calls wait for the server, however long that takes, but not for longer than its context
// lasts; then they fail with [ErrEnded].
type Conn struct {
	x      C.tally_xcb
	forget func() bool // stops watching the context

	mu     sync.Mutex
	closed bool // the socket's number may be another's
}

// View is what is looked at. Windows and pixmaps are given by the server's numbers.
type View struct {
	Root   uint32          // the window that is the whole desktop
	From   uint32          // the window or pixmap that pictures are read from
	Area   image.Rectangle // of From, in pixels
	Mouse  bool            // whether to ask for the mouse
	Inside uint32          // a window to tell the mouse's place in as well; 0: none
}

// Mouse is where the mouse is, if the [View] asks for it.
type Mouse struct {
	At     image.Point // on the desktop, in pixels
	Inside image.Point // in [View.Inside]
	Over   uint32      // the root's child that it points at; 0: none
}

// Open connects. Until there is a connection, it cannot be given up.
func Open(ctx context.Context) (*Conn, error) {
	conn := C.xcb_connect(nil, nil)
	if code := C.xcb_connection_has_error(conn); code != 0 {
		C.xcb_disconnect(conn)
		return nil, fmt.Errorf("xcb: no connection to the display (%d)", code)
	}
	c := &Conn{x: C.tally_xcb{conn: conn}}
	c.forget = context.AfterFunc(ctx, c.shut)
	return c, nil
}

// shut ends the wait of whoever uses the connection. It may be called at any time.
func (c *Conn) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		_ = unix.Shutdown(int(C.xcb_get_file_descriptor(c.x.conn)), unix.SHUT_RDWR)
	}
}

// Close ends the connection.
func (c *Conn) Close() {
	c.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		C.xcb_disconnect(c.x.conn)
	}
}

// Watch asks to be told of changes of a window: of the first one after each picture, or with
// boxes of all that make the changed area larger. It is false where the server cannot tell.
func (c *Conn) Watch(window uint32, boxes bool) (bool, error) {
	code := C.tally_xcb_watch(&c.x, C.uint32_t(window), flag(boxes))
	return c.x.damage != 0, failure(code)
}

// Aim says what to look at from now on.
func (c *Conn) Aim(v View) {
	c.x.view = C.tally_view{
		root: C.uint32_t(v.Root), from: C.uint32_t(v.From),
		x: C.int16_t(v.Area.Min.X), y: C.int16_t(v.Area.Min.Y),
		width: C.uint16_t(v.Area.Dx()), height: C.uint16_t(v.Area.Dy()),
		mouse: flag(v.Mouse), inside: C.uint32_t(v.Inside),
	}
}

// Damaged is what the server has told since the last call: whether something has changed in
// the area, or elsewhere. Without boxes all counts as inside. It does not wait.
func (c *Conn) Damaged() (inside, outside bool, err error) {
	var where C.int
	code := C.tally_xcb_damaged(&c.x, &where)
	return where&1 != 0, where&2 != 0, failure(code)
}

// Look asks where the mouse is. With again the server will tell of the next change even if
// that lies in the area that it has told of.
func (c *Conn) Look(again bool) (Mouse, error) {
	var m C.tally_mouse
	code := C.tally_xcb_look(&c.x, flag(again), &m)
	return mouse(m), failure(code)
}

// Take gets a picture of the area, of 4 bytes a pixel without padding, and where the mouse is.
// The picture shows all changes that were told before. segment is the server's number of the
// shared memory that to lies in, from its first byte on; with 0 the picture is sent and copied.
// After [ErrEnded] the server may still write into the segment.
func (c *Conn) Take(to []byte, segment uint32) (Mouse, error) {
	if size := 4 * int(c.x.view.width) * int(c.x.view.height); len(to) != size || size == 0 {
		return Mouse{}, ErrBadSize
	}
	var m C.tally_mouse
	code := C.tally_xcb_take(&c.x, C.uint32_t(segment), (*C.uint8_t)(unsafe.SliceData(to)), C.size_t(len(to)), &m)
	return mouse(m), failure(code)
}

func mouse(m C.tally_mouse) Mouse {
	return Mouse{At: image.Pt(int(m.x), int(m.y)), Inside: image.Pt(int(m.inside_x), int(m.inside_y)), Over: uint32(m.over)}
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func failure(code C.int) error {
	switch code {
	case 0:
		return nil
	case C.TALLY_ENDED:
		return ErrEnded
	case C.TALLY_NO_WINDOW:
		return ErrNoWindow
	case C.TALLY_BAD_SIZE:
		return ErrBadSize
	}
	return fmt.Errorf("xcb: X error %d", int(code))
}
