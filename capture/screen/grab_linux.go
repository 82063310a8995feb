package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
)

// verifyEvery is how often a screen that is said not to have changed is looked at all the
// same: there are graphics drivers that draw without telling.
const verifyEvery = 500 * time.Millisecond

// subject is what is captured: a screen or a part of one ([desk]), or a window ([pane]).
type subject interface {
	// watch finds it, asks to be told when it moves, and says where to look for damage.
	watch() (xproto.Drawable, error)
	// locate says what to read, at the start and when it may have moved.
	locate() (view, error)
	// moved tells whether an event means that it must be located again.
	moved(xgb.Event) bool
	// pointer is where the mouse is, by the coordinates of what is read, and whether
	// it belongs into the picture.
	pointer() (at image.Point, over bool, err error)
}

// view is what to read for a picture.
type view struct {
	from xproto.Drawable
	area image.Rectangle // of it
	part bool            // there is more around it that changes
}

// grabber captures one subject. It belongs to one goroutine.
type grabber struct {
	*display
	subject subject
	view    view
	memory  *sharedMemory
	pool    *capture.FramePool

	damageEvent int
	damage      damage.Damage // 0: the server does not tell of changes
	boxes       bool          // it tells where changes are
	trusted     bool          // what it tells has been right so far
	dirty       bool          // it has told of a change
	elsewhere   bool          // it has told of one outside of the view
	moved       bool          // the subject may have

	cursor      cursor
	cursorStale bool // it has another picture now

	last     *capture.Frame // the last picture; the grabber holds a reference
	captured time.Duration  // when it was last seen to be right
	changed  time.Duration  // when it was captured
	shown    time.Duration  // when it was last delivered
	grabs    int            // pictures read
}

func newGrabber(d *display, of subject) *grabber {
	return &grabber{display: d, subject: of, memory: &sharedMemory{conn: d.conn, segments: map[*byte]*segment{}}}
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
	g := newGrabber(d, of)
	defer g.forget()
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
	damaged, err := g.subject.watch()
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
	first, ok := extension(g.conn, "DAMAGE")
	if !ok {
		return nil
	}
	if _, err := damage.QueryVersion(g.conn, 1, 1).Reply(); err != nil {
		return nil
	}
	id, err := damage.NewDamageId(g.conn)
	if err != nil {
		return err
	}
	level := byte(damage.ReportLevelNonEmpty) // one event a picture is enough
	if g.view.part {
		level, g.boxes = damage.ReportLevelBoundingBox, true
	}
	if err := damage.CreateChecked(g.conn, id, damaged, level).Check(); err == nil {
		g.damage, g.damageEvent, g.trusted = id, first+damage.Notify, true
	}
	return nil
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
	g.events()
	if g.moved {
		if err := g.locate(); err != nil {
			return nil, gone(err)
		}
	}
	moved, err := g.look()
	if err != nil {
		return nil, err
	}
	now := clock.Now()
	verify := false
	if g.last != nil && g.trusted && !g.dirty && !moved {
		verify = now-g.captured >= verifyEvery
		if !verify {
			g.overlook()
			return g.repeat(now), nil
		}
	}
	f, err := g.grab()
	if err != nil {
		// A screen or window that was made smaller meanwhile: the news may be on its way.
		if lost := g.locate(); lost != nil {
			return nil, gone(lost)
		}
		if f, err = g.grab(); err != nil {
			return nil, err
		}
	}
	f.PTS = clock.Now()
	if g.last != nil && f.PTS <= g.last.PTS {
		f.PTS = g.last.PTS + 1
	}
	if verify {
		g.events() // one that was sent before the picture has arrived before it
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

// overlook lets the server tell of the next change that is outside of the view.
// Until then it would keep silent about changes between two that it has told of.
func (g *grabber) overlook() {
	if g.elsewhere {
		damage.Subtract(g.conn, g.damage, 0, 0)
		g.elsewhere = false
	}
}

// events takes note of what the server has told since the last time.
func (g *grabber) events() {
	for {
		event, err := g.conn.PollForEvent()
		if event == nil && err == nil {
			return
		}
		if g.subject.moved(event) {
			g.moved = true
			continue
		}
		e, ok := event.(extensionEvent)
		if !ok {
			continue
		}
		switch e.code() {
		case g.damageEvent:
			if g.boxes && !e.damaged().Overlaps(g.view.area) {
				g.elsewhere = true
			} else {
				g.dirty = true
			}
		case g.xfixesEvent + xfixes.CursorNotify:
			g.cursorStale = true
		}
	}
}

// look finds out where the cursor is, and whether it has to be drawn elsewhere, or
// differently, than in the last picture.
func (g *grabber) look() (moved bool, err error) {
	if !g.xfixes {
		return false, nil
	}
	before := g.cursor.bounds().Intersect(g.view.area)
	fresh := g.cursorStale
	if fresh {
		c, err := xfixes.GetCursorImage(g.conn).Reply()
		if err != nil {
			return false, err
		}
		g.cursorStale = false
		if w, h := int(c.Width), int(c.Height); len(c.CursorImage) >= w*h {
			g.cursor = cursor{pixels: c.CursorImage, width: w, height: h, hot: image.Pt(int(c.Xhot), int(c.Yhot))}
		}
	}
	if g.cursor.at, g.cursor.over, err = g.subject.pointer(); err != nil {
		return false, err
	}
	now := g.cursor.bounds().Intersect(g.view.area)
	return now != before || fresh && !now.Empty(), nil
}

const (
	allPlanes = 0xFFFFFFFF
	zPixmap   = xproto.ImageFormatZPixmap
)

// grab captures the subject, and draws the cursor.
func (g *grabber) grab() (*capture.Frame, error) {
	if g.damage != 0 {
		// Before the picture: a change after this is told again.
		damage.Subtract(g.conn, g.damage, 0, 0)
	}
	g.dirty, g.elsewhere = false, false
	g.grabs++
	f, err := g.fetch()
	if err != nil {
		return nil, err
	}
	if g.xfixes {
		g.cursor.drawInto(f.Plane[0], f.Stride[0], g.view.area)
	}
	return f, nil
}

// fetch gets a picture without the cursor.
func (g *grabber) fetch() (*capture.Frame, error) {
	if g.shm && !g.memory.failed {
		f := g.pool.Get()
		if s := g.memory.of(f); s != nil {
			x, y, w, h := corner(g.view.area)
			if _, err := shm.GetImage(g.conn, g.view.from, x, y, w, h, allPlanes, zPixmap, s.ID, 0).Reply(); err != nil {
				f.Release()
				return nil, err
			}
			return f, nil
		}
		f.Release()
	}
	return g.picture(g.view.from, g.view.area)
}

// picture gets a picture through the connection, in memory of its own.
func (d *display) picture(from xproto.Drawable, area image.Rectangle) (*capture.Frame, error) {
	x, y, w, h := corner(area)
	r, err := xproto.GetImage(d.conn, zPixmap, from, x, y, w, h, allPlanes).Reply()
	if err != nil {
		return nil, err
	}
	size := capture.BGRA.Bytes(area.Dx(), area.Dy())
	if len(r.Data) < size {
		return nil, fmt.Errorf("picture of %d bytes: %w", len(r.Data), capture.ErrNoFormat)
	}
	return capture.NewFrame(capture.BGRA, area.Dx(), area.Dy(), r.Data[:size]), nil
}

// corner is a rectangle as X has it.
func corner(r image.Rectangle) (x, y int16, w, h uint16) {
	return int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy())
}
