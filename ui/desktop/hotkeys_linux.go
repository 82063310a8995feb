package desktop

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jezek/xgb/xproto"
)

// grabbed is a key that the X server gives to Tally whatever window is in front.
type grabbed struct {
	code      xproto.Keycode
	modifiers uint16
}

// indifferent are the modifiers that must not matter: Caps Lock and Num Lock.
var indifferent = []uint16{0, xproto.ModMaskLock, xproto.ModMask2, xproto.ModMaskLock | xproto.ModMask2}

var modifiers = map[string]uint16{"Ctrl": xproto.ModMaskControl, "Alt": xproto.ModMask1, "Shift": xproto.ModMaskShift, "Super": xproto.ModMask4}

// grab asks the X server for keys, in the place of those before. It returns those
// that it cannot have, by the names under which they were asked for.
func (x *x11) grab(combinations []string) (refused []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range x.keys {
		if k.code != 0 {
			xproto.UngrabKey(x.conn, k.code, x.root, xproto.ModMaskAny)
		}
	}
	x.keys = make([]grabbed, len(combinations))
	for i, c := range combinations {
		if c == "" {
			continue
		}
		k, ok := x.find(c)
		for _, lock := range indifferent {
			ok = ok && xproto.GrabKeyChecked(x.conn, false, x.root, k.modifiers|lock, k.code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check() == nil
		}
		if !ok {
			refused = append(refused, c)
			continue
		}
		x.keys[i] = k
	}
	return refused
}

// pressed is the number of the combination that a key event is of.
func (x *x11) pressed(e xproto.KeyPressEvent) int {
	const all = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMaskShift | xproto.ModMask4
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Index(x.keys, grabbed{e.Detail, e.State & all})
}

// find looks for a combination on the keyboard as it is laid out now.
func (x *x11) find(combination string) (k grabbed, ok bool) {
	parts := strings.Split(combination, "+")
	for _, m := range parts[:len(parts)-1] {
		bit, known := modifiers[m]
		if !known {
			return k, false
		}
		k.modifiers |= bit
	}
	symbol := keysym(parts[len(parts)-1])
	setup := xproto.Setup(x.conn)
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode)+1
	m, err := xproto.GetKeyboardMapping(x.conn, first, n).Reply()
	if err != nil || symbol == 0 || m.KeysymsPerKeycode == 0 {
		return k, false
	}
	for i, s := range m.Keysyms {
		if s == symbol {
			k.code = first + xproto.Keycode(i/int(m.KeysymsPerKeycode))
			return k, true
		}
	}
	return k, false
}

// keysym is X's number of a key, by Fyne's name of it.
func keysym(name string) xproto.Keysym {
	switch {
	case len(name) == 1 && name[0] >= 'A' && name[0] <= 'Z':
		return xproto.Keysym(name[0] - 'A' + 'a')
	case len(name) == 1:
		return xproto.Keysym(name[0])
	case name == "Pause":
		return 0xff13
	case name == "ScrollLock":
		return 0xff14
	case name == "Insert":
		return 0xff63
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "F")); err == nil && n >= 1 && n <= 24 {
		return xproto.Keysym(0xffbe + n - 1)
	}
	return 0
}
