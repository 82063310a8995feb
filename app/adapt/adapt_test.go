package adapt

import (
	"testing"
	"time"
)

// line is a fluid model of an uplink: what is produced waits until the capacity
// of the moment has carried it away.
type line struct {
	waiting, left float64 // bytes
}

type outcome struct {
	worst   time.Duration // longest delay
	reacted time.Duration // from the fall of capacity to the first step down
	back    time.Duration // from recovery to 90 % of what was chosen
	mean    float64       // bit/s of the picture while the line was narrow
	steps   int           // changes of the target while the line was narrow
}

// run streams for a minute over a line that is narrow from 10 s to 35 s.
func run(t *testing.T, chosen, narrow int, still bool) outcome {
	t.Helper()
	const tick = 100 * time.Millisecond
	c := New(chosen, Floor(1280, 720, 30))
	var l line
	out := outcome{reacted: -1, back: -1}
	target, last := chosen, chosen
	var sum float64
	var n int
	for at := tick; at < time.Minute; at += tick {
		capacity := float64(chosen) * 1.5
		if at >= 10*time.Second && at < 35*time.Second {
			capacity = float64(narrow)
			sum += float64(target)
			n++
		}
		made := float64(target)
		if still {
			made /= 20
		}
		l.waiting += (made + 160_000) / 8 * tick.Seconds()
		carried := min(l.waiting, capacity/8*tick.Seconds())
		l.waiting -= carried
		l.left += carried
		out.worst = max(out.worst, time.Duration(l.waiting*8/capacity*float64(time.Second)))
		target = c.Update(Sample{At: at, Left: int64(l.left), Waiting: int(l.waiting), Other: 160_000}).Bitrate
		if target < last && out.reacted < 0 && at >= 10*time.Second {
			out.reacted = at - 10*time.Second
		}
		if target != last && at >= 10*time.Second && at < 35*time.Second {
			out.steps++
		}
		if at >= 35*time.Second && out.back < 0 && target >= chosen*9/10 {
			out.back = at - 35*time.Second
		}
		last = target
	}
	out.mean = sum / float64(max(n, 1))
	return out
}

func TestANarrowLine(t *testing.T) {
	for _, narrow := range []int{1_900_000, 1_200_000, 800_000} {
		o := run(t, 2_500_000, narrow, false)
		t.Logf("%d bit/s: %+v", narrow, o)
		if o.worst > 2*time.Second {
			t.Errorf("narrow to %d: delay rose to %v", narrow, o.worst)
		}
		if o.reacted < 0 || o.reacted > 1500*time.Millisecond {
			t.Errorf("narrow to %d: reacted after %v", narrow, o.reacted)
		}
		if o.back < 0 || o.back > 10*time.Second {
			t.Errorf("narrow to %d: back after %v", narrow, o.back)
		}
		if o.mean < 0.6*float64(narrow-160_000) {
			t.Errorf("narrow to %d: used only %.0f bit/s", narrow, o.mean)
		}
	}
}

func TestAWideLineAndAStillPictureChangeNothing(t *testing.T) {
	if o := run(t, 2_500_000, 4_000_000, false); o.steps != 0 || o.reacted >= 0 {
		t.Errorf("a wide line: %+v", o)
	}
	if o := run(t, 2_500_000, 800_000, true); o.steps != 0 || o.reacted >= 0 {
		t.Errorf("a still picture: %+v", o)
	}
}

func TestTheFloorHolds(t *testing.T) {
	c := New(2_500_000, 600_000)
	for at := 100 * time.Millisecond; at < 30*time.Second; at += 100 * time.Millisecond {
		if got := c.Update(Sample{At: at, Left: int64(at.Seconds() * 1000), Waiting: 1 << 20}); got.Bitrate < 600_000 {
			t.Fatalf("at %v the target is %d", at, got.Bitrate)
		}
	}
}
