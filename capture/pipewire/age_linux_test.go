package pipewire

import (
	"math"
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	const ms = int64(time.Millisecond)
	for _, tt := range []struct {
		what             string
		now, came, drawn int64
		want             time.Duration
	}{
		{"drawn 20 ms before it came", 1000 * ms, 990 * ms, 970 * ms, 30 * time.Millisecond},
		{"not told", 1000 * ms, 990 * ms, 0, 10 * time.Millisecond},
		{"from the future", 1000 * ms, 990 * ms, 995 * ms, 10 * time.Millisecond},
		{"of half a second ago", 1000 * ms, 990 * ms, 500 * ms, 10 * time.Millisecond},
		{"of another clock", 1000 * ms, 990 * ms, math.MinInt64 + 1, 10 * time.Millisecond},
		{"came after the look", 1000 * ms, 1001 * ms, 0, 0},
	} {
		if got := age(tt.now, tt.came, tt.drawn); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, got, tt.want)
		}
	}
}
