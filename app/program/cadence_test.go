package program

import (
	"testing"
	"time"
)

// The source delivers at one rate, the show runs at another; what goes out is
// counted over ten seconds of made-up time.
func TestCadenceKeepsThePace(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name      string
		show      int
		source    float64
		jitter    time.Duration // every second picture is captured so much later
		delay     time.Duration // from capture to arrival
		hiccup    time.Duration // every tenth picture arrives so much later still
		silent    time.Duration // from when on; 0: never
		sent      int           // pictures of the source
		repeats   int
		tolerance int
	}{
		{name: "same rate", show: 30, source: 30, sent: 300, tolerance: 1},
		{name: "a camera that delivers 50 ms after the light", show: 30, source: 30, delay: 50 * ms, sent: 299, tolerance: 2},
		{name: "a capture card that delivers 120 ms after the light", show: 30, source: 30, delay: 120 * ms, sent: 297, tolerance: 4},
		{name: "a busy machine", show: 30, source: 30, delay: 10 * ms, hiccup: 40 * ms, sent: 300, tolerance: 2},
		{name: "a jittering camera", show: 30, source: 30, jitter: 9 * ms, delay: 20 * ms, sent: 300, tolerance: 6},
		{name: "twice the rate", show: 30, source: 60, sent: 300, tolerance: 2},
		{name: "50 in a 30 fps show", show: 30, source: 50, sent: 300, tolerance: 5},
		{name: "25 in a 30 fps show passes as it is", show: 30, source: 25, delay: 20 * ms, sent: 250, tolerance: 1},
		{name: "half the rate passes as it is", show: 30, source: 15, delay: 20 * ms, sent: 150, tolerance: 2},
		{name: "a still screen is filled up", show: 30, source: 4, sent: 40, repeats: 240, tolerance: 8},
		{name: "nothing after five seconds", show: 30, source: 30, sent: 150, repeats: 147, tolerance: 3, silent: 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := cadence{interval: time.Second / time.Duration(tt.show)}
			var sent, repeats int
			last := time.Duration(-1)
			out := func(pts time.Duration, repeat bool) {
				if pts <= last {
					t.Fatalf("time goes back: %v after %v", pts, last)
				}
				last = pts
				c.sent(pts, repeat)
			}
			n := 0
			captured := func() time.Duration {
				at := time.Duration(float64(n) / tt.source * float64(time.Second))
				if n%2 == 1 {
					at += tt.jitter
				}
				return at
			}
			arrival := func() time.Duration {
				at := captured() + tt.delay
				if n%10 == 9 {
					at += tt.hiccup
				}
				return at
			}
			for now := time.Duration(0); now < 10*time.Second; now += ms {
				if now >= arrival() && (tt.silent == 0 || now <= tt.silent) {
					pts := captured()
					n++
					c.arrived(now, pts)
					if !c.tooSoon(pts) {
						sent++
						out(pts, false)
					}
				} else if pts, due := c.overdue(now); due && c.started {
					repeats++
					out(pts, true)
				}
			}
			if abs(sent-tt.sent) > tt.tolerance || abs(repeats-tt.repeats) > tt.tolerance {
				t.Errorf("sent %d and %d repeats, want %d and %d", sent, repeats, tt.sent, tt.repeats)
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }
