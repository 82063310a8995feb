package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tally/app/words"
	"tally/capture"
	"tally/capture/media"
	"tally/capture/screen"
)

// sourceSpec is a --video or --audio value taken apart: "camera:ID" is kind
// "camera" and arg "ID".
type sourceSpec struct{ kind, arg string }

func parseSource(s string) sourceSpec {
	kind, arg, _ := strings.Cut(s, ":")
	return sourceSpec{kind, arg}
}

func (s sourceSpec) String() string {
	if s.arg == "" {
		return s.kind
	}
	return s.kind + ":" + s.arg
}

var (
	videoKinds = []string{"camera", "screen", "window", "testcard", "file", "none"}
	audioKinds = []string{"mic", "tone", "file", "none"}
)

// CheckVideoSource and CheckAudioSource tell whether a value has a form that
// --video or --audio takes. Empty means: choose for me.
func CheckVideoSource(s string) error { return checkSource(s, videoKinds) }

// CheckAudioSource is CheckVideoSource for sound.
func CheckAudioSource(s string) error { return checkSource(s, audioKinds) }

func checkSource(s string, kinds []string) error {
	spec := parseSource(s)
	switch {
	case s == "":
		return nil
	case !slices.Contains(kinds, spec.kind):
		return fmt.Errorf("%q is none of %s", s, strings.Join(kinds, ", "))
	case spec.kind == "file" && spec.arg == "":
		return errors.New("file: needs a path, as in file:talk.mp4")
	case spec.kind == "screen":
		_, err := screen.ParseArea(spec.arg)
		return err
	case spec.kind == "window" && spec.arg == "":
		return errors.New("window: needs a title or a part of one, as in window:Firefox; tally devices lists them")
	case spec.arg != "" && slices.Contains([]string{"testcard", "tone", "none"}, spec.kind):
		return fmt.Errorf("%s takes nothing after a colon", spec.kind)
	}
	return nil
}

// sourceWish is what a slot is to capture from, and how.
type sourceWish struct {
	source             string         // as --video and --audio have it; "" = choose
	width, height, fps int            // of the show; the source picks its nearest format
	withSound          bool           // a file's sound is wanted from the same source
	format             capture.Format // of a camera, instead of that
	from               time.Duration  // where in a file to begin; no part of what is wished
}

// found is a source that was opened.
type found struct {
	capture.Source
	name   string // for people
	device string // its source with the device's ID, also when the wish names none
	what   capture.Device
}

// slot holds the place of one source, the picture's or the sound's: it opens
// what is wanted, and opens it again when it fails, until its context ends.
//
//	         delivers             Run returns
//	starting ───────> running ──────────────────> ended (a file; waits for another wish)
//	   ^                                     └──> failed ── 2 s ──┐
//	   └──────────────────────────────────────────────────────────┘
type slot struct {
	open    func(context.Context, sourceWish) (found, error)
	video   func(*capture.Frame) // nil in the sound's slot
	audio   func(*capture.Samples)
	changed func()
	rewish  chan struct{} // one token: begin anew, with what is wished now

	mu     sync.Mutex // also over filling and emptying rewish together with what it tells of
	wish   sourceWish
	gate   bool // files may start
	status SourceStatus
	since  time.Time     // when the source began to deliver
	file   *media.Source // that is playing, or nil
	from   time.Duration // where in the file to begin next time
}

func newSlot(changed func(), open func(context.Context, sourceWish) (found, error)) *slot {
	return &slot{open: open, changed: changed, rewish: make(chan struct{}, 1), gate: true}
}

// want sets what to capture from; the same wish again is no change.
func (s *slot) want(w sourceWish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wish != w {
		s.wish = w
		s.poke()
	}
}

// wanted is what the slot was told to capture from; empty: it chooses.
func (s *slot) wanted() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wish.source
}

// had tells whether a device of that kind was captured, has failed, and is waited for.
func (s *slot) had(kind string) bool {
	now := s.now()
	return now.State == SourceFailed && parseSource(now.Device).kind == kind
}

// hold keeps files from starting, or lets them.
func (s *slot) hold(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate == on && parseSource(s.wish.source).kind == "file" {
		s.poke()
	}
	s.gate = !on
}

// poke has the source closed and opened. Whoever changes what is wished holds the lock
// over both, or the source could be opened for it already, and then once more.
func (s *slot) poke() {
	select {
	case s.rewish <- struct{}{}:
	default:
	}
}

func (s *slot) now() SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *slot) set(st SourceStatus) {
	s.mu.Lock()
	same := s.status == st
	if st.State == SourceRunning && s.status.State != SourceRunning {
		s.since = time.Now()
	}
	s.status = st
	s.mu.Unlock()
	if !same {
		s.changed()
	}
}

// sourceRetry is how long after a failure a source is opened again: a plug that
// is pushed back in is seen soon, and a missing device costs nothing.
const sourceRetry = 2 * time.Second

// pause is how long to wait after a failure: a device that had worked until now is
// restarted at once.
func (s *slot) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := s.since
	s.since = time.Time{}
	if !since.IsZero() && time.Since(since) > workedFor {
		return restartAfter
	}
	return sourceRetry
}

const (
	workedFor    = 5 * time.Second
	restartAfter = 100 * time.Millisecond
)

// keep is the slot's goroutine.
func (s *slot) keep(ctx context.Context) error {
	for ctx.Err() == nil {
		s.mu.Lock()
		select {
		case <-s.rewish: // it is read now
		default:
		}
		wish, gate := s.wish, s.gate
		wish.from, s.from = s.from, 0
		s.mu.Unlock()
		spec := parseSource(wish.source)
		var pause <-chan time.Time
		switch {
		case spec.kind == "none":
			s.set(SourceStatus{Source: "none", State: SourceOff})
		case spec.kind == "file" && !gate:
			s.set(SourceStatus{Source: spec.String(), Name: filepath.Base(spec.arg), State: SourceStarting})
		default:
			if changed := s.once(ctx, wish); changed {
				continue
			}
			if st := s.now(); st.State == SourceFailed && st.Problem.Retry {
				pause = time.After(s.pause())
			}
		}
		select {
		case <-ctx.Done():
		case <-s.rewish:
		case <-pause:
		}
	}
	return ctx.Err()
}

// once runs one source to its end. It reports whether it ended because another
// one is wanted.
func (s *slot) once(ctx context.Context, wish sourceWish) (changed bool) {
	st := SourceStatus{Source: wish.source, Name: wish.source, State: SourceStarting}
	if s.now().State != SourceFailed {
		s.set(st)
	}
	src, err := s.open(ctx, wish)
	if err == nil {
		st.Name, st.Device, st.Desktop = src.name, src.device, src.what.Desktop
		s.play(src.Source)
		defer s.play(nil)
		ctx, stop := context.WithCancel(ctx)
		result := make(chan error, 1)
		go func() { result <- src.Run(ctx, s.watched(st, wish)) }()
		select {
		case err = <-result:
		case <-s.rewish:
			changed = true
			stop()
			err = <-result
		}
		stop()
	}
	switch {
	case changed || ctx.Err() != nil:
	case err == nil:
		st.State, st.Format = SourceEnded, s.now().Format
		s.set(st)
	default:
		before := s.now()
		missing := errors.Is(err, capture.ErrNotFound) || errors.Is(err, capture.ErrNoBackend)
		if missing && before.State == SourceFailed && before.Source == st.Source && before.Format != "" {
			return false // it was here: what took it away is what counts
		}
		if before.State == SourceRunning {
			st.Format = before.Format
		}
		if st.Device == "" && before.Source == st.Source {
			st.Device = before.Device // which is what is waited for
		}
		st.State, st.Problem = SourceFailed, Explain(&sourceError{st.Name, err})
		s.set(st)
	}
	return changed
}

// watched is the slot's sink, which also notes that the source delivers, and
// what.
func (s *slot) watched(st SourceStatus, wish sourceWish) capture.Sink {
	st.State = SourceRunning
	var sink capture.Sink
	if s.video != nil {
		p := pictures{measured: parseSource(st.Device).kind == "camera"}
		sink.Video = func(f *capture.Frame) {
			if p.see(f) {
				st.Format = p.text()
				s.set(st)
			}
			s.video(f)
		}
	}
	if s.video == nil || wish.withSound {
		noted := s.video != nil // the picture speaks for both
		sink.Audio = func(b *capture.Samples) {
			if !noted {
				noted = true
				st := st
				st.Format = words.Say("%g kHz · %s", float64(b.Rate)/1000, channels(b.Channels))
				s.set(st)
			}
			s.audio(b)
		}
	}
	return sink
}

// pictures is what a source delivers, as people read it.
type pictures struct {
	measured      bool // also how many a second
	width, height int
	format        capture.PixelFormat
	fps           int           // as shown; 0 before it was measured
	count         int           // pictures since then:
	since         time.Duration // the stamp of the first
}

const measureFor = 2 * time.Second

// see looks at a picture and tells whether something is new. It allocates nothing.
func (p *pictures) see(f *capture.Frame) bool {
	mjpeg := f.Format == capture.MJPEG
	if f.Width != p.width || f.Height != p.height || mjpeg != (p.format == capture.MJPEG) {
		*p = pictures{measured: p.measured, width: f.Width, height: f.Height, format: f.Format, since: f.PTS}
		return true
	}
	if p.count++; !p.measured || f.PTS-p.since < measureFor {
		return false
	}
	rate := float64(p.count) / (f.PTS - p.since).Seconds()
	p.count, p.since = 0, f.PTS
	if math.Abs(rate-float64(p.fps)) < 1.5 {
		return false // the clocks of cameras and computers differ a little
	}
	p.fps = int(math.Round(rate))
	return true
}

func (p *pictures) text() Sentence {
	mjpeg := p.format == capture.MJPEG // which people know from their camera's box
	switch {
	case p.fps > 0 && mjpeg:
		return words.Say("%d×%d · %d fps · MJPEG", p.width, p.height, p.fps)
	case p.fps > 0:
		return words.Say("%d×%d · %d fps", p.width, p.height, p.fps)
	case mjpeg:
		return words.Say("%d×%d · MJPEG", p.width, p.height)
	}
	return words.Say("%d×%d", p.width, p.height)
}

func channels(n int) Sentence {
	switch n {
	case 1:
		return "mono"
	case 2:
		return "stereo"
	}
	return words.Say("%d channels", n)
}
