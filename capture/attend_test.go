package capture

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestAttend runs devices that behave, and such that hang.
func TestAttend(t *testing.T) {
	patience := Patience{Open: 5 * time.Second, Stall: 2 * time.Second, Leave: time.Second}
	frame := func() *Frame { return NewFrame(I420, 2, 2, make([]byte, 6)) }
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		work   func(context.Context, *Outlet) error
		want   error
		after  time.Duration
		frames int
	}{
		{"fails", func(_ context.Context, o *Outlet) error { o.Deliver(frame()); return broken }, broken, 0, 1},
		{"ends", func(context.Context, *Outlet) error { return nil }, nil, 0, 0},
		{"never begins", func(ctx context.Context, _ *Outlet) error { <-ctx.Done(); return ctx.Err() }, ErrStalled, 5200 * time.Millisecond, 0},
		{"stalls", func(ctx context.Context, o *Outlet) error {
			o.Deliver(frame())
			<-ctx.Done()
			o.Deliver(frame()) // too late
			return ctx.Err()
		}, ErrStalled, 2200 * time.Millisecond, 1},
		{"hangs for good", func(_ context.Context, o *Outlet) error {
			o.Deliver(frame())
			time.Sleep(time.Hour)
			o.Deliver(frame()) // nobody is there any more
			return nil
		}, ErrStalled, 3200 * time.Millisecond, 1},
		{"is told to stop", func(ctx context.Context, o *Outlet) error {
			for ctx.Err() == nil {
				o.Deliver(frame())
				time.Sleep(time.Second)
			}
			return ctx.Err()
		}, context.DeadlineExceeded, 10 * time.Second, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 9500*time.Millisecond)
				defer cancel()
				frames, began := 0, time.Now()
				err := Attend(ctx, patience, func(f *Frame) { frames++; f.Release() }, c.work)
				if !errors.Is(err, c.want) {
					t.Errorf("Attend: %v", err)
				}
				if took := time.Since(began); took > c.after {
					t.Errorf("it took %v", took)
				}
				time.Sleep(2 * time.Hour)
				if frames != c.frames {
					t.Errorf("%d frames went through, want %d", frames, c.frames)
				}
			})
		})
	}
}
