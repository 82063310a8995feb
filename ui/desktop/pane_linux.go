package desktop

import (
	"image"
	"sync"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"tally/capture/xshm"
	"tally/ui"
)

// pane is a [ui.Pane]: a window inside Tally's window that has neither a border
// nor any events. Its pictures are in memory that the X server shares, two of them
// in turns, so that the server may read one while the next is written.
type pane struct {
	x      *x11
	window xproto.Window
	gc     xproto.Gcontext
	depth  byte

	mu      sync.Mutex // Fyne's goroutine and that of the connection paint
	at      image.Rectangle
	mapped  bool
	memory  [2]*xshm.Segment
	next    int
	painted *xshm.Segment // what it shows; nil: nothing yet
}

// newPanes makes n of them, or none where the server is far away, or its colours
// are others than ours.
func (x *x11) newPanes(n int) []ui.Pane {
	if shm.Init(x.conn) != nil || shape.Init(x.conn) != nil {
		return nil
	}
	g, err := xproto.GetGeometry(x.conn, xproto.Drawable(x.window)).Reply()
	if err != nil || g.Depth != 24 && g.Depth != 32 || xproto.Setup(x.conn).ImageByteOrder != xproto.ImageOrderLSBFirst {
		return nil
	}
	if s, err := xshm.Share(x.conn, 4096, true); err != nil {
		return nil
	} else {
		s.Detach()
	}
	panes := make([]ui.Pane, 0, n)
	for range n {
		p, err := x.newPane(g.Depth)
		if err != nil {
			return nil
		}
		panes = append(panes, p)
	}
	return panes
}

func (x *x11) newPane(depth byte) (*pane, error) {
	p := &pane{x: x, depth: depth}
	var err error
	if p.window, err = xproto.NewWindowId(x.conn); err != nil {
		return nil, err
	}
	if p.gc, err = xproto.NewGcontextId(x.conn); err != nil {
		return nil, err
	}
	// Without a background the server leaves what was there until the first picture comes.
	err = xproto.CreateWindowChecked(x.conn, 0, p.window, x.window, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixmap|xproto.CwBitGravity|xproto.CwEventMask,
		[]uint32{xproto.BackPixmapNone, xproto.GravityNorthWest, xproto.EventMaskExposure}).Check()
	if err != nil {
		return nil, err
	}
	// The pointer reaches through to Tally's own window.
	shape.Rectangles(x.conn, shape.SoSet, shape.SkInput, xproto.ClipOrderingUnsorted, p.window, 0, 0, nil)
	if err := xproto.CreateGCChecked(x.conn, p.gc, xproto.Drawable(p.window), 0, nil).Check(); err != nil {
		return nil, err
	}
	x.mu.Lock()
	x.panes = append(x.panes, p)
	x.mu.Unlock()
	return p, nil
}

// Place moves, shapes, shows and hides the window.
func (p *pane) Place(at image.Rectangle, seen []image.Rectangle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(seen) == 0 {
		if p.mapped {
			p.mapped = false
			xproto.UnmapWindow(p.x.conn, p.window)
		}
		return
	}
	if at.Size() != p.at.Size() {
		p.resize(at.Dx(), at.Dy())
	}
	if at != p.at {
		xproto.ConfigureWindow(p.x.conn, p.window, xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
			[]uint32{uint32(at.Min.X), uint32(at.Min.Y), uint32(at.Dx()), uint32(at.Dy())})
	}
	p.at = at
	parts := make([]xproto.Rectangle, 0, len(seen))
	for _, r := range seen {
		r = r.Sub(at.Min)
		parts = append(parts, xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())})
	}
	shape.Rectangles(p.x.conn, shape.SoSet, shape.SkBounding, xproto.ClipOrderingUnsorted, p.window, 0, 0, parts)
}

// resize gets memory for pictures of another size. Without, nothing is shown.
func (p *pane) resize(w, h int) {
	p.painted = nil
	for i, old := range p.memory {
		if old != nil {
			old.Detach()
		}
		p.memory[i], _ = xshm.Share(p.x.conn, 4*w*h, true)
	}
	if p.mapped {
		p.mapped = false
		xproto.UnmapWindow(p.x.conn, p.window)
	}
}

// Put copies the picture and has the server show it.
func (p *pane) Put(pix []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.memory[p.next]
	if s == nil || len(pix) != len(s.Data) {
		return
	}
	copy(s.Data, pix)
	p.next = 1 - p.next
	p.painted = s
	if !p.mapped {
		p.mapped = true
		xproto.MapWindow(p.x.conn, p.window)
	}
	p.paint()
}

// paint shows the last picture. The caller holds the lock.
func (p *pane) paint() {
	if p.painted == nil || !p.mapped {
		return
	}
	w, h := uint16(p.at.Dx()), uint16(p.at.Dy())
	shm.PutImage(p.x.conn, xproto.Drawable(p.window), p.gc, w, h, 0, 0, w, h, 0, 0, p.depth, xproto.ImageFormatZPixmap, 0, p.painted.ID, 0)
}

// exposed paints anew what another window had covered.
func (x *x11) exposed(e xproto.ExposeEvent) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, p := range x.panes {
		if p.window == e.Window && e.Count == 0 {
			p.mu.Lock()
			p.paint()
			p.mu.Unlock()
		}
	}
}
