package netwatch

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSleepIsTheGapBetweenTheClocks(t *testing.T) {
	before := reading{awake: 10 * time.Second, all: 50 * time.Second}
	for _, c := range []struct {
		now   reading
		slept time.Duration
	}{
		{reading{11 * time.Second, 51 * time.Second}, 0},
		{reading{40 * time.Second, 80 * time.Second}, 0}, // the program stood still, the machine did not sleep
		{reading{11 * time.Second, 61 * time.Second}, 10 * time.Second},
		{reading{11 * time.Second, 20 * time.Second}, 0}, // a wall clock was put back
	} {
		if got := c.now.sleptSince(before); got != c.slept {
			t.Errorf("%+v: %v", c.now, got)
		}
	}
	a := read()
	time.Sleep(50 * time.Millisecond)
	if b := read(); b.sleptSince(a) > 0 || b.awake-a.awake < 50*time.Millisecond || a.all <= 0 {
		t.Errorf("from %+v to %+v", a, b)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := Run(ctx, func() {}); err == nil || time.Since(begin) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
