package program

import (
	"math"
	"testing"
	"time"

	"tally/capture"
)

// block makes d of a 1 kHz sine as a device with the given real rate would.
func block(at time.Duration, rate, chns, frames int) *capture.Samples {
	b := capture.NewSamples(rate, chns, frames)
	b.PTS = at
	for i := range frames {
		v := float32(0.5 * math.Sin(2*math.Pi*1000*(at.Seconds()+float64(i)/float64(rate))))
		for c := range chns {
			b.Data[i*chns+c] = v
		}
	}
	return b
}

// feed pushes seconds of sound through a splice from a device whose clock is off
// by ppm, and returns how far the program's end is from the stamps.
func feed(t *testing.T, sp *splice, rate, chns int, ppm float64, seconds int) time.Duration {
	t.Helper()
	frames := rate / 100
	step := time.Duration(float64(10*time.Millisecond) / (1 + ppm/1e6))
	var at time.Duration
	for range seconds * 100 {
		b := block(at, rate, chns, frames)
		out, err := sp.add(b, 0)
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
		out.Release()
		at += step
	}
	return sp.at() - at
}

func TestSoundFollowsADriftingDevice(t *testing.T) {
	for _, tt := range []struct {
		rate, chns int
		ppm        float64
	}{{48000, 2, 0}, {48000, 2, 200}, {44100, 1, -200}, {48000, 2, 1000}} {
		var sp splice
		const minutes = 3
		off := feed(t, &sp, tt.rate, tt.chns, tt.ppm, minutes*60)
		if off.Abs() > 20*time.Millisecond {
			t.Errorf("%v ppm, %d Hz: the program is off by %v after %d minutes", tt.ppm, tt.rate, off, minutes)
		}
		sp.close()
	}
}

func TestSoundFillsAGapAndCutsAnOverlap(t *testing.T) {
	var sp splice
	defer sp.close()
	add := func(at time.Duration) *capture.Samples {
		t.Helper()
		b := block(at, 48000, 2, 480)
		defer b.Release()
		out, err := sp.add(b, 0)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	add(0).Release()
	out := add(510 * time.Millisecond) // half a second is missing
	if got := out.Frames(); got < 24000 || got > 24480 {
		t.Errorf("a gap of 500 ms gave %d frames", got)
	}
	if out.Data[1000] != 0 {
		t.Error("the gap is not silent")
	}
	out.Release()
	before := sp.at()
	add(100 * time.Millisecond).Release() // the past once more
	if sp.at() != before {
		t.Errorf("an overlap moved the program from %v to %v", before, sp.at())
	}
}

func TestSilenceStandsInForASource(t *testing.T) {
	var sp splice
	defer sp.close()
	if sp.fill(time.Second) != nil {
		t.Error("the first call only starts the time line")
	}
	out := sp.fill(2 * time.Second)
	if out == nil || sp.at() != 2*time.Second-silenceLag {
		t.Fatalf("silence ends at %v", sp.at())
	}
	out.Release()
	if sp.fill(2*time.Second+10*time.Millisecond) != nil {
		t.Error("silence did not wait for a source that is only late")
	}
}

// TestShift moves the sound while it plays: the beep lies where it was put, at once.
func TestShift(t *testing.T) {
	var sp splice
	defer sp.close()
	var at time.Duration
	for _, later := range []time.Duration{0, 300 * time.Millisecond, -500 * time.Millisecond, 2 * time.Second, 0} {
		const second = 100
		for n := range 4 * second {
			b := capture.NewSamples(48000, 1, 480)
			b.PTS = at
			clear(b.Data)
			mark := n == 3*second
			if mark {
				b.Data[0] = 1
			}
			out, err := sp.add(b, later)
			b.Release()
			if err != nil {
				t.Fatal(err)
			}
			loudest := 0
			for i, v := range out.Data {
				if v > out.Data[loudest] {
					loudest = i
				}
			}
			if heard := out.PTS + time.Duration(loudest/SoundChannels)*time.Second/SoundRate; len(out.Data) > 0 && out.Data[loudest] > 0.1 {
				if d := heard - at - later; d.Abs() > time.Millisecond && mark {
					t.Errorf("shifted by %v, a mark of %v is heard at %v", later, at, heard)
				}
			} else if mark {
				t.Errorf("shifted by %v, the mark is not heard", later)
			}
			out.Release()
			at += 10 * time.Millisecond
		}
	}
}

// TestDownMix plays one channel of six after the other: none may be lost but the one
// that is for rumbling.
func TestDownMix(t *testing.T) {
	for channel := range 6 {
		var sp splice
		var peak float32
		for n := range 20 {
			b := capture.NewSamples(96000, 6, 960)
			b.PTS = time.Duration(n) * 10 * time.Millisecond
			clear(b.Data)
			for i := range 960 {
				b.Data[6*i+channel] = float32(0.5 * math.Sin(2*math.Pi*1000*float64(i)/96000))
			}
			out, err := sp.add(b, 0)
			b.Release()
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range out.Data {
				peak = max(peak, v)
			}
			out.Release()
		}
		sp.close()
		if lfe := channel == 3; lfe == (peak > 0.2) {
			t.Errorf("of channel %d, %.2f is heard", channel, peak)
		}
	}
}
