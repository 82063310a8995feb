package wayland

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"tally/capture"
	"tally/capture/pipewire"
)

const (
	// firstWithin bounds the wait for the first picture, also of another size, if the
	// next attempt needs not ask. A compositor may send it before both ends of the stream
	// are ready, and the next one when something on the screen moves; KWin 5.27 sends
	// none any more once the size of a window has changed.
	firstWithin = 5 * time.Second
	// lively is how long after a change the picture is delivered at its full rate, so
	// that a stream of something that moves keeps its pace.
	lively = 500 * time.Millisecond
)

func (s *source) Run(ctx context.Context, sink capture.Sink) error {
	if sink.Video == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	if !(s.fps > 0 && s.fps <= 1000) {
		return fmt.Errorf("wayland: %g fps: %w", s.fps, capture.ErrNoFormat)
	}
	if !pipewire.Available() {
		return ErrNoLibrary
	}
	granted, err := share(ctx, s.permission)
	if err != nil {
		return err
	}
	defer granted.close()
	fd, err := granted.remote(ctx)
	if err != nil {
		return err
	}
	stream, err := pipewire.Open(fd, granted.node, int(math.Ceil(s.fps)))
	if err != nil {
		return fmt.Errorf("%w (%w)", capture.ErrGone, err)
	}
	defer stream.Close()
	return s.deliver(ctx, sink, granted, stream)
}

// pictures is a [pipewire.Stream].
type pictures interface {
	Look() pipewire.News
	Take(width, height int, to []byte) bool
}

// deliver passes on what the stream brings, until that or the session ends.
func (s *source) deliver(ctx context.Context, sink capture.Sink, granted *session, stream pictures) error {
	t := taker{stream: stream, clock: s.clock, paid: s.clock.Now()}
	defer t.forget()
	beat := capture.NewBeat(s.clock, s.fps)
	for {
		if _, err := beat.Wait(ctx); err != nil {
			return err
		}
		f, err := t.next()
		if f != nil {
			sink.Video(f)
			continue
		}
		switch {
		case ctx.Err() != nil: // it has ended the conversation too
			return ctx.Err()
		case err != nil || granted.ended():
			why := granted.why(ctx)
			if err := stream.Look().Err; errors.Is(err, pipewire.ErrLost) { // GNOME closes the session then, too
				return fmt.Errorf("%w (%w)", ErrEnded, err)
			}
			return why
		case granted.token != "" && s.clock.Now()-t.paid > firstWithin:
			return ErrNoPicture
		}
	}
}

// taker makes frames of a stream. It belongs to one goroutine.
type taker struct {
	stream  pictures
	clock   capture.Clock
	pool    *capture.FramePool
	last    *capture.Frame // the last picture; the taker holds a reference
	changed time.Duration  // when it was taken
	shown   time.Duration  // the newest stamp
	paid    time.Duration  // until when no picture was owed
}

func (t *taker) forget() {
	if t.last != nil {
		t.last.Release()
		t.last = nil
	}
}

// next is the picture for this beat, or nil if there is nothing to deliver.
func (t *taker) next() (*capture.Frame, error) {
	news := t.stream.Look()
	if news.Err != nil {
		return nil, news.Err
	}
	now := t.clock.Now()
	if !news.Owed {
		t.paid = now
	}
	if !news.Fresh {
		return t.repeat(now), nil
	}
	format := capture.BGRA
	if news.RedFirst {
		format = capture.RGBA
	}
	if t.pool == nil || !t.pool.Makes(format, news.Width, news.Height) {
		t.pool = capture.NewFramePool(format, news.Width, news.Height)
	}
	f := t.pool.Get()
	if !t.stream.Take(news.Width, news.Height, f.Plane[0]) {
		f.Release() // its size has changed just now; the next beat has the new one
		return nil, nil
	}
	f.PTS = max(now-news.Age, t.shown+1)
	t.forget()
	t.last, t.changed, t.shown = f.Retain(), now, f.PTS
	return f, nil
}

// repeat is the last picture again, if it is time for that.
func (t *taker) repeat(now time.Duration) *capture.Frame {
	if t.last == nil || now-t.changed >= lively && now-t.shown < RepeatEvery || now <= t.shown {
		return nil
	}
	t.shown = now
	return t.last.At(now)
}
