package app

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"tally/app/linksim"
	"tally/rtmpout/rtmptest"
)

// play lets a script happen to the rig, and returns when it is over.
func (r *rig) play(s *linksim.Script, server *farEnd) {
	began := time.Now()
	buffer, rate, out := s.Buffer, 0, false
	if buffer == 0 {
		buffer = 64 << 10
	}
	weather := func() {
		r.net.Set(func(w *linksim.Weather) {
			w.Up, w.Down, w.Jitter, w.Buffer = rate, 10*rate, s.Jitter, buffer
			if out {
				w.Up, w.Down = 0, 0
			}
		})
	}
	for _, m := range s.Moments {
		r.sleep(m.At - time.Since(began))
		switch m.Event {
		case linksim.Rate:
			rate = m.Up
			weather()
		case linksim.Out, linksim.Back:
			out = m.Event == linksim.Out
			weather()
		case linksim.Forget:
			r.net.Forget()
		case linksim.Address:
			r.net.Forget()
			r.lostAddress()
		case linksim.ServerDown:
			server.crash()
		case linksim.ServerUp:
			server.start()
		case linksim.ServerCut:
			server.server.Cut()
		}
	}
	r.sleep(s.Lasts - time.Since(began))
}

// lostAddress is what the operating system tells of a change of networks.
func (r *rig) lostAddress() {
	for i, o := range r.outputs {
		_, pub := o.look()
		r.lost[i].Store(pub)
		o.shake()
	}
}

// checkLamp compares what the lamp of the first output said with what came to
// its server: two seconds without a picture are the most that LIVE may hide.
func (r *rig) checkLamp(server *farEnd) {
	r.t.Helper()
	server.mu.Lock()
	defer server.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	worst, at := time.Duration(0), time.Duration(0)
	for i, lamp := range r.lamps {
		now := time.Duration(i+1) * adaptEvery
		if lamp != Live || len(server.frames) == 0 {
			continue
		}
		next, _ := slices.BinarySearchFunc(server.frames, now, func(a arrival, at time.Duration) int { return cmp.Compare(a.at, at) })
		if next == 0 {
			continue
		}
		// Connected again, but the first picture is on its way: this is no lie.
		if dark := now - max(server.frames[next-1].at, r.since[i]); dark > worst {
			worst, at = dark, now
		}
	}
	if worst > 2*time.Second {
		r.t.Errorf("at %v the lamp had said LIVE for %v without a picture at the server", at, worst)
	}
}

// Every script, with every kind of server: what people get is within bounds.
func TestScripts(t *testing.T) {
	limits := map[string]struct {
		offAir, worst time.Duration
		share         float64 // of what the line could have carried
	}{
		"fair line":               {0, 200 * time.Millisecond, 0.9},
		"train tunnel":            {18 * time.Second, 2 * time.Second, 0.6},
		"hotel Wi-Fi":             {4 * time.Second, 2 * time.Second, 0.6},
		"phone hotspot hand-over": {2500 * time.Millisecond, 2 * time.Second, 0.75},
		"neighbour's download":    {0, 2 * time.Second, 0.75},
		"DSL re-sync":             {19 * time.Second, 2 * time.Second, 0.6},
		"server restart":          {5 * time.Second, 500 * time.Millisecond, 0.75},
		"server hand-over":        {time.Second, 500 * time.Millisecond, 0.85},
		"a line for sound only":   {10 * time.Second, 2 * time.Second, 0.6},
	}
	for i := range linksim.Scripts {
		s := &linksim.Scripts[i]
		for name, acks := range map[string]rtmptest.AckStyle{"cumulative": rtmptest.AckCumulative, "none": rtmptest.AckNone, "incremental": rtmptest.AckIncremental} {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				inRig(t, 1, func(r *rig) {
					server := r.serve("a", acks)
					// A server that keeps a dead connection's name for half a minute is
					// another test's business.
					server.forgiving = true
					o := r.to("a")
					r.goLive()
					r.play(s, server)
					got, st := server.seen(time.Second, s.Lasts), o.status()
					share := got.bitrate / (s.Capacity(time.Second, s.Lasts, rigBitrate+rigAudio) - rigAudio)
					t.Logf("off air %.1f s, worst delay %.2f s, %.0f %% of the capacity, %d dropped, %d reconnects",
						got.offAir.Seconds(), got.worst.Seconds(), share*100, st.Dropped, st.Reconnects)
					limit, ok := limits[s.Name]
					if !ok || got.offAir > limit.offAir || got.worst > limit.worst || share < limit.share {
						t.Errorf("the limits are %+v", limit)
					}
					r.checkLamp(server)
					if took := r.end(); took > 2*time.Second {
						t.Errorf("END took %v", took)
					}
					server.close()
				})
			})
		}
	}
}

// The numbers that are promised for a line that becomes narrow and wide again.
func TestAdaptationKeepsItsPromises(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		r.to("a")
		r.goLive()
		r.net.Set(func(w *linksim.Weather) { w.Up = 5_000_000; w.Buffer = 256 << 10 })
		r.sleep(12 * time.Second)
		r.net.Set(func(w *linksim.Weather) { w.Up = 1_900_000 })
		fell := len(r.granted())
		r.sleep(30 * time.Second)
		r.net.Set(func(w *linksim.Weather) { w.Up = 5_000_000 })
		rose := len(r.granted())
		r.sleep(15 * time.Second)

		reacted, back, turns := time.Duration(-1), time.Duration(-1), 0
		var lowest, highest, sum int
		lowest = rigBitrate
		targets := r.granted()
		for i, target := range targets {
			at := time.Duration(i) * adaptEvery
			switch {
			case i >= fell && target.Bitrate < rigBitrate && reacted < 0:
				reacted = at - time.Duration(fell)*adaptEvery
				if !strings.Contains(target.Reason.String(), "Your upload fell to 1.") {
					t.Errorf("the reason is %q", target.Reason)
				}
			case i > rose && back < 0 && target.Bitrate >= rigBitrate*9/10:
				back = at - time.Duration(rose)*adaptEvery
			}
			if i > fell+100 && i < rose { // from 5 s on
				lowest, highest = min(lowest, target.Bitrate), max(highest, target.Bitrate)
				sum += target.Bitrate
				if target.Bitrate < targets[i-1].Bitrate {
					turns++
				}
			}
		}
		mean := sum / (rose - fell - 101)
		t.Logf("reacted after %v, back after %v; in between %d to %d bit/s, mean %d, %d steps down", reacted, back, lowest, highest, mean, turns)
		room := 1_900_000 - rigAudio
		if reacted < 0 || reacted > 500*time.Millisecond || back < 0 || back > 10*time.Second {
			t.Errorf("reacted after %v, back after %v", reacted, back)
		}
		if mean < room*85/100 || lowest < room*7/10 || highest > room*135/100 || turns > 3 {
			t.Errorf("not steady: %d to %d, mean %d of %d, %d steps down", lowest, highest, mean, room, turns)
		}
		if s := server.seen(time.Second, 57*time.Second); s.worst > 2*time.Second || s.offAir > 0 {
			t.Errorf("%+v", s)
		}
		r.end()
		server.close()
	})
}

// A picture that does not move says nothing about the line.
func TestAStillPictureIsNotANarrowLine(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		r.to("a")
		r.net.Set(func(w *linksim.Weather) { w.Up = 3_200_000 })
		r.goLive()
		for range 10 {
			r.motion.Store(4)
			r.sleep(20 * time.Second)
			r.motion.Store(100)
			r.sleep(5 * time.Second)
		}
		targets := r.granted()
		for i, target := range targets {
			if target.Bitrate < rigBitrate {
				t.Fatalf("%v: %+v", time.Duration(i)*adaptEvery, target)
			}
		}
		r.end()
		server.close()
	})
}
