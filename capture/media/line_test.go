package media

import (
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	const ms = time.Millisecond
	type step struct {
		pts    time.Duration
		length time.Duration
		want   time.Duration // -1: left out
	}
	for _, c := range []struct {
		name string
		l    line
		in   []step
	}{
		{"sound in whole ms", line{limit: time.Minute, sound: true}, []step{{0, 21333 * time.Microsecond, 0}, {21 * ms, 21333 * time.Microsecond, 21333 * time.Microsecond}, {43 * ms, ms, 42666 * time.Microsecond}}},
		{"gap in the sound", line{limit: time.Minute, sound: true}, []step{{0, 20 * ms, 0}, {2000 * ms, 20 * ms, 2000 * ms}}},
		{"sound twice", line{limit: time.Minute, sound: true}, []step{{0, 100 * ms, 0}, {20 * ms, 20 * ms, -1}, {100 * ms, 20 * ms, 100 * ms}}},
		{"pictures as they are", line{limit: time.Minute}, []step{{0, 33 * ms, 0}, {50 * ms, 33 * ms, 50 * ms}, {70 * ms, 33 * ms, 70 * ms}, {20000 * ms, 33 * ms, 20000 * ms}}},
		{"picture not after the last", line{limit: time.Minute}, []step{{0, 33 * ms, 0}, {0, 33 * ms, -1}, {33 * ms, 33 * ms, 33 * ms}}},
		{"time jumps back", line{limit: time.Minute}, []step{{0, 33 * ms, 0}, {30000 * ms, 33 * ms, 30000 * ms}, {0, 33 * ms, 30033 * ms}, {33 * ms, 33 * ms, 30066 * ms}}},
		{"time jumps beyond the end", line{limit: time.Minute}, []step{{0, 33 * ms, 0}, {time.Hour, 33 * ms, 33 * ms}, {time.Hour + 33*ms, 33 * ms, 66 * ms}}},
		{"jump in a file without length", line{}, []step{{0, 33 * ms, 0}, {5 * time.Minute, 33 * ms, 5 * time.Minute}, {time.Hour, 33 * ms, 5*time.Minute + 33*ms}}},
		{"run-up of the codec", line{limit: time.Minute, sound: true}, []step{{-21 * ms, 21 * ms, -1}, {0, 21 * ms, 0}}},
	} {
		for i, s := range c.in {
			at, ok := c.l.place(s.pts, true, s.length)
			if !ok {
				at = -1
			}
			if at != s.want {
				t.Errorf("%s: stamp %d (%v) is placed at %v, want %v", c.name, i, s.pts, at, s.want)
			}
		}
	}
}
