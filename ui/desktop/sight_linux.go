package desktop

import (
	"encoding/binary"

	"github.com/jezek/xgb/xproto"
)

// sight is what is known of whether somebody can see the window.
type sight struct {
	covered bool // by others, entirely. With a compositor the server never says so.
	hidden  bool // as last told

	state, hiddenState, desktop, current xproto.Atom
}

// everywhere is the number of a window that is on all desktops.
const everywhere = 0xffffffff

// watchSight asks to be told of changes.
func (x *x11) watchSight() {
	atom := func(name string) xproto.Atom {
		a, err := xproto.InternAtom(x.conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return xproto.AtomNone
		}
		return a.Atom
	}
	x.sight.state, x.sight.hiddenState = atom("_NET_WM_STATE"), atom("_NET_WM_STATE_HIDDEN")
	x.sight.desktop, x.sight.current = atom("_NET_WM_DESKTOP"), atom("_NET_CURRENT_DESKTOP")
	xproto.ChangeWindowAttributes(x.conn, x.window, xproto.CwEventMask,
		[]uint32{xproto.EventMaskVisibilityChange | xproto.EventMaskPropertyChange | xproto.EventMaskStructureNotify})
	xproto.ChangeWindowAttributes(x.conn, x.root, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange})
}

// look finds out whether the window can be seen, and tells when that has changed.
func (x *x11) look(tell func(hidden bool)) {
	hidden := x.sight.covered || x.away()
	if hidden != x.sight.hidden {
		x.sight.hidden = hidden
		tell(hidden)
	}
}

// away tells whether the window is minimised or on a desktop that is not shown.
func (x *x11) away() bool {
	a, err := xproto.GetWindowAttributes(x.conn, x.window).Reply()
	if err == nil && a.MapState != xproto.MapStateViewable {
		return true
	}
	for _, state := range x.numbers(x.window, x.sight.state) {
		if state == uint32(x.sight.hiddenState) {
			return true
		}
	}
	on, shown := x.numbers(x.window, x.sight.desktop), x.numbers(x.root, x.sight.current)
	return len(on) == 1 && len(shown) == 1 && on[0] != everywhere && on[0] != shown[0]
}

// numbers is a property that holds some.
func (x *x11) numbers(of xproto.Window, property xproto.Atom) (all []uint32) {
	const most = 32
	p, err := xproto.GetProperty(x.conn, false, of, property, xproto.GetPropertyTypeAny, 0, most).Reply()
	if err != nil || p.Format != 32 {
		return nil
	}
	for b := p.Value; len(b) >= 4; b = b[4:] {
		all = append(all, binary.LittleEndian.Uint32(b))
	}
	return all
}
