// Package capturetest holds the one test that every [capture.Source] has to
// pass.
package capturetest

import (
	"context"
	"errors"
	"hash/crc32"
	"slices"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"tally/capture"
)

// Want says what a source has to deliver. Zero fields stand for their defaults.
type Want struct {
	Open func(clock capture.Clock) capture.Source

	Video, Audio bool
	First        time.Duration // the first delivery, after Run was called; default 3 s
	Late         time.Duration // how old a frame or a block may be when it arrives; default 250 ms
	For          time.Duration // how long to watch; default 2 s
	MinFPS       float64       // frames a second; not checked if 0
	Share        float64       // of the sound's time that must arrive; default 0.9
}

// delivery is what is remembered of a frame or a block.
type delivery struct {
	arrived, pts, duration time.Duration
}

// Contract runs the source once and holds that it delivers in time, stamps by
// the clock, lets go of what it delivered, returns soon when told to stop, and
// leaves nothing behind.
func Contract(t *testing.T, w Want) {
	t.Helper()
	w.First, w.Late, w.For = or(w.First, 3*time.Second), or(w.Late, 250*time.Millisecond), or(w.For, 2*time.Second)
	if w.Share == 0 {
		w.Share = 0.9
	}
	before := goleak.IgnoreCurrent()
	clock := capture.NewClock()
	source := w.Open(clock)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	var r recorder
	r.clock = clock
	sink := capture.Sink{}
	if w.Video {
		sink.Video = r.video
	}
	if w.Audio {
		sink.Audio = r.audio
	}
	began := clock.Now()
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx, sink) }()

	select {
	case err := <-done:
		t.Fatalf("Run ended by itself after %v: %v", clock.Now()-began, err)
	case <-time.After(w.First + w.For):
	}
	stop := clock.Now()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v after it was cancelled", err)
		}
		if took := clock.Now() - stop; took > time.Second {
			t.Errorf("Run took %v to return", took)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run did not return within 10 s of being cancelled")
	}
	r.ended.Store(true)
	if err := goleak.Find(before, goleak.IgnoreTopFunction("tally/capture/capturetest.Contract")); err != nil {
		t.Errorf("left behind: %v", err)
	}
	if w.Video {
		r.checkStamps(t, "video", r.frames, began, w)
		if want := w.MinFPS * (stop - r.first(r.frames)).Seconds(); float64(len(r.frames)) < want {
			t.Errorf("%d frames, want at least %.0f", len(r.frames), want)
		}
	}
	if w.Audio {
		r.checkStamps(t, "audio", r.blocks, began, w)
		r.checkShare(t, stop, w.Share)
	}
	r.checkHeld(t)
	if r.late.Load() > 0 {
		t.Errorf("%d deliveries after Run had returned", r.late.Load())
	}
}

func or(d, instead time.Duration) time.Duration {
	if d == 0 {
		return instead
	}
	return d
}

func (r *recorder) first(all []delivery) time.Duration {
	if len(all) == 0 {
		return r.clock.Now()
	}
	return all[0].arrived
}

// checkStamps holds that stamps rise, begin soon, and tell the time of capture.
func (r *recorder) checkStamps(t *testing.T, kind string, all []delivery, began time.Duration, w Want) {
	t.Helper()
	if len(all) == 0 {
		t.Errorf("%s: nothing was delivered", kind)
		return
	}
	if first := all[0].arrived - began; first > w.First {
		t.Errorf("%s: first delivery after %v", kind, first)
	}
	var ages []time.Duration
	for i, d := range all {
		if i > 0 && d.pts <= all[i-1].pts {
			t.Errorf("%s: stamp %d is %v after %v", kind, i, d.pts, all[i-1].pts)
			return
		}
		ages = append(ages, d.arrived-d.pts-d.duration)
	}
	slices.Sort(ages)
	// Sound may look a little younger than it is, since its stamps are smoothed.
	if youngest := ages[0]; youngest < -30*time.Millisecond {
		t.Errorf("%s: captured %v after it was delivered", kind, -youngest)
	}
	if median := ages[len(ages)/2]; median > w.Late {
		t.Errorf("%s: %v old on delivery (median)", kind, median)
	}
	t.Logf("%s: %d deliveries, first after %v, age %v median, %v most", kind, len(all),
		(all[0].arrived - began).Round(time.Millisecond), ages[len(ages)/2].Round(100*time.Microsecond), ages[len(ages)-1].Round(100*time.Microsecond))
}

// checkShare holds that the blocks cover the time.
func (r *recorder) checkShare(t *testing.T, stop time.Duration, share float64) {
	t.Helper()
	if len(r.blocks) == 0 {
		return
	}
	var sum time.Duration
	for _, d := range r.blocks {
		sum += d.duration
	}
	span := stop - r.blocks[0].pts
	if got := float64(sum) / float64(span); got < share || got > 1.1 {
		t.Errorf("audio: %v of sound in %v", sum, span)
	}
}

// checkHeld holds that frames which somebody kept were not written to, and that
// the source has let go of them.
func (r *recorder) checkHeld(t *testing.T) {
	t.Helper()
	for i, h := range r.held {
		if sum(h.frame) != h.sum {
			t.Errorf("video: kept frame %d was overwritten", i)
		}
		for _, other := range r.held[:i] {
			if unsafe.SliceData(other.frame.Plane[0]) == unsafe.SliceData(h.frame.Plane[0]) && !r.repeats {
				r.repeats = sum(other.frame) == sum(h.frame)
				if !r.repeats {
					t.Errorf("video: kept frames share a buffer")
				}
			}
		}
	}
	for _, h := range r.held {
		h.frame.Release()
	}
	if len(r.held) > 0 && !r.repeats {
		// No reference is left: one more Release must be refused.
		func() {
			defer func() {
				if recover() == nil {
					t.Error("video: the source kept a reference")
				}
			}()
			r.held[0].frame.Release()
		}()
	}
}

func sum(f *capture.Frame) uint32 {
	crc := uint32(0)
	for _, p := range f.Plane {
		crc = crc32.Update(crc, crc32.IEEETable, p)
	}
	return crc
}
