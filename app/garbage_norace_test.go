//go:build !race

package app

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestNoGarbageOnAir holds that a whole show allocates nothing for a picture or a block of
// sound, from the source through the encoders, the publisher and the recording to the socket
// and the file. What it does allocate, up to some times a second, is for snapshots and
// for looking at this machine; the quietest moment of a few seconds has little of it. The
// race detector makes pools forget on purpose.
func TestNoGarbageOnAir(t *testing.T) {
	n := apptest.StartNGINX(t)
	s := testStudio(t, func(o *Options) {
		toServer(o, strings.TrimSuffix(n.URL("live", ""), "/"))
		o.RecordPath = t.TempDir() + "/show.mkv"
		o.Settings.Video.FPS = 60
	})
	s.GoLive()
	await(t, s, "warm", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Uptime > Seconds(4*time.Second) })
	const moment = 250 * time.Millisecond
	quietest := uint64(1 << 62)
	var before, after runtime.MemStats
	for range 16 {
		runtime.ReadMemStats(&before)
		time.Sleep(moment)
		runtime.ReadMemStats(&after)
		quietest = min(quietest, after.Mallocs-before.Mallocs)
	}
	pictures := s.Snapshot().Video.FPS * moment.Seconds()
	t.Logf("%d allocations while %.0f pictures passed", quietest, pictures)
	const rest = 10 // a quarter of a second's worth of the line's budget, and the like
	if float64(quietest) >= pictures+rest {
		t.Error("that is one for each picture or more")
	}
	s.End()
	await(t, s, "ended", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
}
