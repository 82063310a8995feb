package screen

import (
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// xgb's own way to use an extension (its Init functions) writes to tables that the readers of
// all other connections read, without a lock. So the tables are filled here once, before there
// is a connection, with events and errors that are told apart by each display itself.
func init() {
	for n := 64; n < 128; n++ { // the X protocol's range for extensions
		xgb.NewEventFuncs[n] = func(b []byte) xgb.Event { return extensionEvent(b) }
	}
	for n := 128; n < 256; n++ {
		xgb.NewErrorFuncs[n] = func(b []byte) xgb.Error { return extensionError(b) }
	}
}

// extensionEvent is an extension's event as it came.
type extensionEvent []byte

func (e extensionEvent) Bytes() []byte  { return e }
func (e extensionEvent) String() string { return fmt.Sprintf("X event %d", e.code()) }
func (e extensionEvent) code() int      { return int(e[0] & 0x7F) } // the highest bit: sent by a program

// extensionError is an extension's error as it came.
type extensionError []byte

func (e extensionError) SequenceId() uint16 { return xgb.Get16(e[2:]) }
func (e extensionError) BadId() uint32      { return xgb.Get32(e[4:]) }
func (e extensionError) Error() string {
	return fmt.Sprintf("X error %d of request %d.%d", e[1], e[10], xgb.Get16(e[8:]))
}

// extension makes an extension usable on a connection. Its events are numbered from
// firstEvent on.
func extension(conn *xgb.Conn, name string) (firstEvent int, ok bool) {
	r, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
	if err != nil || !r.Present {
		return 0, false
	}
	conn.ExtLock.Lock()
	defer conn.ExtLock.Unlock()
	conn.Extensions[name] = r.MajorOpcode
	return int(r.FirstEvent), true
}
