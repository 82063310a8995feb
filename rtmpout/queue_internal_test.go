package rtmpout

import (
	"testing"
	"time"
)

// The drop policy, row by row.
func TestPlanDrop(t *testing.T) {
	const maxBytes, maxAge = 1000, time.Second
	for _, c := range []struct {
		name    string
		q       queued
		size    int
		key     bool
		waitKey bool
		want    dropPlan
	}{
		{"it fits", queued{n: 5, bytes: 500, lastKey: -1}, 500, false, false, dropPlan{accept: true}},
		{"nothing waits: any size is taken", queued{lastKey: -1}, 5000, false, false, dropPlan{accept: true}},
		{"a key frame is awaited", queued{lastKey: -1}, 10, false, true, dropPlan{cause: DropUntilKey}},
		{"the awaited key frame comes", queued{lastKey: -1}, 10, true, true, dropPlan{accept: true}},
		{"a key frame replaces what waits", queued{n: 5, bytes: 990, lastKey: 0, keyBytes: 990}, 20, true, false, dropPlan{0, 5, true, DropBytes}},
		{"a key frame replaces what is old", queued{n: 5, bytes: 50, age: 2 * time.Second, lastKey: -1}, 20, true, false, dropPlan{0, 5, true, DropAge}},
		{"way is made to the last key frame", queued{n: 9, bytes: 990, lastKey: 6, keyBytes: 300}, 20, false, false, dropPlan{0, 6, true, DropBytes}},
		{"which stays alone if that is not enough", queued{n: 9, bytes: 990, lastKey: 6, keyBytes: 985}, 20, false, false, dropPlan{7, 9, false, DropBytes}},
		{"as it does when it is the first", queued{n: 9, bytes: 990, lastKey: 0, keyBytes: 990}, 20, false, false, dropPlan{1, 9, false, DropBytes}},
		{"without a key frame all goes", queued{n: 9, bytes: 990, lastKey: -1}, 20, false, false, dropPlan{0, 9, false, DropBytes}},
		{"the same for age", queued{n: 9, bytes: 90, age: 2 * time.Second, lastKey: -1}, 20, false, false, dropPlan{0, 9, false, DropAge}},
		{"and age with a key frame", queued{n: 9, bytes: 90, age: 2 * time.Second, lastKey: 3, keyBytes: 50}, 20, false, false, dropPlan{0, 3, true, DropAge}},
	} {
		if got := planDrop(c.q, c.size, c.key, c.waitKey, maxBytes, maxAge); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

type releases map[int]int

type release struct {
	r releases
	i int
}

func (r release) Release() { r.r[r.i]++ }

// Frames are released once; configurations among them stay, the last of each track.
func TestLaneRemove(t *testing.T) {
	r := releases{}
	var l lane
	for range 3 { // so that the ring wraps
		l.push(item{})
		l.pop()
	}
	for i := range 100 {
		it := item{Packet: Packet{Data: make([]byte, i), Owner: release{r, i}}}
		if i%10 == 5 {
			it.kind = itemConfig
		}
		l.push(it)
	}
	l.ready = 60
	if n := l.remove(20, 50); n != 27 {
		t.Errorf("%d frames were dropped", n)
	}
	if l.n != 71 || l.ready != 31 || len(l.at(20).Data) != 45 || l.at(20).kind != itemConfig {
		t.Errorf("n %d, ready %d, then %d", l.n, l.ready, len(l.at(20).Data))
	}
	sum := 0
	for l.n > 0 {
		it := l.pop()
		sum += len(it.Data)
		it.release()
	}
	if l.bytes != 0 || sum == 0 {
		t.Errorf("%d bytes are left", l.bytes)
	}
	for i := range 100 {
		if r[i] != 1 {
			t.Errorf("packet %d was released %d times", i, r[i])
		}
	}
}

// Packets wait for the other kind, but not longer than the limit and not for a kind
// that has stopped.
func TestSettle(t *testing.T) {
	const hold = time.Second
	now := time.Now()
	video, audio := lane{exists: true, wrote: now}, lane{exists: true, wrote: now}
	put := func(l *lane, dts time.Duration, at time.Time) {
		l.push(item{Packet: Packet{DTS: dts}, at: at})
		l.last, l.used, l.wrote = dts, true, at
	}
	settle := func(at time.Time) {
		video.settle(&audio, hold, at, false)
		audio.settle(&video, hold, at, false)
	}
	put(&audio, 100, now)
	settle(now)
	if audio.ready != 0 {
		t.Error("sound did not wait for the first picture")
	}
	put(&video, 50, now)
	settle(now)
	if video.ready != 1 || audio.ready != 0 {
		t.Errorf("earlier picture: %d %d", video.ready, audio.ready)
	}
	put(&video, 150, now)
	settle(now)
	if video.ready != 1 || audio.ready != 1 {
		t.Errorf("later picture: %d %d", video.ready, audio.ready)
	}
	settle(now.Add(hold))
	if video.ready != 2 {
		t.Error("picture waits longer than the limit")
	}
	put(&video, 200, now.Add(hold))
	settle(now.Add(hold))
	if video.ready != 3 {
		t.Error("picture waits for sound that has stopped")
	}
}

func TestNextBatch(t *testing.T) {
	for _, c := range []struct{ notSent, window, slack, chunk, want int }{
		{0, 0, 4096, 4096, 1},         // one chunk waits in the kernel
		{1, 90000, 4096, 4096, 0},     // and no second one
		{0, 14480, 4096, 4096, 14481}, // what leaves at once does not wait
		{0, 0, 16384, 4096, 12289},    // a fast connection
		{12288, 0, 16384, 4096, 1},    // up to its slack
		{12289, 0, 16384, 4096, 0},    // and not more
		{0, 4 << 20, 4096, 4096, maxBatch},
	} {
		if got := nextBatch(c.notSent, c.window, c.slack, c.chunk); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestSlackFor(t *testing.T) {
	for _, c := range []struct{ rate, chunk, want int }{
		{0, 4096, 4096}, {5e6 / 8, 4096, 4096}, {50e6 / 8, 4096, 16384}, {1e9, 4096, maxSlack}, {1e9, 256 << 10, 256 << 10},
	} {
		if got := slackFor(c.rate, c.chunk); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
