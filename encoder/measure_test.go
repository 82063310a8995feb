package encoder

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// TestMeasure wants a proposal that this machine can do, in bounded time, and looks
// at the steps on the way there.
func TestMeasure(t *testing.T) {
	began := time.Now()
	var told []Step
	b, err := Measure(t.Context(), VideoParams{Width: 640, Height: 360, FPS: 30, Bitrate: 1_000_000, Encoder: "x264"}, func(s Step) { told = append(told, s) })
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %+v", took, b)
	if took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(b.Steps) == 0 || !slices.Equal(told, b.Steps) || b.Steps[0].Preset != "veryfast" {
		t.Errorf("steps %+v, told %+v", b.Steps, told)
	}
	if b.Fits != b.Best.Fits() || !slices.Contains(b.Steps, b.Best) || b.Best.Encoder != "x264" {
		t.Errorf("proposal %+v", b)
	}
	for _, s := range b.Steps {
		if s.Rate < 5 || s.Rate > 10_000 || s.Fits() && slices.Index(Presets(), s.Preset) > slices.Index(Presets(), b.Best.Preset) {
			t.Errorf("step %+v, proposal %+v", s, b.Best)
		}
	}
}

// TestMeasureComesDown asks for more than any machine of today can do.
func TestMeasureComesDown(t *testing.T) {
	b, err := Measure(t.Context(), VideoParams{Width: 3840, Height: 2160, FPS: 120, Bitrate: 50_000_000, Encoder: "x264"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", b)
	if s := b.Best; s.Height >= 2160 || s.Width%2 != 0 || s.FPS != 30 || s.Width*9/s.Height < 15 || s.Width*9/s.Height > 16 {
		t.Errorf("proposal %+v", s)
	}
}

func TestMeasureStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := Measure(ctx, VideoParams{Width: 640, Height: 360, FPS: 30, Bitrate: 1_000_000, Encoder: "x264"}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it said %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it went on for %v", took)
	}
	if _, err := Measure(t.Context(), VideoParams{Width: 641}, nil); err == nil {
		t.Error("an odd width was accepted")
	}
}
