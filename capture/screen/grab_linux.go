package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"time"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
)

// verifyEvery is how often a screen that is said not to have changed is looked at all the
// same: there are graphics drivers that draw without telling.
const verifyEvery = 500 * time.Millisecond

// grabber captures one screen. It belongs to one goroutine.
type grabber struct {
	*display
	id     string
	screen monitor
	memory *sharedMemory
	pool   *capture.FramePool

	damageEvent int
	damage      damage.Damage // 0: the server does not tell of changes
	trusted     bool          // what it tells has been right so far
	dirty       bool          // it has told of a change
	resized     bool          // the screens have been rearranged

	cursor      cursor
	cursorStale bool // it has another picture now

	last     *capture.Frame // the last picture; the grabber holds a reference
	captured time.Duration  // when it was last seen to be right
	changed  time.Duration  // when it was captured
	shown    time.Duration  // when it was last delivered
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
	g := &grabber{display: d, id: s.id, memory: &sharedMemory{conn: d.conn, segments: map[*byte]*segment{}}}
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

// prepare finds the screen and asks to be told of changes.
func (g *grabber) prepare() error {
	if err := g.locate(); err != nil {
		return err
	}
	if g.randr {
		randr.SelectInput(g.conn, g.root, randr.NotifyMaskScreenChange)
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
	if err := damage.CreateChecked(g.conn, id, xproto.Drawable(g.root), damage.ReportLevelNonEmpty).Check(); err == nil {
		g.damage, g.damageEvent, g.trusted = id, first+damage.Notify, true
	}
	return nil
}

// locate finds the screen, at the start and when it may have changed.
func (g *grabber) locate() error {
	m, err := g.find(g.id)
	if err != nil {
		return err
	}
	if g.pool == nil || m.area.Size() != g.screen.area.Size() {
		g.pool = g.memory.pool(m.area.Dx(), m.area.Dy())
	}
	g.screen, g.resized, g.dirty = m, false, true
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
	if g.resized {
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
			return g.repeat(now), nil
		}
	}
	f, err := g.grab()
	if err != nil {
		// A screen that was made smaller meanwhile: the news may be on its way.
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

// events takes note of what the server has told since the last time.
func (g *grabber) events() {
	for {
		event, err := g.conn.PollForEvent()
		if event == nil && err == nil {
			return
		}
		e, ok := event.(extensionEvent)
		if !ok {
			continue
		}
		switch int(e[0] & 0x7F) { // the highest bit: sent by a program
		case g.damageEvent:
			g.dirty = true
		case g.xfixesEvent + xfixes.CursorNotify:
			g.cursorStale = true
		case g.randrEvent + randr.ScreenChangeNotify:
			g.resized = true
		}
	}
}

// look finds out where the cursor is, and whether it has to be drawn elsewhere, or
// differently, than in the last picture.
func (g *grabber) look() (moved bool, err error) {
	if !g.xfixes {
		return false, nil
	}
	before := g.cursor.bounds().Intersect(g.screen.area)
	if g.cursorStale {
		c, err := xfixes.GetCursorImage(g.conn).Reply()
		if err != nil {
			return false, err
		}
		g.cursorStale = false
		w, h := int(c.Width), int(c.Height)
		if len(c.CursorImage) >= w*h {
			g.cursor = cursor{pixels: c.CursorImage, width: w, height: h, hot: image.Pt(int(c.Xhot), int(c.Yhot)), at: image.Pt(int(c.X), int(c.Y))}
		}
		return !before.Empty() || !g.cursor.bounds().Intersect(g.screen.area).Empty(), nil
	}
	p, err := xproto.QueryPointer(g.conn, g.root).Reply()
	if err != nil {
		return false, err
	}
	g.cursor.at = image.Pt(int(p.RootX), int(p.RootY))
	return g.cursor.bounds().Intersect(g.screen.area) != before, nil
}

const (
	allPlanes = 0xFFFFFFFF
	zPixmap   = xproto.ImageFormatZPixmap
)

// grab captures the screen, and draws the cursor.
func (g *grabber) grab() (*capture.Frame, error) {
	a := g.screen.area
	if g.damage != 0 {
		// Before the picture: a change after this is told again.
		damage.Subtract(g.conn, g.damage, 0, 0)
	}
	g.dirty = false
	f, err := g.fetch(xproto.Drawable(g.root), a)
	if err != nil {
		return nil, err
	}
	if g.xfixes {
		g.cursor.drawInto(f.Plane[0], f.Stride[0], a)
	}
	return f, nil
}

// fetch gets a picture without the cursor.
func (g *grabber) fetch(from xproto.Drawable, a image.Rectangle) (*capture.Frame, error) {
	x, y, w, h := int16(a.Min.X), int16(a.Min.Y), uint16(a.Dx()), uint16(a.Dy())
	if g.shm && !g.memory.failed {
		f := g.pool.Get()
		if s := g.memory.of(f); s != nil {
			if _, err := shm.GetImage(g.conn, from, x, y, w, h, allPlanes, zPixmap, s.id, 0).Reply(); err != nil {
				f.Release()
				return nil, err
			}
			return f, nil
		}
		f.Release()
	}
	r, err := xproto.GetImage(g.conn, zPixmap, from, x, y, w, h, allPlanes).Reply()
	if err != nil {
		return nil, err
	}
	size := capture.BGRA.Bytes(a.Dx(), a.Dy())
	if len(r.Data) < size {
		return nil, fmt.Errorf("picture of %d bytes: %w", len(r.Data), capture.ErrNoFormat)
	}
	return capture.NewFrame(capture.BGRA, a.Dx(), a.Dy(), r.Data[:size]), nil
}
