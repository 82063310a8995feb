package adapt

import (
	"strings"
	"testing"
	"time"
)

// uplink is a fluid model of a line: what is produced waits until the capacity
// of the moment has carried it away. The picture has a key frame every two
// seconds, six times as large as the others.
type uplink struct {
	waiting, sent float64 // bytes
	acks          bool    // the server confirms, and the kernel tells nothing
	acked         float64
}

type outcome struct {
	worst   time.Duration // longest delay
	reacted time.Duration // from the fall of capacity to the first step down
	back    time.Duration // from recovery to 90 % of what was chosen
	mean    float64       // bit/s of the picture from 5 s after the fall
	lowest  int           // target in that time
	highest int
	pace    int
}

const (
	tick = 50 * time.Millisecond
	fall = 10 * time.Second
	rise = 60 * time.Second
	over = 80 * time.Second
)

// run streams over a line that is narrow from fall to rise.
func run(t *testing.T, chosen, narrow int, motion float64, acks bool) outcome {
	t.Helper()
	c := New(chosen, Floor(1280, 720, 30))
	l := uplink{acks: acks}
	out := outcome{reacted: -1, back: -1, lowest: 1 << 30, pace: 1}
	target := Target{Bitrate: chosen, Pace: 1}
	var sum float64
	var n int
	for at := tick; at < over; at += tick {
		capacity := float64(chosen) * 1.5
		if at >= fall && at < rise {
			capacity = float64(narrow)
		}
		made := float64(target.Bitrate) * motion * 0.85
		if at%(2*time.Second) < tick {
			made *= 7
		}
		bytes := (made + 160_000) / 8 * tick.Seconds()
		l.waiting += bytes
		l.sent += bytes
		l.waiting -= min(l.waiting, capacity/8*tick.Seconds())
		out.worst = max(out.worst, time.Duration(l.waiting*8/capacity*float64(time.Second)))
		s := Sample{At: at, Sent: int64(l.sent), Kernel: int(l.waiting), Acked: -1, Other: 160_000}
		if l.acks {
			if l.sent-l.waiting-l.acked > 80_000 {
				l.acked = l.sent - l.waiting
			}
			s.Kernel, s.Acked = -1, int64(l.acked)
		}
		now := c.Update(s)
		switch {
		case now.Bitrate < target.Bitrate && out.reacted < 0 && at >= fall:
			out.reacted = at - fall
		case at >= fall+5*time.Second && at < rise:
			sum += float64(now.Bitrate)
			n++
			out.lowest, out.highest = min(out.lowest, now.Bitrate), max(out.highest, now.Bitrate)
			out.pace = max(out.pace, now.Pace)
		case at >= rise && out.back < 0 && now.Bitrate >= chosen*9/10:
			out.back = at - rise
		}
		target = now
	}
	out.mean = sum / float64(n)
	return out
}

func TestANarrowLine(t *testing.T) {
	for _, narrow := range []int{1_900_000, 1_200_000, 800_000} {
		o := run(t, 2_500_000, narrow, 1, false)
		t.Logf("%d bit/s: %+v", narrow, o)
		if o.worst > 2*time.Second {
			t.Errorf("narrow to %d: delay rose to %v", narrow, o.worst)
		}
		if o.reacted < 0 || o.reacted > 500*time.Millisecond {
			t.Errorf("narrow to %d: reacted after %v", narrow, o.reacted)
		}
		if o.back < 0 || o.back > 10*time.Second {
			t.Errorf("narrow to %d: back after %v", narrow, o.back)
		}
		room := narrow - 160_000
		if o.mean < 0.8*float64(room) {
			t.Errorf("narrow to %d: used only %.0f bit/s", narrow, o.mean)
		}
		if o.lowest < room*6/10 || o.highest > room*135/100 {
			t.Errorf("narrow to %d: swings from %d to %d", narrow, o.lowest, o.highest)
		}
	}
}

// Where only the server's confirmations are known, everything is seen later, but
// it is seen.
func TestOnlyConfirmations(t *testing.T) {
	o := run(t, 2_500_000, 1_200_000, 1, true)
	t.Logf("%+v", o)
	if o.worst > 2*time.Second || o.reacted < 0 || o.reacted > 1500*time.Millisecond || o.back > 10*time.Second || o.mean < 600_000 {
		t.Errorf("%+v", o)
	}
}

func TestAWideLineAndAStillPictureChangeNothing(t *testing.T) {
	if o := run(t, 2_500_000, 4_000_000, 1, false); o.reacted >= 0 {
		t.Errorf("a wide line: %+v", o)
	}
	if o := run(t, 2_500_000, 800_000, 0.05, false); o.reacted >= 0 {
		t.Errorf("a still picture: %+v", o)
	}
}

func TestHalfThePaceAndTheFloor(t *testing.T) {
	o := run(t, 2_500_000, 550_000, 1, false)
	t.Logf("%+v", o)
	if floor := Floor(1280, 720, 30); o.pace != 2 || o.lowest < floor/2 || o.worst > 3*time.Second || o.back > 10*time.Second {
		t.Errorf("%+v with a floor of %d", o, floor)
	}
	c := New(2_500_000, 600_000)
	var got Target
	for at := tick; at < 30*time.Second; at += tick {
		got = c.Update(Sample{At: at, Sent: 30_000 + int64(at.Seconds()*15_000), Kernel: 30_000, Acked: -1, QueueAge: time.Second})
		if got.Bitrate < 300_000 {
			t.Fatalf("at %v the target is %d", at, got.Bitrate)
		}
	}
	if got.Pace != 2 || !strings.Contains(got.Reason.String(), "Your upload fell to") {
		t.Errorf("%+v", got)
	}
}

// A break of a second lowers the picture for as long as it lasts, and no longer.
func TestABreakIsNotANarrowLine(t *testing.T) {
	for _, capacity := range []float64{1_300_000, 6_000_000} {
		c := New(2_500_000, 150_000)
		var sent, waiting, queue float64
		before, after := 0, 0
		for at := tick; at < 40*time.Second; at += tick {
			target := c.Target()
			queue += float64(target.Bitrate+160_000) / 8 * tick.Seconds()
			give := min(queue, max(0, 30_000-waiting)) // the connection has 30 kB on their way at most
			queue -= give
			sent += give
			waiting += give
			if at < 20*time.Second || at > 21*time.Second+400*time.Millisecond { // TCP tries again later than it could
				waiting -= min(waiting, capacity/8*tick.Seconds())
			}
			s := Sample{At: at, Sent: int64(sent), Kernel: int(waiting), Acked: -1, Queue: int(queue), Other: 160_000}
			s.QueueAge = time.Duration(queue * 8 / float64(target.Bitrate+160_000) * float64(time.Second))
			got := c.Update(s)
			if got.Drop || s.QueueAge > time.Second {
				queue = 0
			}
			switch at {
			case 20 * time.Second:
				before = got.Bitrate
			case 23*time.Second + 400*time.Millisecond:
				after = got.Bitrate
			}
		}
		if after < before*7/10 {
			t.Errorf("%.0f bit/s: two seconds after the break %d, before it %d", capacity, after, before)
		}
	}
}

// A user's choice is the new ceiling at once.
func TestChoose(t *testing.T) {
	c := New(2_500_000, 500_000)
	c.Choose(1_000_000)
	if got := c.Target(); got.Bitrate != 1_000_000 || got.Reason != "" {
		t.Errorf("%+v", got)
	}
	c.Choose(200_000)
	if got := c.Target(); got.Bitrate != 200_000 || got.Pace != 1 {
		t.Errorf("%+v", got)
	}
}

// What would come more than a second and a half late is better dropped; where
// nothing moves nobody knows how late it would be.
func TestDrop(t *testing.T) {
	for _, c := range []struct {
		rate int // bytes a second
		drop bool
	}{{50_000, true}, {400_000, false}, {0, false}} {
		control := New(2_500_000, 500_000)
		var got Target
		for at := tick; at < 3*time.Second; at += tick {
			s := Sample{At: at, Sent: int64(at.Seconds() * 330_000), Acked: -1}
			if left := int64(at.Seconds() * float64(c.rate)); s.Sent > left {
				s.Kernel = int(s.Sent - left)
				s.Queue = 10_000
			}
			got = control.Update(s)
		}
		if got.Drop != c.drop {
			t.Errorf("%d bytes a second: %+v", c.rate, got)
		}
	}
}
