package testcard

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tally/capture"
	"tally/capture/capturetest"
)

func TestCardContract(t *testing.T) {
	capturetest.Contract(t, capturetest.Want{
		Open:  func(c capture.Clock) capture.Source { return Open(640, 360, 30, c) },
		Video: true, First: 500 * time.Millisecond, Late: 20 * time.Millisecond, MinFPS: 20,
	})
}

func TestToneContract(t *testing.T) {
	capturetest.Contract(t, capturetest.Want{
		Open:  OpenTone,
		Audio: true, First: 500 * time.Millisecond, Late: 20 * time.Millisecond, Share: 0.99,
	})
}

// TestBeepsAndFlashesCoincide runs both for ten seconds and measures them as a
// reader of the stream would.
func TestBeepsAndFlashesCoincide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := capture.NewClock()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+500*time.Millisecond)
		defer cancel()
		time.Sleep(123456 * time.Microsecond) // sources begin anywhere

		var sound []float32
		var began, end time.Duration
		toneDone := make(chan error, 1)
		go func() {
			toneDone <- OpenTone(clock).Run(ctx, capture.Sink{Audio: func(s *capture.Samples) {
				if sound == nil {
					began, end = s.PTS, s.PTS
				}
				if s.PTS != end {
					t.Errorf("sound at %v follows %v", s.PTS, end)
				}
				end = s.PTS + s.Duration()
				sound = append(sound, s.Data...)
				s.Release()
			}})
		}()
		var flashes []time.Duration
		was := false
		err := Open(320, 180, 25, clock).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
			if f.PTS > clock.Now() {
				t.Errorf("a frame of %v was delivered at %v", f.PTS, clock.Now())
			}
			is := Flashing(f.Plane[0], f.Stride[0], f.Width, f.Height)
			if is && !was {
				flashes = append(flashes, f.PTS)
			}
			was = is
			f.Release()
		}})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(<-toneDone, context.DeadlineExceeded) {
			t.Error("the sources did not end with their context")
		}
		beeps := Beeps(sound, ToneRate, ToneChannels)
		if len(beeps) != 10 || len(flashes) != 10 {
			t.Fatalf("%d beeps, %d flashes", len(beeps), len(flashes))
		}
		for i := range beeps {
			if off := beeps[i] + began - flashes[i]; off.Abs() > 2*time.Millisecond {
				t.Errorf("second %d: beep %v after the flash", i+1, off)
			}
		}
	})
}

// TestLateTickSkips blocks the sink for a third of a second: the frames of that
// time are left out, and the next ones keep the pace.
func TestLateTickSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := capture.NewClock()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var numbers []uint32
		var arrived []time.Duration
		Open(320, 180, 30, clock).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
			n, ok := ReadCounter(f.Plane[0], f.Stride[0], f.Width, f.Height)
			if !ok {
				t.Error("the counter cannot be read")
			}
			numbers, arrived = append(numbers, n), append(arrived, clock.Now())
			f.Release()
			if n == 30 {
				time.Sleep(350 * time.Millisecond)
			}
		}})
		for i := 1; i < len(numbers); i++ {
			step := numbers[i] - numbers[i-1]
			if numbers[i-1] == 30 && step != 10 || numbers[i-1] != 30 && step != 1 {
				t.Errorf("frame %d follows %d", numbers[i], numbers[i-1])
			}
			if step == 1 && numbers[i] != 41 && arrived[i]-arrived[i-1] < 33*time.Millisecond {
				t.Errorf("frame %d came %v after the last", numbers[i], arrived[i]-arrived[i-1])
			}
		}
		if last := numbers[len(numbers)-1]; last != 89 && last != 90 {
			t.Errorf("frame %d was the last of 3 s", last)
		}
	})
}

func TestUnusableSizeIsRefused(t *testing.T) {
	for _, c := range []card{{width: 0, height: 720, fps: 30}, {width: 1280, height: 720}, {width: 1 << 20, height: 16, fps: 30}, {width: 1280, height: 720, fps: 1e9}} {
		c.clock = capture.NewClock()
		if err := c.Run(t.Context(), capture.Sink{Video: func(f *capture.Frame) { f.Release() }}); !errors.Is(err, capture.ErrNoFormat) {
			t.Errorf("%d×%d at %v: %v", c.width, c.height, c.fps, err)
		}
	}
}
