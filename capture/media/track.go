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
	deck   *transport
	video  func(*capture.Frame) // one of these two
	audio  func(*capture.Samples)

	in       *libav.Input
	timer    *time.Timer
	line     line
	pool     *capture.FramePool
	size     [2]int
	frame    time.Duration  // from one picture to the next, nominally
	from     time.Duration  // where in the file this pass began
	jump     int            // the deck's, in this pass
	started  bool           // the others are there too
	shown    time.Duration  // when a picture was last delivered
	held     *capture.Frame // the last picture; one reference is the track's
	pictures int            // of this pass
	any      bool           // something was delivered
}

const (
	tooLate   = 150 * time.Millisecond // then a picture is skipped,
	atLeast   = 500 * time.Millisecond // but not for longer than this
	blockMost = 50 * time.Millisecond  // of sound
	// holdEvery is how often a picture is delivered again, with a new stamp and
	// uncopied, when the next one is not due: in a pause, in a film of stills, and
	// when the sound is longer.
	holdEvery = 250 * time.Millisecond
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
	defer t.hold(nil)

	from, jump := t.deck.begin()
	for fresh := true; ; fresh = false {
		if (!fresh || from > 0) && in.Seek(from) != nil {
			if err := in.Seek(0); err != nil { // it has no index; then from the beginning
				return t.failed(err)
			}
		}
		t.from, t.jump, t.pictures = from, jump, 0
		t.line = line{limit: s.info.Duration, sound: t.audio != nil, end: from}
		again, err := t.pass(ctx)
		switch {
		case errors.Is(err, errWound):
			t.started = false
			from, jump = t.deck.begin()
		case err != nil || !again:
			return err
		default:
			from = 0
		}
	}
}

// pass plays the track to its end, and tells whether to play it again.
func (t *track) pass(ctx context.Context) (again bool, err error) {
	if err := t.through(ctx); err != nil {
		return false, err
	}
	if !t.any && t.from == 0 {
		return false, t.failed(errNothing)
	}
	if err := t.ready(ctx); err != nil {
		return false, err
	}
	if t.pictures == 1 && t.deck.tracks == 1 && t.from == 0 {
		return false, t.until(ctx, forEver) // an image
	}
	again, longest, err := t.deck.end(ctx, t.jump, t.line.end, t.again)
	if again || err != nil {
		return again, err
	}
	if err := t.until(ctx, longest); err != nil {
		return false, err
	}
	return false, t.deck.finish(t.jump)
}

// forEver is a moment that no file reaches.
const forEver = 1 << 60

// ready waits for the other tracks, before the first piece of a file that began or
// was wound.
func (t *track) ready(ctx context.Context) error {
	if t.started {
		return nil
	}
	t.started = true
	return t.deck.start(ctx, t.jump, t.again)
}

// until waits for a moment of the file.
func (t *track) until(ctx context.Context, moment time.Duration) error {
	_, err := t.deck.until(ctx, t.jump, moment, t.timer, t.again)
	return err
}

// hold keeps a picture, which may be nil, in case it is needed again. It takes over
// the reference.
func (t *track) hold(f *capture.Frame) {
	if t.held != nil {
		t.held.Release()
	}
	t.held = f
}

// again delivers the last picture once more.
func (t *track) again() {
	if t.held != nil {
		t.video(t.held.At(t.source.clock.Now()))
	}
}

func (t *track) failed(cause error) error {
	return fmt.Errorf("media: play %s: %w: %w", filepath.Base(t.source.path), capture.ErrUnreadable, cause)
}

// through decodes and delivers to the end of the track.
func (t *track) through(ctx context.Context) error {
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

// before tells whether something of that length lies before where the file was
// wound to: it is decoded only to get there.
func (t *track) before(pts time.Duration, known bool, length time.Duration) bool {
	return t.from > 0 && known && pts+length <= t.from
}

// picture delivers the picture at hand when it is due.
func (t *track) picture(ctx context.Context) error {
	pts, known := t.in.PTS()
	if t.before(pts, known, t.frame) {
		return t.wound()
	}
	moment, ok := t.line.place(pts, known, t.frame)
	if !ok {
		return nil
	}
	at, paused := t.deck.position()
	now := t.source.clock.Now()
	if t.started && at-moment > tooLate && now-t.shown < atLeast {
		return nil
	}
	w, h, color := t.in.Shape()
	if t.pool == nil || t.size != [2]int{w, h} {
		t.pool, t.size = capture.NewFramePool(capture.I420, w, h), [2]int{w, h}
	}
	f := t.pool.Get()
	f.Color = color
	if err := t.in.Picture(f); err != nil {
		f.Release()
		return t.failed(err)
	}
	err := t.ready(ctx)
	if err == nil && paused && t.pictures == 0 {
		t.hold(f.Retain()) // it was wound in a pause: show where to
		t.again()
	}
	if err == nil {
		f.PTS, err = t.deck.until(ctx, t.jump, moment, t.timer, t.again)
	}
	if err != nil {
		f.Release()
		return err
	}
	t.shown, t.any = t.source.clock.Now(), true
	t.pictures++
	t.hold(f.Retain())
	t.video(f)
	return nil
}

// wound is errWound when there is no use in going on to where the file was wound to.
func (t *track) wound() error {
	if _, jump := t.deck.begin(); jump != t.jump {
		return errWound
	}
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
	if t.before(pts, known, s.Duration()) {
		s.Release()
		return t.wound()
	}
	moment, ok := t.line.place(pts, known, s.Duration())
	if !ok {
		s.Release()
		return nil
	}
	if err := t.ready(ctx); err != nil {
		s.Release()
		return err
	}
	most := int(blockMost*time.Duration(s.Rate)/time.Second) * s.Channels
	if len(s.Data) <= most {
		return t.hear(ctx, s, moment)
	}
	defer s.Release() // some codecs give a second at once
	for from := 0; from < len(s.Data); from += most {
		data := s.Data[from:min(from+most, len(s.Data))]
		part := capture.NewSamples(s.Rate, s.Channels, len(data)/s.Channels)
		copy(part.Data, data)
		at := moment + time.Duration(from/s.Channels)*time.Second/time.Duration(s.Rate)
		if err := t.hear(ctx, part, at); err != nil {
			return err
		}
	}
	return nil
}

func (t *track) hear(ctx context.Context, s *capture.Samples, moment time.Duration) error {
	length := s.Duration()
	end, err := t.deck.until(ctx, t.jump, moment+length, t.timer, t.again)
	if err != nil {
		s.Release()
		return err
	}
	s.PTS = end - length
	t.any = true
	t.audio(s)
	return nil
}
