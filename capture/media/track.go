package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// track plays the pictures or the sound of a file. It belongs to one goroutine.
type track struct {
	source *Source
	start  *start
	video  func(*capture.Frame) // one of these two
	audio  func(*capture.Samples)

	in    *libav.Input
	timer *time.Timer
	began time.Duration // of the file, on the clock
	line  line
	pool  *capture.FramePool
	size  [2]int
	frame time.Duration // from one picture to the next, nominally
	shown time.Duration // when a picture was last delivered
	any   bool          // something was
}

const (
	tooLate   = 150 * time.Millisecond // then a picture is skipped,
	atLeast   = 500 * time.Millisecond // but not for longer than this
	blockMost = 50 * time.Millisecond  // of sound
)

// play plays the track until the file is over or ctx ends.
func (t *track) play(ctx context.Context) error {
	s := t.source
	in, err := open(ctx, s.path, libav.InputSetup{Video: t.video != nil, Audio: t.audio != nil, Rate: s.opt.Rate, Channels: s.opt.Channels, Threads: 2})
	if err != nil {
		return err
	}
	defer in.Close()
	defer context.AfterFunc(ctx, in.Interrupt)()
	t.in = in
	t.frame = time.Second / 25
	if fps := in.Info().FPS; fps >= 1 && fps <= 240 {
		t.frame = time.Duration(float64(time.Second) / fps)
	}
	t.timer = time.NewTimer(time.Hour)
	defer t.timer.Stop()

	length := time.Duration(0)
	for {
		if t.began, err = t.start.wait(ctx, length); err != nil {
			return err
		}
		t.line = line{limit: s.info.Duration, sound: t.audio != nil}
		if err := t.pass(ctx); err != nil {
			return err
		}
		if !t.any {
			return t.failed(errNothing)
		}
		length = t.line.end
		if !s.opt.Loop {
			return t.until(ctx, t.began+length)
		}
		if err := in.Rewind(); err != nil {
			return t.failed(err)
		}
	}
}

func (t *track) failed(cause error) error {
	return fmt.Errorf("media: play %s: %w: %w", filepath.Base(t.source.path), capture.ErrUnreadable, cause)
}

// pass plays the track once.
func (t *track) pass(ctx context.Context) error {
	for {
		switch _, err := t.in.Next(); {
		case errors.Is(err, io.EOF):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return t.failed(err)
		}
		deliver := t.picture
		if t.audio != nil {
			deliver = t.sound
		}
		if err := deliver(ctx); err != nil {
			return err
		}
	}
}

// picture delivers the picture at hand when it is due.
func (t *track) picture(ctx context.Context) error {
	pts, known := t.in.PTS()
	at, ok := t.line.place(pts, known, t.frame)
	if !ok {
		return nil
	}
	due := t.began + at
	now := t.source.clock.Now()
	if now-due > tooLate && now-t.shown < atLeast {
		return nil
	}
	w, h, color := t.in.Shape()
	if t.pool == nil || t.size != [2]int{w, h} {
		t.pool, t.size = capture.NewFramePool(capture.I420, w, h), [2]int{w, h}
	}
	f := t.pool.Get()
	f.Color, f.PTS = color, due
	if err := t.in.Picture(f); err != nil {
		f.Release()
		return t.failed(err)
	}
	if err := t.until(ctx, due); err != nil {
		f.Release()
		return err
	}
	t.shown, t.any = t.source.clock.Now(), true
	t.video(f)
	return nil
}

// sound delivers the sound at hand when its end is due, as a microphone does.
func (t *track) sound(ctx context.Context) error {
	s, err := t.in.Samples()
	if err != nil {
		return t.failed(err)
	}
	if s == nil {
		return nil
	}
	pts, known := t.in.PTS()
	at, ok := t.line.place(pts, known, s.Duration())
	if !ok {
		s.Release()
		return nil
	}
	s.PTS = t.began + at
	most := int(blockMost*time.Duration(s.Rate)/time.Second) * s.Channels
	if len(s.Data) <= most {
		return t.hear(ctx, s)
	}
	defer s.Release() // some codecs give a second at once
	for from := 0; from < len(s.Data); from += most {
		data := s.Data[from:min(from+most, len(s.Data))]
		part := capture.NewSamples(s.Rate, s.Channels, len(data)/s.Channels)
		copy(part.Data, data)
		part.PTS = s.PTS + time.Duration(from/s.Channels)*time.Second/time.Duration(s.Rate)
		if err := t.hear(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (t *track) hear(ctx context.Context, s *capture.Samples) error {
	if err := t.until(ctx, s.PTS+s.Duration()); err != nil {
		s.Release()
		return err
	}
	t.any = true
	t.audio(s)
	return nil
}

// until waits for a moment on the clock.
func (t *track) until(ctx context.Context, at time.Duration) error {
	wait := at - t.source.clock.Now()
	if wait <= 0 {
		return ctx.Err()
	}
	t.timer.Reset(wait)
	select {
	case <-t.timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
