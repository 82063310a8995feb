package app

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tally/capture"
)

// scripted delivers one frame and then does what it is told.
type scripted struct {
	name string
	end  error         // nil: lives until it is stopped
	over bool          // ends by itself, as a file does
	long time.Duration // works for so long before it fails
	log  func(string)
}

func (s scripted) Run(ctx context.Context, sink capture.Sink) error {
	s.log("open " + s.name)
	defer s.log("close " + s.name)
	sink.Video(capture.NewFrame(capture.I420, 2, 2, make([]byte, 6)))
	if s.end != nil || s.over {
		time.Sleep(s.long)
		return s.end
	}
	<-ctx.Done()
	return ctx.Err()
}

// testSlot runs a slot whose sources come from the table, inside a bubble of made-up
// time.
func testSlot(t *testing.T, sources map[string]scripted) (s *slot, log func() []string) {
	var mu sync.Mutex
	var lines []string
	note := func(l string) { mu.Lock(); lines = append(lines, l); mu.Unlock() }
	s = newSlot(func() {}, func(_ context.Context, w sourceWish) (found, error) {
		src, ok := sources[w.source]
		if !ok {
			return found{}, capture.ErrNotFound
		}
		src.log = note
		return found{Source: src, name: "Name of " + src.name, device: w.source}, nil
	})
	s.video = func(f *capture.Frame) { f.Release() }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.keep(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(lines) }
}

func TestSlotChangesSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := testSlot(t, map[string]scripted{"camera:a": {name: "a"}, "camera:b": {name: "b"}})
		for _, wish := range []string{"camera:a", "camera:a", "camera:b", "none"} {
			s.want(sourceWish{source: wish})
			synctest.Wait()
		}
		if got, want := log(), []string{"open a", "close a", "open b", "close b"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if st := s.now(); st.State != SourceOff {
			t.Errorf("state %v", st)
		}
	})
}

func TestSlotOpensAgainWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := testSlot(t, map[string]scripted{"camera:a": {name: "a", end: capture.ErrGone}})
		s.want(sourceWish{source: "camera:a"})
		synctest.Wait()
		if st := s.now(); st.State != SourceFailed || st.Problem.IsZero() {
			t.Errorf("after unplugging: %+v", st)
		}
		time.Sleep(3*sourceRetry + time.Millisecond)
		synctest.Wait()
		if n := len(log()) / 2; n != 4 {
			t.Errorf("opened %d times in %v", n, 3*sourceRetry)
		}
		s.want(sourceWish{source: "camera:missing"})
		synctest.Wait()
		if st := s.now(); st.State != SourceFailed || st.Problem.Title.String() != "camera:missing: There is no such device or file." {
			t.Errorf("a device that is not there: %+v", st)
		}
	})
}

// TestSlotRestartsAtOnce: a camera that worked and stops is started again without a
// wait, and one that fails at once again is not asked all the time.
func TestSlotRestartsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := testSlot(t, map[string]scripted{"camera:a": {name: "a", end: capture.ErrStalled, long: 10 * time.Second}})
		s.want(sourceWish{source: "camera:a"})
		time.Sleep(10*time.Second + restartAfter + time.Millisecond)
		synctest.Wait()
		if n := len(log()); n != 3 {
			t.Errorf("%q", log())
		}
	})
}

// TestSlotRemembersWhatHappened: a camera that was unplugged says so until it is back,
// though it cannot be found either.
func TestSlotRemembersWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		s := newSlot(func() {}, func(context.Context, sourceWish) (found, error) {
			if opened++; opened > 1 {
				return found{}, capture.ErrNotFound
			}
			src := scripted{name: "a", end: capture.ErrGone, long: 10 * time.Second, log: func(string) {}}
			return found{Source: src, name: "Name of a", device: "camera:a"}, nil
		})
		s.video = func(f *capture.Frame) { f.Release() }
		s.want(sourceWish{source: "camera:a"}) // before it runs, which would open what it chooses
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.keep(ctx) }()
		defer func() { cancel(); <-done }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if st := s.now(); st.State != SourceFailed || st.Name != "Name of a" || st.Problem.Title.String() != "Name of a: The device was unplugged." {
			t.Errorf("%+v", st)
		}
	})
}

func TestPicturesAreMeasured(t *testing.T) {
	f := capture.NewFrame(capture.MJPEG, 1280, 720, []byte{0})
	p := pictures{measured: true}
	var said []string
	for n := range 300 { // 30 a second for five seconds, then the half: it has become dark
		if p.see(f) {
			said = append(said, p.text().String())
		}
		f.PTS += time.Second / 30
		if n > 150 {
			f.PTS += time.Second / 30
		}
	}
	want := []string{"1280×720 · MJPEG", "1280×720 · 30 fps · MJPEG"}
	if len(said) < 3 || !slices.Equal(said[:2], want) || said[len(said)-1] != "1280×720 · 15 fps · MJPEG" {
		t.Errorf("%q", said)
	}
}

func TestSlotHoldsFilesUntilLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := testSlot(t, map[string]scripted{"file:talk.mp4": {name: "file", over: true}})
		s.hold(true)
		s.want(sourceWish{source: "file:talk.mp4"})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := log(); len(got) != 0 {
			t.Errorf("the file started before the show: %v", got)
		}
		s.hold(false)
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, want := log(), []string{"open file", "close file"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if st := s.now(); st.State != SourceEnded {
			t.Errorf("after its end: %+v", st)
		}
	})
}
