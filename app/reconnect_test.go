package app

import (
	"testing"
	"time"

	"tally/app/linksim"
	"tally/rtmpout/rtmptest"
)

func TestOnAFairLine(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		o := r.to("a")
		r.goLive()
		r.state(o, Live, time.Second)
		r.sleep(time.Minute)
		if s := server.seen(time.Second, 60*time.Second); s.worst > 150*time.Millisecond || s.offAir > 0 || s.bitrate < 2_300_000 {
			t.Errorf("%+v", s)
		}
		if took := r.end(); took > 500*time.Millisecond {
			t.Errorf("END took %v", took)
		}
		server.close()
	})
}

// A server that was restarted has the show back within a second of listening.
func TestServerRestart(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		o := r.to("a")
		r.goLive()
		r.sleep(20 * time.Second)
		for _, down := range []time.Duration{100 * time.Millisecond, 3 * time.Second, 20 * time.Second} {
			server.crash()
			r.sleep(down)
			server.start()
			at := time.Since(r.began)
			r.sleep(10 * time.Second)
			if first := server.seen(at, at+10*time.Second).first; first < 0 || first-at > time.Second {
				t.Errorf("down for %v: pictures came %v after it listens", down, first-at)
			}
		}
		if n := len(o.lost()); n != 3 {
			t.Errorf("%d losses: %+v", n, o.lost())
		}
		r.end()
		server.close()
		for _, w := range server.waits[1:] { // the answer takes 15 ms to get here
			if w > 15*time.Millisecond+time.Second/30 {
				t.Errorf("the first picture of a connection was captured %v after the server had accepted it", w)
			}
		}
	})
}

// The lamp tells the truth within two seconds, a dead link is given up within
// five, and the old session that the server still holds is waited out.
func TestDeadLinkAndOldSession(t *testing.T) {
	for _, acks := range []rtmptest.AckStyle{rtmptest.AckCumulative, rtmptest.AckNone, rtmptest.AckIncremental} {
		inRig(t, 1, func(r *rig) {
			server := r.serve("a", acks)
			o := r.to("a")
			r.goLive()
			r.sleep(20 * time.Second)
			r.net.Forget() // no reset ever arrives: the server waits out its 30 s
			if took := r.state(o, Stalled, 3*time.Second); took > 2*time.Second {
				t.Errorf("stalled after %v", took)
			}
			if took := r.state(o, Reconnecting, 6*time.Second); took > 3700*time.Millisecond {
				t.Errorf("given up %v after that", took)
			}
			r.sleep(3 * time.Second)
			if got := o.status(); got.Cause.String() != "a:1935 still holds your old session, from before the connection broke." || got.State != Reconnecting {
				t.Errorf("%+v", got)
			}
			r.state(o, Live, 40*time.Second)
			r.end()
			server.close()
			if server.sessions != 2 {
				t.Errorf("%d sessions", server.sessions)
			}
		})
	}
}

func TestBackup(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		first, second := r.serve("a", rtmptest.AckCumulative), r.serve("b", rtmptest.AckCumulative)
		second.zero = first.zero
		o := r.to("a", "b")
		r.goLive()
		r.sleep(10 * time.Second)
		first.crash()
		took := r.state(o, Reconnecting, time.Second) + r.state(o, Live, 10*time.Second)
		if took > 3*time.Second || !o.status().Backup {
			t.Errorf("on the backup after %v: %+v", took, o.status())
		}
		r.sleep(10 * time.Second)
		second.crash()
		first.start()
		if took := r.state(o, Live, 10*time.Second); took > 4*time.Second {
			t.Errorf("back after %v", took)
		}
		r.sleep(time.Second)
		if o.status().Backup {
			t.Error("still on the backup")
		}
		r.end()
		first.close()
		second.close()
	})
}

// Whoever has lost the network connects at once when it is back, and at once
// when told that the connection's address is gone.
func TestTheNetworkIsBack(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		server.config.Idle = 0
		o := r.to("a")
		r.goLive()
		r.sleep(10 * time.Second)
		r.net.Set(func(w *linksim.Weather) { w.NoRoute = true })
		r.lostAddress()
		if took := r.state(o, Reconnecting, time.Second); took > 50*time.Millisecond {
			t.Errorf("seen after %v", took)
		}
		if got := o.status().Cause; got != "This computer has lost its network." {
			t.Error(got)
		}
		r.sleep(time.Minute)
		r.net.Set(func(w *linksim.Weather) { w.NoRoute = false })
		o.shake()
		if took := r.state(o, Live, time.Second); took > 200*time.Millisecond {
			t.Errorf("live again after %v", took)
		}
		r.end()
		server.close()
	})
}

// One destination stalls, one refuses, one is not there, and the main one is as
// if it were alone.
func TestDestinationsDoNotDisturbEachOther(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		fine, slow, deny := r.serve("fine", rtmptest.AckCumulative), r.serve("slow", rtmptest.AckCumulative), r.serve("deny", rtmptest.AckNone)
		deny.refuse = errDenied
		main, stalls, refused, absent := r.to("fine"), r.to("slow"), r.to("deny"), r.to("absent")
		r.goLive()
		r.sleep(10 * time.Second)
		slow.mu.Lock()
		slow.slow = 1000 // bytes a second: it reads next to nothing
		slow.mu.Unlock()
		r.sleep(2 * time.Minute)
		if s := fine.seen(time.Second, 130*time.Second); s.worst > 150*time.Millisecond || s.offAir > 0 || s.bitrate < 2_300_000 {
			t.Errorf("the main destination: %+v", s)
		}
		if st := main.status(); st.State != Live || st.Dropped > 0 || st.Reconnects > 0 {
			t.Errorf("the main destination: %+v", st)
		}
		if st := stalls.status(); st.OffAir < Seconds(time.Minute) {
			t.Errorf("the slow one: %+v", st)
		}
		if st, _ := refused.now(); st != Refused {
			t.Errorf("the one that refuses is %s", st)
		}
		if st, _ := absent.now(); st != Connecting {
			t.Errorf("the one that is not there is %s", st)
		}
		if took := r.end(); took > 2*time.Second {
			t.Errorf("END took %v", took)
		}
		for _, f := range []*farEnd{fine, slow, deny} {
			f.close()
		}
	})
}

// A server that asks us to go to another one loses not a picture by it, and the
// lamp, the sums and the bitrate stay as they are.
func TestAMoveIsNoLoss(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		asks, err := rtmptest.Listen(rtmptest.Config{Listener: r.net.Listen("a:1935"), Script: func(c *rtmptest.Conn) {
			if _, err := c.Accept(); err != nil {
				t.Error(err)
				return
			}
			for asked := false; ; {
				if _, err := c.ReadMessage(); err != nil {
					return
				}
				if !asked && time.Since(r.began) > 10*time.Second {
					asked = true
					c.WriteCommand(0, "onStatus", 0, nil, append(rtmptest.Status("status", "NetConnection.Connect.ReconnectRequest", "maintenance"),
						rtmptest.Property{Name: "tcUrl", Value: "rtmp://b:1935/live"}))
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		second := r.serve("b", rtmptest.AckCumulative)
		o := r.to("a")
		r.goLive()
		r.sleep(9 * time.Second)
		before := o.status()
		for range 200 {
			r.sleep(50 * time.Millisecond)
			now := o.status()
			if now.State != Live || now.SentBytes < before.SentBytes || now.Ack.AckedBytes < before.Ack.AckedBytes {
				t.Fatalf("%v: from %+v to %+v", time.Since(r.began), before, now)
			}
			before = now
		}
		if s := second.seen(13*time.Second, 19*time.Second); s.offAir > 0 || before.SentBytes < 5_000_000 || len(o.lost()) > 0 || before.Reconnects > 0 {
			t.Errorf("%+v, %+v", s, before)
		}
		for _, target := range r.granted() {
			if target.Bitrate < rigBitrate {
				t.Errorf("%+v", target)
				break
			}
		}
		r.end()
		asks.Close()
		second.close()
	})
}

// Whoever goes live before the server is there is live as soon as it is.
func TestTheFirstConnectionIsTriedAgain(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		o := r.to("a")
		r.goLive()
		r.sleep(30 * time.Second)
		if st := o.status(); st.State != Connecting || st.Attempt < 10 || st.Problem.Title.String() != "Connecting to a:1935 failed: nothing listens on this port." {
			t.Errorf("%+v", st)
		}
		server := r.serve("a", rtmptest.AckCumulative)
		if took := r.state(o, Live, 2*time.Second); took > time.Second {
			t.Errorf("live after %v", took)
		}
		r.end()
		server.close()
	})
}

// What an output finds out by itself is said with the server's name and numbers.
func TestWhatTheLineSays(t *testing.T) {
	for _, c := range []struct {
		err   error
		title string
	}{
		{&quietError{"example.com", 5200 * time.Millisecond, false}, "example.com has taken nothing for 5.2 s."},
		{&quietError{"example.com", 5200 * time.Millisecond, true}, "example.com has confirmed nothing for 5.2 s."},
		{&heldError{"example.com", errDenied}, "example.com still holds your old session, from before the connection broke."},
		{errNetworkGone, "This computer has lost its network."},
	} {
		if p := Explain(c.err); p.Title.String() != c.title || p.Advice == "" || !p.Retry {
			t.Errorf("%v: %+v", c.err, p)
		}
	}
}
