package app

import (
	"strings"
	"testing"
	"time"

	"tally/capture"
	"tally/encoder"
)

// TestKeepUp plays a machine that leaves out pictures, and wants one step after the
// other, and what is said of it.
func TestKeepUp(t *testing.T) {
	v, err := encoder.OpenVideo(encoder.VideoParams{Width: 64, Height: 64, FPS: 30, Bitrate: 100_000, Encoder: "x264", Preset: "veryfast"})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	f := capture.NewFramePool(capture.I420, 64, 64).Get()
	defer f.Release()
	var k keepUp
	lost, taken, steps := 0, 0, []string{}
	play := func(until, share int) { // seconds; percent of the pictures that are left out
		for ; taken+lost < 30*until; taken++ {
			now := time.Duration(taken+lost) * time.Second / 30
			if 100*lost < share*(taken+lost) && share > 0 {
				lost++
			}
			f.PTS = now
			if err := v.Encode(f, func(p *encoder.Packet) { p.Release() }); err != nil {
				t.Fatal(err)
			}
			if k.see(now+time.Second, lost, taken) {
				before := k.told.Load()
				k.ease(v, now+time.Second)
				if after := k.told.Load(); after != before {
					steps = append(steps, after.now)
					for v.Config().Preset != after.now && !after.half { // it is opened beside
						time.Sleep(time.Millisecond)
						f.PTS += time.Microsecond
						if err := v.Encode(f, func(p *encoder.Packet) { p.Release() }); err != nil {
							t.Fatal(err)
						}
					}
					time.Sleep(time.Second) // changes are at most one a second
				}
			}
		}
	}
	at := func() time.Duration { return time.Duration(taken+lost)*time.Second/30 + time.Second }
	play(20, 4)
	if len(steps) > 0 || !k.problem(at(), true).IsZero() {
		t.Errorf("with 4 %% left out: steps %q, %+v", steps, k.problem(at(), true))
	}
	play(30, 20)
	if p := k.problem(at(), true); len(steps) == 0 || steps[0] != "superfast" || !strings.Contains(p.Title.String(), "changed the preset from") {
		t.Errorf("with 20 %% left out: steps %q, %+v", steps, p)
	}
	if p := k.problem(at(), false); !strings.Contains(p.Title.String(), "of the pictures are left out") {
		t.Errorf("switched off it says %+v", p)
	}
	play(60, 30)
	if last := k.problem(at(), true); len(steps) != 3 || !k.half || k.pace() != 2 || !strings.Contains(last.Title.String(), "half") {
		t.Errorf("in the end: steps %q, %+v", steps, last)
	}
}
