package screen

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/jezek/xgb/xproto"

	"tally/capture"
)

// Windows lists the windows that can be captured alone, as they were opened: those
// that the desktop's window manager lists for people, but not this program's own.
// Where single windows cannot be captured there are none.
func Windows(ctx context.Context) ([]capture.Device, error) {
	all, err := patiently(ctx, listWindows)
	if errors.Is(err, ErrWayland) {
		return nil, nil // the portal's dialog has them
	}
	return all, err
}

func listWindows() ([]capture.Device, error) {
	d, err := connect()
	if err != nil {
		return nil, fmt.Errorf("screen: list windows: %w", err)
	}
	defer d.conn.Close()
	if !d.composite {
		return nil, nil
	}
	windows, err := d.windows()
	if err != nil {
		return nil, fmt.Errorf("screen: list windows: %w", classify(err))
	}
	var all []capture.Device
	for _, w := range windows {
		if w.own {
			continue
		}
		all = append(all, capture.Device{
			Kind: capture.KindWindow, ID: w.id, Name: w.name(),
			Formats: []capture.Format{{Pixel: capture.BGRA.String(), Width: w.width, Height: w.height}},
		})
	}
	return all, nil
}

// window is a program's window, as the window manager and the program describe it.
type window struct {
	title
	width, height int
	own           bool // of this process
}

// name is for people: the title, and the program unless the title tells it.
func (w window) name() string {
	if w.program == "" || strings.Contains(strings.ToLower(w.text), strings.ToLower(w.program)) {
		return w.text
	}
	return w.text + " – " + w.program
}

// hints are the atoms by which window managers and programs speak of windows
// (Extended Window Manager Hints 1.5).
type hints struct {
	clientList, name, kind, state, skip, pid, frame, utf8 xproto.Atom

	hidden []xproto.Atom // kinds that are no windows for people
}

// findHints asks for the atoms' numbers, all at once.
func (d *display) findHints() (hints, error) {
	names := []string{
		"_NET_CLIENT_LIST", "_NET_WM_NAME", "_NET_WM_WINDOW_TYPE", "_NET_WM_STATE", "_NET_WM_STATE_SKIP_TASKBAR", "_NET_WM_PID", "_GTK_FRAME_EXTENTS", "UTF8_STRING",
		"_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK", "_NET_WM_WINDOW_TYPE_TOOLBAR", "_NET_WM_WINDOW_TYPE_MENU",
		"_NET_WM_WINDOW_TYPE_SPLASH", "_NET_WM_WINDOW_TYPE_NOTIFICATION", "_NET_WM_WINDOW_TYPE_TOOLTIP",
	}
	asked := make([]xproto.InternAtomCookie, len(names))
	for i, n := range names {
		asked[i] = xproto.InternAtom(d.conn, false, uint16(len(n)), n)
	}
	found := make([]xproto.Atom, len(names))
	for i := range asked {
		r, err := asked[i].Reply()
		if err != nil {
			return hints{}, err
		}
		found[i] = r.Atom
	}
	return hints{found[0], found[1], found[2], found[3], found[4], found[5], found[6], found[7], found[8:]}, nil
}

const (
	mostWindows = 500
	longest     = 256 // 4-byte units of a property that are read
)

func (d *display) property(of xproto.Window, name xproto.Atom) xproto.GetPropertyCookie {
	return xproto.GetProperty(d.conn, false, of, name, xproto.GetPropertyTypeAny, 0, longest)
}

// words are a property's 32-bit values.
func words(r *xproto.GetPropertyReply, err error) []uint32 {
	if err != nil || r.Format != 32 {
		return nil
	}
	out := make([]uint32, 0, len(r.Value)/4)
	for b := r.Value; len(b) >= 4; b = b[4:] {
		out = append(out, binary.NativeEndian.Uint32(b))
	}
	return out
}

// text is a property's text, fit to be shown: programs may write anything there.
func text(r *xproto.GetPropertyReply, err error) string {
	if err != nil || r.Format != 8 {
		return ""
	}
	s := string(r.Value)
	if r.Type == xproto.AtomString { // Latin-1
		runes := make([]rune, len(r.Value))
		for i, b := range r.Value {
			runes[i] = rune(b)
		}
		s = string(runes)
	}
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
	return strings.Join(strings.Fields(s), " ")
}

// windows asks for all windows and what they are. Each round of questions is sent
// at once, so that a desktop full of windows takes no longer than one.
func (d *display) windows() ([]window, error) {
	h, err := d.findHints()
	if err != nil {
		return nil, err
	}
	r, err := xproto.GetProperty(d.conn, false, d.root, h.clientList, xproto.AtomWindow, 0, mostWindows).Reply()
	ids := words(r, err)
	if err != nil {
		return nil, err
	}
	type questions struct {
		name, old, class, kind, state, pid, machine xproto.GetPropertyCookie
		size                                        xproto.GetGeometryCookie
	}
	asked := make([]questions, len(ids))
	for i, id := range ids {
		w := xproto.Window(id)
		asked[i] = questions{
			d.property(w, h.name), d.property(w, xproto.AtomWmName), d.property(w, xproto.AtomWmClass), d.property(w, h.kind),
			d.property(w, h.state), d.property(w, h.pid), d.property(w, xproto.AtomWmClientMachine), xproto.GetGeometry(d.conn, xproto.Drawable(w)),
		}
	}
	host, _ := os.Hostname()
	var all []window
	for i, q := range asked {
		name, old, class, machine := text(q.name.Reply()), text(q.old.Reply()), className(q.class.Reply()), text(q.machine.Reply())
		kinds, states, pid := words(q.kind.Reply()), words(q.state.Reply()), words(q.pid.Reply())
		size, err := q.size.Reply()
		if err != nil || size.Width < 2 || size.Height < 2 { // closed meanwhile, or none to look at
			continue
		}
		if slices.Contains(states, uint32(h.skip)) || len(kinds) > 0 && slices.Contains(h.hidden, xproto.Atom(kinds[0])) {
			continue
		}
		all = append(all, window{
			title: title{number: ids[i], program: class, text: cmp.Or(name, old, class, "Window")},
			width: int(size.Width), height: int(size.Height),
			own: len(pid) > 0 && pid[0] == uint32(os.Getpid()) && machine == host,
		})
	}
	titles := make([]title, len(all))
	for i := range all {
		titles[i] = all[i].title
	}
	identify(titles)
	for i := range all {
		all[i].title = titles[i]
	}
	return all, nil
}

// className is the program's part of WM_CLASS, the second of two strings that end
// with zeros.
func className(r *xproto.GetPropertyReply, err error) string {
	if err != nil || r.Format != 8 {
		return ""
	}
	instance, class, _ := strings.Cut(string(r.Value), "\x00")
	class, _, _ = strings.Cut(class, "\x00")
	copied := *r
	copied.Value = []byte(cmp.Or(class, instance))
	return strings.ReplaceAll(text(&copied, nil), "/", " ") // a slash ends it in an id
}
