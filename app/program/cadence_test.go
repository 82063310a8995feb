package program

import (
	"testing"
	"time"
)

// The source delivers at one rate, the show runs at another; what goes out is
// counted over ten seconds of made-up time.
func TestCadenceKeepsThePace(t *testing.T) {
	for _, tt := range []struct {
		name             string
		show             int
		source           float64
		jitter           time.Duration
		sent, repeats    int
		tolerance        int
		sourceGoesSilent time.Duration
	}{
		{name: "same rate", show: 30, source: 30, sent: 300, tolerance: 1},
		{name: "same rate, jittering camera", show: 30, source: 30, jitter: 9 * time.Millisecond, sent: 300, tolerance: 6},
		{name: "twice the rate", show: 30, source: 60, sent: 300, tolerance: 2},
		{name: "50 in a 30 fps show", show: 30, source: 50, sent: 300, tolerance: 5},
		{name: "half the rate: every second one is repeated", show: 30, source: 15, sent: 150, repeats: 150, tolerance: 2},
		{name: "25 in a 30 fps show passes as it is", show: 30, source: 25, sent: 250, tolerance: 1},
		{name: "nothing after five seconds", show: 30, source: 30, sent: 150, repeats: 149, tolerance: 3, sourceGoesSilent: 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := cadence{interval: time.Second / time.Duration(tt.show)}
			var sent, repeats int
			last := time.Duration(-1)
			out := func(pts time.Duration) {
				if pts <= last {
					t.Fatalf("time goes back: %v after %v", pts, last)
				}
				last = pts
				c.sent(pts)
			}
			nextFrame, n := time.Duration(0), 0
			for now := time.Duration(0); now < 10*time.Second; now += time.Millisecond {
				silent := tt.sourceGoesSilent > 0 && now > tt.sourceGoesSilent
				if now >= nextFrame && !silent {
					pts := nextFrame
					n++
					nextFrame = time.Duration(float64(n) / tt.source * float64(time.Second))
					if n%2 == 1 {
						nextFrame += tt.jitter
					}
					if !c.tooSoon(pts) {
						sent++
						out(pts)
					}
				} else if pts, due := c.overdue(now); due && c.started {
					repeats++
					out(pts)
				}
			}
			if abs(sent-tt.sent) > tt.tolerance || abs(repeats-tt.repeats) > tt.tolerance {
				t.Errorf("sent %d and %d repeats, want %d and %d", sent, repeats, tt.sent, tt.repeats)
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }
