package rtmpout

import (
	"testing"
	"time"
)

// narrowing sends as fast as a picture comes, over a line that carries wide bytes a
// second, and from the second second on narrow ones, at that distance. It returns
// the most that was under way after that, and what the line has carried.
func narrowing(wide, narrow int, distance time.Duration) (most, carried int) {
	const tick, picture = 5 * time.Millisecond, 11_000
	var f flight
	var sent, left float64 // past the narrow place
	var history []float64  // left, at each tick
	waiting := 0           // in the queue of the publisher
	begin := time.Unix(1000, 0)
	for i := range 2000 {
		at := time.Duration(i) * tick
		rate := wide
		if at >= time.Second {
			rate = narrow
		}
		left = min(sent, left+float64(rate)*tick.Seconds())
		history = append(history, left)
		confirmed := 0.0
		if j := i - int(distance/tick); j >= 0 {
			confirmed = history[j]
		}
		if i%7 == 0 {
			waiting = min(waiting+picture, 1<<20)
		}
		n := waiting
		if room := f.room(begin.Add(at), int64(sent), int(sent-confirmed)); room >= 0 {
			n = min(n, room)
		}
		waiting -= n
		sent += float64(n)
		if at >= time.Second {
			most = max(most, int(sent-confirmed))
		}
	}
	return most, int(left)
}

// What is under way when a line becomes narrow is what was sent before anybody could
// know, and half a second's worth; and the line is used all the time.
func TestANarrowLineIsNotFlooded(t *testing.T) {
	for _, narrow := range []int{50_000, 120_000, 250_000} {
		for _, distance := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
			most, carried := narrowing(750_000, narrow, distance)
			unknowing := 11_000 * (distance + 130*time.Millisecond) / (35 * time.Millisecond)
			if limit := int(unknowing) + narrow/2; most > limit {
				t.Errorf("%d bytes a second at %v: %d bytes were under way, which is more than %d", narrow, distance, most, limit)
			}
			if all := 9 * narrow; carried < all*95/100 {
				t.Errorf("%d bytes a second at %v: carried %d of %d", narrow, distance, carried, all)
			}
		}
	}
}

// A wide line carries everything, however far it goes.
func TestAWideLineIsNotHeldBack(t *testing.T) {
	for _, distance := range []time.Duration{0, 20 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, 650 * time.Millisecond} {
		if _, carried := narrowing(750_000, 750_000, distance); carried < 2000/7*11_000*95/100 {
			t.Errorf("at %v: carried %d", distance, carried)
		}
	}
}
