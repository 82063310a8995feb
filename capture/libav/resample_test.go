package libav

import (
	"errors"
	"math"
	"testing"
	"time"
)

// sine makes interleaved sound of one frequency on all channels.
func sine(rate, channels, frames int, hz float64) []float32 {
	s := make([]float32, frames*channels)
	for i := range frames {
		for c := range channels {
			s[i*channels+c] = float32(.5 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		}
	}
	return s
}

// distance is the RMS difference between sound and the nearest sine of that
// frequency, and its amplitude: what the resampler added.
func distance(s []float32, rate float64, hz float64) (noise, amplitude float64) {
	var a, b, n float64
	for i, v := range s {
		w := 2 * math.Pi * hz * float64(i) / rate
		a += float64(v) * math.Cos(w)
		b += float64(v) * math.Sin(w)
		n++
	}
	a, b = 2*a/n, 2*b/n
	for i, v := range s {
		w := 2 * math.Pi * hz * float64(i) / rate
		d := float64(v) - a*math.Cos(w) - b*math.Sin(w)
		noise += d * d
	}
	return math.Sqrt(noise / n), math.Hypot(a, b)
}

func TestResamplerKeepsLengthAndPitch(t *testing.T) {
	for _, c := range []struct{ inRate, inCh, outRate, outCh int }{
		{44100, 2, 48000, 2}, {48000, 1, 48000, 2}, {96000, 2, 48000, 2}, {8000, 1, 48000, 1}, {48000, 2, 48000, 2}, {48000, 2, 44100, 1}, {48000, 6, 48000, 2},
	} {
		r, err := NewResampler(c.inRate, c.inCh, c.outRate, c.outCh)
		if err != nil {
			t.Fatal(err)
		}
		in := sine(c.inRate, c.inCh, c.inRate, 1000) // 1 s
		var out, block []float32
		for len(in) > 0 {
			n := min(len(in), 441*c.inCh)
			if block, err = r.Convert(block, in[:n]); err != nil {
				t.Fatal(err)
			}
			out = append(out, block...)
			in = in[n:]
		}
		if block, err = r.Convert(block, nil); err != nil {
			t.Fatal(err)
		}
		out = append(out, block...)
		frames := len(out) / c.outCh
		if d := frames - c.outRate; d < -64 || d > 64 {
			t.Errorf("%+v: %d frames from one second", c, frames)
		}
		left := make([]float32, 0, frames)
		for i := range frames {
			left = append(left, out[i*c.outCh])
		}
		noise, amp := distance(left[1000:frames-1000], float64(c.outRate), 1000)
		if db := 20 * math.Log10(noise/amp); db > -60 {
			t.Errorf("%+v: noise is %.0f dB under the tone", c, db)
		}
		r.Close()
	}
}

// TestResamplerCompensates slows equal rates down by 200 ppm, as a microphone's
// clock drifts, and listens to what that costs.
func TestResamplerCompensates(t *testing.T) {
	const rate, seconds, ppm = 48000, 20, 200
	r, err := NewResampler(rate, 1, rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in := sine(rate, 1, rate*seconds, 1000)
	var out, block []float32
	for i := 0; i < len(in); i += 480 {
		if i%rate == 0 {
			if err := r.Compensate(-rate*10*ppm/1_000_000, rate*10); err != nil {
				t.Fatal(err)
			}
		}
		if block, err = r.Convert(block, in[i:i+480]); err != nil {
			t.Fatal(err)
		}
		out = append(out, block...)
	}
	if d := r.Delay(); d < 0 || d > 5*time.Millisecond {
		t.Errorf("the resampler keeps %v", d)
	}
	want := rate * seconds * (1_000_000 - ppm) / 1_000_000
	if d := len(out) - want; d < -64 || d > 64 {
		t.Errorf("%d frames, want %d", len(out), want)
	}
	const shifted = 1000 / (1 - ppm/1e6)
	noise, amp := distance(out[rate:rate+rate/10], rate, shifted)
	if db := 20 * math.Log10(noise/amp); db > -60 {
		t.Errorf("noise is %.0f dB under the tone", db)
	}
}

func TestResamplerRefuses(t *testing.T) {
	for _, c := range [][4]int{{0, 2, 48000, 2}, {48000, 0, 48000, 2}, {48000, 2, 1 << 30, 2}, {48000, 2, 48000, 99}} {
		if _, err := NewResampler(c[0], c[1], c[2], c[3]); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%v: %v", c, err)
		}
	}
	r, err := NewResampler(48000, 2, 48000, 2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Convert(nil, make([]float32, 3)); !errors.Is(err, ErrInvalidData) {
		t.Errorf("half a frame: %v", err)
	}
	r.Close()
	if _, err := r.Convert(nil, make([]float32, 2)); err == nil {
		t.Error("a closed resampler worked")
	}
}

func BenchmarkResample(b *testing.B) {
	for _, c := range []struct {
		name string
		in   int
	}{{"44100-48000", 44100}, {"48000-48000", 48000}} {
		b.Run(c.name, func(b *testing.B) {
			r, err := NewResampler(c.in, 2, 48000, 2)
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			in := sine(c.in, 2, c.in/100, 1000)
			dst := make([]float32, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				if dst, err = r.Convert(dst, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
