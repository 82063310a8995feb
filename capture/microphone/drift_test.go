package microphone

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tally/app/program"
	"tally/capture"
)

// TestHalfAnHourOfDrift lets microphones whose clocks are wrong by what quartzes are
// wrong by at the most, and more, beep every ten seconds for half an hour of
// simulated time, through the stamps, the resampler and the program's sound. Each
// beep must lie where it was made, by the clock that the picture is on.
func TestHalfAnHourOfDrift(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		synctest.Test(t, func(t *testing.T) {
			const rate, frames, every, length = 48000, 480, 10 * time.Second, 30 * time.Minute
			clock := capture.NewClock()
			sound := program.NewSound(clock)
			var beeps []time.Duration
			quiet := 0
			sound.Deliver(func(b *capture.Samples) {
				for i := 0; i < len(b.Data); i += b.Channels {
					switch v := b.Data[i]; {
					case v < 0.25 && v > -0.25:
						quiet++
					default:
						if quiet > program.SoundRate {
							beeps = append(beeps, b.PTS+time.Duration(i/b.Channels)*time.Second/program.SoundRate)
						}
						quiet = 0
					}
				}
				b.Release()
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- sound.Run(ctx) }()

			// A sample of the device lasts so much longer than one of ours.
			captured := func(position int) time.Duration {
				return time.Duration(float64(position) / rate * (1 + ppm/1e6) * float64(time.Second))
			}
			s := newStamps(rate)
			for n := 0; captured(n*frames) < length; n++ {
				time.Sleep(captured((n+1)*frames) - clock.Now())
				at, settled := s.stamp(int64(n*frames), frames, clock.Now())
				if !settled {
					continue
				}
				b := capture.NewSamples(rate, 1, frames)
				b.PTS = at
				for i := range b.Data {
					b.Data[i] = 0
					if captured(n*frames+i)%every < 100*time.Millisecond {
						b.Data[i] = float32(1-2*(i/24%2)) / 2
					}
				}
				if err := sound.Put(b); err != nil {
					t.Fatal(err)
				}
			}
			cancel()
			<-done
			var worst time.Duration
			for _, b := range beeps {
				off := (b+every/2)%every - every/2
				worst = max(worst, off.Abs())
			}
			if want := int(length/every) - 1; len(beeps) < want-1 || len(beeps) > want+1 {
				t.Errorf("%+v ppm: %d beeps, want %d", ppm, len(beeps), want)
			}
			if worst > 20*time.Millisecond {
				t.Errorf("%+v ppm: a beep is %v off", ppm, worst)
			}
			t.Logf("%+v ppm: %d beeps in %v, %v off at the worst", ppm, len(beeps), length, worst)
		})
	}
}
