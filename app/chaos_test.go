package app

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"tally/app/linksim"
	"tally/rtmpout/rtmptest"
)

var chaos = flag.Int("chaos", randomScripts, "random scripts to play")

// TestAnythingCanHappen plays random scripts: whatever happens to the line and
// the servers, nothing hangs, nothing is left over, time never goes back, END
// takes no more than two seconds, and when all is well again so is the show. The
// bubble of simulated time finds what hangs and what is left over.
func TestAnythingCanHappen(t *testing.T) {
	for seed := range uint64(*chaos) {
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			inRig(t, seed, func(r *rig) { anything(r, rand.New(rand.NewPCG(seed, 2))) })
		})
		if !ok {
			return
		}
	}
}

func anything(r *rig, random *rand.Rand) {
	r.fps = 10
	styles := []rtmptest.AckStyle{rtmptest.AckCumulative, rtmptest.AckNone, rtmptest.AckIncremental, rtmptest.AckWrap31, rtmptest.AckHandshake, rtmptest.AckTooMuch}
	servers := []*farEnd{r.serve("a", styles[random.IntN(len(styles))]), r.serve("b", styles[random.IntN(len(styles))])}
	servers[1].zero = servers[0].zero
	o := r.to("a", "b")
	if random.IntN(2) == 0 {
		r.to("c") // a second destination, which shares nothing but the line
		servers = append(servers, r.serve("c", rtmptest.AckCumulative))
	}
	down := make([]bool, len(servers))
	r.net.Set(func(w *linksim.Weather) {
		w.Up = 200_000 + random.IntN(8_000_000)
		w.Delay = time.Duration(random.IntN(150)) * time.Millisecond
		w.Buffer = 16<<10 + random.IntN(512<<10)
	})
	r.goLive()
	for range 3 + random.IntN(10) {
		r.sleep(time.Duration(random.IntN(4000)) * time.Millisecond)
		i := random.IntN(len(servers))
		server := servers[i]
		switch random.IntN(12) {
		case 0, 1:
			r.net.Set(func(w *linksim.Weather) { w.Up = random.IntN(6_000_000) })
		case 2:
			r.net.Set(func(w *linksim.Weather) { w.Up, w.Down = 0, 0 })
		case 3:
			r.net.Set(func(w *linksim.Weather) { w.Down = 0 }) // one way only
		case 4:
			r.net.Set(func(w *linksim.Weather) {
				w.Up, w.Down, w.Jitter = 3_000_000, 9_000_000, time.Duration(random.IntN(200))*time.Millisecond
			})
		case 5:
			r.net.Forget()
		case 6:
			r.net.Forget()
			r.lostAddress()
		case 7, 8:
			if down[i] = !down[i]; down[i] {
				server.crash()
			} else {
				server.start()
			}
		case 9:
			server.mu.Lock()
			if server.refuse = nil; random.IntN(2) == 0 {
				server.refuse = errDenied
			}
			server.mu.Unlock()
		case 10:
			server.mu.Lock()
			if server.slow = 0; random.IntN(2) == 0 {
				server.slow = 5000 + random.IntN(100_000)
			}
			server.mu.Unlock()
		case 11:
			switch random.IntN(3) {
			case 0:
				o.retryNow()
			case 1:
				o.shake()
			case 2:
				r.net.Set(func(w *linksim.Weather) { w.NoRoute = !w.NoRoute })
			}
		}
	}
	if random.IntN(2) == 0 { // all is well again
		r.net.Set(func(w *linksim.Weather) { *w = linksim.Fair })
		for i, server := range servers {
			if down[i] {
				server.start()
			}
			server.mu.Lock()
			server.refuse, server.slow = nil, 0
			server.mu.Unlock()
		}
		for _, o := range r.outputs {
			o.retryNow()
		}
		// A server may hold an old session for 30 s, and what a slow one has not
		// read yet; a refusal after having been live is asked about each 30 s.
		for _, o := range r.outputs {
			r.state(o, Live, 90*time.Second)
		}
		synctest.Wait()
	}
	if took := r.end(); took > 2*time.Second {
		r.t.Errorf("END took %v", took)
	}
	for _, server := range servers {
		server.close()
	}
}
