package screen

import (
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
	"tally/capture/xcb"
)

// pane is a single window as the subject of a capture. The server keeps a picture of
// it apart from the screen's (Composite), so that what covers it does no harm.
type pane struct {
	*display
	wish   string
	hints  hints
	id     xproto.Window
	frame  xproto.Window // what the window manager has put around it: a child of the root
	pixmap xproto.Pixmap // the window's picture, in its present size; 0: none
	border int           // of the window, in its picture
	size   image.Point   // of the window
}

// watch finds the window, once: from then on it is known by its number, whatever
// its title becomes.
func (p *pane) watch() (xproto.Window, error) {
	if !p.composite {
		return 0, fmt.Errorf("display without Composite: %w", capture.ErrNoFormat)
	}
	all, err := p.windows()
	if err != nil {
		return 0, err
	}
	titles := make([]title, len(all))
	for i := range all {
		titles[i] = all[i].title
	}
	i, err := pick(titles, p.wish)
	if err != nil {
		return 0, err
	}
	p.id = xproto.Window(all[i].number)
	if p.hints, err = p.findHints(); err != nil {
		return 0, err
	}
	// Before its size is read, so that no change is missed.
	xproto.ChangeWindowAttributes(p.conn, p.id, xproto.CwEventMask, []uint32{xproto.EventMaskStructureNotify | xproto.EventMaskPropertyChange})
	if err := composite.RedirectWindowChecked(p.conn, p.id, composite.RedirectAutomatic).Check(); err != nil {
		return 0, ErrClosed
	}
	return p.id, nil
}

// locate gives the window's picture a name. It ends with the next change of the
// window's size, and with its being hidden.
func (p *pane) locate() (view, error) {
	state, err := xproto.GetWindowAttributes(p.conn, p.id).Reply()
	if err != nil {
		return view{}, ErrClosed
	}
	if state.MapState != xproto.MapStateViewable {
		return view{}, ErrHidden
	}
	if p.frame, err = p.outermost(); err != nil {
		return view{}, ErrClosed
	}
	if p.pixmap != 0 {
		xproto.FreePixmap(p.conn, p.pixmap)
		p.pixmap = 0
	}
	pixmap, err := xproto.NewPixmapId(p.conn)
	if err != nil {
		return view{}, err
	}
	if err := composite.NameWindowPixmapChecked(p.conn, p.id, pixmap).Check(); err != nil {
		return view{}, ErrHidden
	}
	p.pixmap = pixmap
	g, err := xproto.GetGeometry(p.conn, xproto.Drawable(pixmap)).Reply()
	if err != nil {
		return view{}, err
	}
	w, err := xproto.GetGeometry(p.conn, xproto.Drawable(p.id)).Reply()
	if err != nil {
		return view{}, ErrClosed
	}
	if g.Depth != 24 && g.Depth != 32 {
		return view{}, fmt.Errorf("window of %d bits: %w", g.Depth, capture.ErrNoFormat)
	}
	p.border, p.size = int(w.BorderWidth), image.Pt(int(w.Width), int(w.Height))
	whole := image.Rect(0, 0, int(g.Width), int(g.Height))
	area := whole.Inset(p.border)
	if inner := p.withoutShadow(area); !inner.Empty() {
		area = inner
	}
	return view{from: xproto.Drawable(pixmap), area: area, inside: p.id}, nil
}

// withoutShadow takes away what a program has drawn around the window proper.
func (p *pane) withoutShadow(area image.Rectangle) image.Rectangle {
	e := words(p.property(p.id, p.hints.frame).Reply())
	if len(e) < 4 || max(e[0], e[1], e[2], e[3]) > 1<<12 {
		return area
	}
	area.Min = area.Min.Add(image.Pt(int(e[0]), int(e[2])))
	area.Max = area.Max.Sub(image.Pt(int(e[1]), int(e[3])))
	return area
}

// outermost is the child of the root that the window is in.
func (p *pane) outermost() (xproto.Window, error) {
	at := p.id
	for range 32 {
		t, err := xproto.QueryTree(p.conn, at).Reply()
		if err != nil {
			return 0, err
		}
		if t.Parent == p.root || t.Parent == 0 {
			break
		}
		at = t.Parent
	}
	return at, nil
}

func (p *pane) moved(e xgb.Event) bool {
	switch e := e.(type) {
	case xproto.ConfigureNotifyEvent:
		return e.Window == p.id && image.Pt(int(e.Width), int(e.Height)) != p.size
	case xproto.PropertyNotifyEvent:
		return e.Window == p.id && e.Atom == p.hints.frame
	case xproto.UnmapNotifyEvent, xproto.MapNotifyEvent, xproto.DestroyNotifyEvent, xproto.ReparentNotifyEvent:
		return true
	}
	return false
}

// pointer tells where the mouse is in the window, and whether the window is what it
// points at: over another one that covers it, it is not in the picture.
func (p *pane) pointer(m xcb.Mouse) (image.Point, bool) {
	over := m.Over == uint32(p.frame) && m.Inside.In(image.Rectangle{Max: p.size})
	return m.Inside.Add(image.Pt(p.border, p.border)), over
}
