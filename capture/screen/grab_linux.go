package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
	"tally/capture/xcb"
)

// verifyEvery is how often a screen that is said not to have changed is looked at all the
// same: there are graphics drivers that draw without telling.
const verifyEvery = 500 * time.Millisecond

// subject is what is captured: a screen or a part of one ([desk]), or a window ([pane]).
type subject interface {
	// watch finds it, asks to be told when it moves, and says which window's changes count.
	watch() (xproto.Window, error)
	// locate says what to read, at the start and when it may have moved.
	locate() (view, error)
	// moved tells whether an event means that it must be located again.
	moved(xgb.Event) bool
	// pointer is where the mouse is, by the coordinates of what is read, and whether
	// it belongs into the picture.
	pointer(xcb.Mouse) (at image.Point, over bool)
}

// view is what to read for a picture.
type view struct {
	from   xproto.Drawable
	area   image.Rectangle // of it
	part   bool            // there is more around it that changes
	inside xproto.Window   // where the mouse is looked for as well; 0: only on the desktop
}

// grabber captures one subject. It belongs to one goroutine. It has two connections: display
// is asked for what changes seldom, and x for what each picture needs.
type grabber struct {
	*display
	x       *xcb.Conn
	subject subject
	view    view
	memory  *sharedMemory
	pool    *capture.FramePool

	trusted   bool // what the server tells of changes has been right so far
	dirty     bool // it has told of a change
	elsewhere bool // it has told of one outside of the view
	moved     bool // the subject may have

	cursor      cursor
	cursorStale bool // it has another picture now

	last     *capture.Frame  // the last picture; the grabber holds a reference
	drawn    image.Rectangle // what the cursor covers of it
	captured time.Duration   // when it was last seen to be right
	changed  time.Duration   // when it was captured
	shown    time.Duration   // when it was last delivered
	grabs    int             // pictures read
}

// newGrabber connects for the pictures, which end with ctx. The caller closes it.
func newGrabber(ctx context.Context, d *display, of subject) (*grabber, error) {
	x, err := xcb.Open(ctx)
	if err != nil {
		return nil, classifyConnect(err)
	}
	return &grabber{display: d, x: x, subject: of, memory: newSharedMemory(d)}, nil
}

func (g *grabber) close() {
	g.forget()
	g.x.Close()
}

func (s *source) capture(ctx context.Context, out *capture.Outlet) error {
	if !(s.fps > 0 && s.fps <= 1000) {
		return fmt.Errorf("screen: open: %g fps: %w", s.fps, capture.ErrNoFormat)
	}
	d, err := connect()
	if err != nil {
		return fmt.Errorf("screen: open: %w", err)
	}
	defer d.conn.Close()
	of, err := s.subject(d)
	if err != nil {
		return fmt.Errorf("screen: open: %w: %w", capture.ErrNotFound, err)
	}
	g, err := newGrabber(ctx, d, of)
	if err != nil {
		return fmt.Errorf("screen: open: %w", err)
	}
	defer g.close()
	if err := g.prepare(); err != nil {
		return fmt.Errorf("screen: open: %w", classify(err))
	}
	beat := capture.NewBeat(s.clock, s.fps)
	for {
		if _, err := beat.Wait(ctx); err != nil {
			return err
		}
		f, err := g.next(s.clock)
		if err != nil {
			return fmt.Errorf("screen: capture: %w", classify(err))
		}
		if f != nil {
			out.Deliver(f)
		}
	}
}

func (s *source) subject(d *display) (subject, error) {
	if s.isWindow {
		return &pane{display: d, wish: s.id}, nil
	}
	a, err := ParseArea(s.id)
	return &desk{display: d, wish: a}, err
}

// prepare finds the subject and asks to be told of changes.
func (g *grabber) prepare() error {
	changing, err := g.subject.watch()
	if err != nil {
		return err
	}
	if err := g.locate(); err != nil {
		return err
	}
	if g.xfixes {
		xfixes.SelectCursorInput(g.conn, g.root, xfixes.CursorNotifyMaskDisplayCursor)
		g.cursorStale = true
	}
	boxes := g.view.part // else one event a picture is enough
	g.trusted, err = g.x.Watch(uint32(changing), boxes)
	return err
}

// locate finds the subject, at the start and when it may have moved.
func (g *grabber) locate() error {
	g.moved = false // an event that comes from here on is news
	v, err := g.subject.locate()
	if err != nil {
		return err
	}
	if g.pool == nil || v.area.Size() != g.view.area.Size() {
		g.pool = g.memory.pool(v.area.Dx(), v.area.Dy())
	}
	g.view, g.dirty = v, true
	g.x.Aim(xcb.View{Root: uint32(g.root), From: uint32(v.from), Area: v.area, Mouse: g.xfixes, Inside: uint32(v.inside)})
	g.forget()
	return nil
}

func (g *grabber) forget() {
	if g.last != nil {
		g.last.Release()
		g.last = nil
	}
}

// next is the picture for this beat, or nil if there is nothing to deliver yet.
func (g *grabber) next(clock capture.Clock) (*capture.Frame, error) {
	if err := g.events(); err != nil {
		return nil, err
	}
	if g.moved {
		if err := g.locate(); err != nil {
			return nil, gone(err)
		}
	}
	now := clock.Now()
	verify := false
	if g.last != nil && g.trusted && !g.dirty {
		moved, err := g.look()
		if err != nil {
			return nil, err
		}
		verify = !moved && now-g.captured >= verifyEvery
		if !moved && !verify {
			return g.repeat(now), nil
		}
	}
	before := g.drawn
	f, err := g.grab()
	if err != nil && !errors.Is(err, xcb.ErrEnded) {
		// A screen or window that was made smaller meanwhile: the news may be on its way.
		if lost := g.locate(); lost != nil {
			return nil, gone(lost)
		}
		f, err = g.grab()
	}
	if err != nil {
		return nil, err
	}
	f.PTS = clock.Now()
	if g.last != nil && f.PTS <= g.last.PTS {
		f.PTS = g.last.PTS + 1
	}
	if verify && g.last != nil && g.drawn == before {
		// What was told before the picture has arrived before it.
		if err := g.events(); err != nil {
			f.Release()
			return nil, err
		}
		if bytes.Equal(f.Plane[0], g.last.Plane[0]) {
			f.Release()
			g.captured = now
			return g.repeat(now), nil
		}
		g.trusted = g.dirty
	}
	g.forget()
	g.last, g.captured, g.changed, g.shown = f.Retain(), now, now, now
	return f, nil
}

// gone tells of a screen that was there before.
func gone(err error) error {
	if errors.Is(err, capture.ErrNotFound) {
		return fmt.Errorf("%w (%w)", capture.ErrGone, err)
	}
	return err
}

// lively is how long after a change a screen is delivered at its full rate: while
// something plays, a beat at which it happens not to change is a picture too, and
// the stream keeps its pace.
const lively = 500 * time.Millisecond

// repeat is the last picture again, if it is time for that.
func (g *grabber) repeat(now time.Duration) *capture.Frame {
	if now-g.changed >= lively && now-g.shown < RepeatEvery {
		return nil
	}
	g.shown = now
	return g.last.At(now)
}

// events takes note of what the server has told since the last time.
func (g *grabber) events() error {
	inside, outside, err := g.x.Damaged()
	if err != nil {
		return err
	}
	g.dirty, g.elsewhere = g.dirty || inside, g.elsewhere || outside
	for {
		event, err := g.conn.PollForEvent()
		if event == nil && err == nil {
			return nil
		}
		if g.subject.moved(event) {
			g.moved = true
			continue
		}
		if e, ok := event.(extensionEvent); ok && e.code() == g.xfixesEvent+xfixes.CursorNotify {
			g.cursorStale = true
		}
	}
}

// look finds out where the cursor is, and whether it has to be drawn elsewhere, or
// differently, than in the last picture. On the way it lets the server tell of the next
// change that is outside of the view: until then it would keep silent about changes between
// two that it has told of.
func (g *grabber) look() (moved bool, err error) {
	if err := g.refreshCursor(); err != nil {
		return false, err
	}
	m, err := g.x.Look(g.elsewhere)
	if errors.Is(err, xcb.ErrNoWindow) {
		return false, ErrClosed
	}
	if err != nil {
		return false, err
	}
	g.elsewhere = false
	covers := g.point(m)
	return covers != g.drawn || g.cursor.fresh && !covers.Empty(), nil
}

// refreshCursor asks for the cursor's picture when that has changed.
func (g *grabber) refreshCursor() error {
	if !g.cursorStale {
		return nil
	}
	c, err := xfixes.GetCursorImage(g.conn).Reply()
	if err != nil {
		return err
	}
	g.cursorStale = false
	if w, h := int(c.Width), int(c.Height); len(c.CursorImage) >= w*h {
		g.cursor = cursor{pixels: c.CursorImage, width: w, height: h, hot: image.Pt(int(c.Xhot), int(c.Yhot)), fresh: true}
	}
	return nil
}

// point puts the cursor to where the mouse is, and tells what it covers of the view.
func (g *grabber) point(m xcb.Mouse) image.Rectangle {
	if g.xfixes {
		g.cursor.at, g.cursor.over = g.subject.pointer(m)
	}
	return g.cursor.bounds().Intersect(g.view.area)
}

// grab captures the subject, and draws the cursor.
func (g *grabber) grab() (*capture.Frame, error) {
	if err := g.refreshCursor(); err != nil {
		return nil, err
	}
	g.dirty, g.elsewhere = false, false
	g.grabs++
	f := g.pool.Get()
	m, err := g.x.Take(f.Plane[0], g.memory.segmentOf(f))
	if err != nil {
		f.Release()
		return nil, err
	}
	g.drawn, g.cursor.fresh = g.point(m), false
	g.cursor.drawInto(f.Plane[0], f.Stride[0], g.view.area)
	return f, nil
}
