package uplink

import (
	"testing"
	"time"
)

// line is a fluid model: what is offered waits until the line has carried it.
func line(lasts time.Duration, offered int, rate func(time.Duration) int, kernel, acks bool) []Sample {
	var all []Sample
	const most = 60_000 // bytes in the socket
	waits, there, sent, acked := 0.0, 0.0, 0.0, 0.0
	for at := tick; at <= lasts; at += tick {
		if waits+sent-there < float64(offered)/8*ahead.Seconds()+most {
			waits += float64(offered) / 8 * tick.Seconds()
		}
		room := most - (sent - there)
		moved := min(waits, room)
		waits, sent = waits-moved, sent+moved
		there = min(sent, there+float64(rate(at))/8*tick.Seconds())
		s := Sample{At: at, Sent: int64(sent), Kernel: -1, Acked: -1, Queue: int(waits)}
		if kernel {
			s.Kernel = int(sent - there)
		}
		if acks {
			if there-acked > 100_000 {
				acked = there
			}
			s.Acked = int64(acked)
		}
		all = append(all, s)
	}
	return all
}

// answering is a line on which something close by confirms all that is sent.
func answering(samples []Sample) []Sample {
	for i := range samples {
		samples[i].Kernel = 0
	}
	return samples
}

func TestJudge(t *testing.T) {
	const mbit = 1_000_000
	steady := func(rate int) func(time.Duration) int { return func(time.Duration) int { return rate } }
	shared := func(at time.Duration) int {
		if at%(3*time.Second) < 1500*time.Millisecond {
			return 1 * mbit
		}
		return 5 * mbit
	}
	begins := func(at time.Duration) int { // faster at first, as some lines are
		if at < 3*time.Second {
			return 20 * mbit
		}
		return 4 * mbit
	}
	for _, c := range []struct {
		name         string
		samples      []Sample
		least, most  int
		atLeast, sad bool
	}{
		{"a line of 3 Mbit/s", line(Longest, 5*mbit, steady(3*mbit), true, false), 2900, 3100, false, false},
		{"known by confirmations alone", line(Longest, 5*mbit, steady(3*mbit), false, true), 2550, 3450, false, false},
		{"something on the way answers for the server", answering(line(Longest, 20*mbit, steady(3*mbit), false, true)), 2550, 3450, false, false},
		{"both", line(Longest, 5*mbit, steady(3*mbit), true, true), 2700, 3100, false, false},
		{"more than was offered", line(Longest, 6*mbit, steady(50*mbit), true, false), 5900, 6100, true, false},
		{"somebody else on the line", line(Longest, 9*mbit, shared, true, false), 2500, 3500, false, true},
		{"fast at first only", line(Longest, 20*mbit, begins, true, false), 3900, 4600, false, false},
	} {
		r, ok := Judge(c.samples)
		if !ok || r.Kbps < c.least || r.Kbps > c.most || r.AtLeast != c.atLeast || r.Steady() == c.sad || r.Lowest > r.Kbps {
			t.Errorf("%s: %+v, %t", c.name, r, ok)
		}
	}
}

func TestNothingToJudge(t *testing.T) {
	for name, samples := range map[string][]Sample{
		"none": nil, "one": {{At: time.Second, Sent: 1000}},
		"too short":             line(600*time.Millisecond, 1_000_000, func(time.Duration) int { return 1_000_000 }, true, false),
		"nothing arrives":       line(Longest, 1_000_000, func(time.Duration) int { return 0 }, true, false),
		"numbers make no sense": {{At: 0, Sent: 10, Kernel: 1 << 40}, {At: 2 * time.Second, Sent: 5, Kernel: 1 << 50, Acked: 1 << 60}},
	} {
		if r, ok := Judge(samples); ok {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
