package microphone

import (
	"math/rand/v2"
	"testing"
	"time"
)

// simulate lets a device run for some time: its clock is off by ppm, and each block is
// delayed at random, now and then by much. It calls seen with each block's stamp and the
// time at which its first sample was really captured.
func simulate(ppm float64, length time.Duration, backlog int, seen func(n int, at, truth time.Duration)) {
	const rate, frames = 48000, 480
	rng := rand.New(rand.NewPCG(1, 2))
	s := newStamps(rate)
	start := 3 * time.Second // the device is opened while the show's clock runs
	last := time.Duration(0)
	blocks := int(length / (frames * time.Second / rate))
	captured := func(position int) time.Duration {
		return start + time.Duration(float64(position)/rate*(1+ppm/1e6)*float64(time.Second))
	}
	for n := range blocks {
		arrived := captured((n+1)*frames) + time.Duration(rng.ExpFloat64()*float64(2*time.Millisecond))
		if rng.IntN(200) == 0 {
			arrived += time.Duration(rng.IntN(150)) * time.Millisecond
		}
		if n < backlog { // what the server had kept comes in one go
			arrived = captured(backlog * frames)
		}
		arrived = max(arrived, last)
		last = arrived
		if at, ok := s.stamp(int64(n*frames), frames, arrived); ok {
			seen(n, at, captured(n*frames))
		}
	}
}

func TestStampsFollowDriftAndIgnoreJitter(t *testing.T) {
	for _, ppm := range []float64{-200, 0, 200} {
		var last, worst time.Duration
		settled := 0
		simulate(ppm, 30*time.Minute, 25, func(n int, at, truth time.Duration) {
			settled++
			if last > 0 {
				if step := at - last; step < 9*time.Millisecond || step > 11*time.Millisecond {
					t.Fatalf("%+v ppm: block %d is stamped %v after the one before", ppm, n, step)
				}
			}
			last = at
			worst = max(worst, (at - truth).Abs())
		})
		t.Logf("%+v ppm: at most %v off in 30 min, %d blocks", ppm, worst, settled)
		if worst > 4*time.Millisecond {
			t.Errorf("%+v ppm: %v off", ppm, worst)
		}
		if settled < 30*60*100-60 {
			t.Errorf("%+v ppm: only %d blocks were used", ppm, settled)
		}
	}
}

// TestGapIsStamped leaves a second out, as after an overrun of the device.
func TestGapIsStamped(t *testing.T) {
	s := newStamps(48000)
	var before, after time.Duration
	for n := range 1000 {
		arrived := time.Duration(n+1) * 10 * time.Millisecond
		if n >= 500 {
			arrived += time.Second
		}
		at, ok := s.stamp(int64(n*480), 480, arrived)
		if ok && n == 499 {
			before = at
		}
		if n == 999 {
			after = at
		}
	}
	if got, want := after-before, 6*time.Second; (got - want).Abs() > 5*time.Millisecond {
		t.Errorf("500 blocks and a gap of 1 s took %v", got)
	}
}
