package app

import (
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// After a change of routes, or a sleep, the address may still be there and the
// connection dead: it is given up after two seconds instead of five.
func TestAfterSleepOrANewRouteADeadConnectionIsGivenUpSooner(t *testing.T) {
	for what, limit := range map[string]time.Duration{"told": 2300 * time.Millisecond, "not told": 5300 * time.Millisecond} {
		inRig(t, 1, func(r *rig) {
			server := r.serve("a", rtmptest.AckCumulative)
			server.forgiving = true
			o := r.to("a")
			r.goLive()
			r.sleep(20 * time.Second)
			r.net.Forget()
			if what == "told" {
				o.shake()
			}
			took := r.state(o, Reconnecting, 10*time.Second)
			if took > limit || what == "not told" && took < 4500*time.Millisecond {
				t.Errorf("%s: given up after %v", what, took)
			}
			r.state(o, Live, time.Second) // the first try is made at once
			r.end()
			server.close()
		})
	}
}

// Retry now cuts a long wait short.
func TestRetryNow(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		o := r.to("a")
		r.goLive()
		r.sleep(10 * time.Second)
		server.mu.Lock()
		server.refuse = errDenied
		server.mu.Unlock()
		server.server.Cut()
		r.sleep(5 * time.Second)
		server.mu.Lock()
		server.refuse = nil
		server.mu.Unlock()
		if st := o.status(); st.State != Reconnecting || st.RetryIn < Seconds(3*time.Second) {
			t.Fatalf("%+v", st)
		}
		o.retryNow()
		if took := r.state(o, Live, time.Second); took > 200*time.Millisecond {
			t.Errorf("live %v after it was asked for", took)
		}
		r.end()
		server.close()
	})
}

// The first try is made at once; the waits after that are short, capped, never the
// same for everybody, and never end.
func TestWaitsAreShortAndNeverEnd(t *testing.T) {
	for kind, most := range map[failure]time.Duration{
		lineFailed: 5 * time.Second, nobodyHome: 5 * time.Second, nameTaken: 5 * time.Second, refusedNow: 30 * time.Second,
	} {
		if d, again := backoff(kind, 0, 0); !again || d > 0 && kind != nameTaken && kind != refusedNow {
			t.Errorf("%d: the first try is made after %v", kind, d)
		}
		for attempts := 1; attempts < 2000; attempts++ {
			different := map[time.Duration]bool{}
			for range 10 {
				d, again := backoff(kind, attempts, 0)
				if !again || d < 100*time.Millisecond || d > most*12/10 {
					t.Fatalf("%d, attempt %d: %v, again %t", kind, attempts, d, again)
				}
				different[d] = true
			}
			if len(different) < 5 {
				t.Fatalf("%d, attempt %d: the waits are the same", kind, attempts)
			}
		}
		if d, _ := backoff(kind, 5, time.Minute); kind == lineFailed && d > 100*time.Millisecond {
			t.Errorf("after an attempt of a minute it waits another %v", d)
		}
	}
	if _, again := backoff(refusedYet, 1, 0); again {
		t.Error("a refused key is tried again by itself")
	}
}

// Who hangs up while the key is offered is believed to mean it at the third time,
// live before or not; who says no is believed at once.
func TestHangUpsAndRefusals(t *testing.T) {
	at := func(err error) error { return &rtmpout.Error{Step: rtmpout.StepPublish, Server: "a:1935", Err: err} }
	closed, denied := at(&rtmpout.ClosedError{}), at(&rtmpout.RejectedError{Code: "NetStream.Publish.Denied"})
	for _, c := range []struct {
		err      error
		attempts int
		wasLive  bool
		want     failure
	}{
		{closed, 0, true, lineFailed},
		{closed, 2, true, lineFailed},
		{closed, 3, true, refusedNow},
		{closed, 1, false, lineFailed},
		{closed, 3, false, refusedYet},
		{denied, 1, true, refusedNow},
		{denied, 1, false, refusedYet},
	} {
		if got := failed(c.err, c.attempts, c.wasLive); got != c.want {
			t.Errorf("%v, %d attempts, live before %t: %d, want %d", c.err, c.attempts, c.wasLive, got, c.want)
		}
	}
}

// A server that takes us and throws us out at once is not hammered.
func TestThrownOutAgainAndAgain(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		server.forgiving = true
		r.to("a")
		r.goLive()
		for range 150 {
			r.sleep(400 * time.Millisecond)
			server.server.Cut()
		}
		// From the third in a row on, a cut that meets the offer of the key counts as a refusal,
		// after which it waits 10, 20 and 30 s; so there may be few, but it neither gives up nor
		// hammers.
		if n := server.server.Connections(); n < 3 || n > 25 {
			t.Errorf("%d connections in a minute", n)
		}
		r.end()
		server.close()
	})
}

// A wrong key is named and not tried again, until somebody asks for it. Once the
// server has taken the show, a refusal is tried again, but not hammered.
func TestRefusals(t *testing.T) {
	inRig(t, 1, func(r *rig) {
		server := r.serve("a", rtmptest.AckCumulative)
		server.refuse = errDenied
		o := r.to("a")
		r.goLive()
		r.state(o, Refused, time.Second)
		r.sleep(time.Hour)
		if n := server.server.Connections(); n != 1 {
			t.Errorf("%d connections", n)
		}
		server.mu.Lock()
		server.refuse = nil
		server.mu.Unlock()
		o.retryNow()
		r.state(o, Live, time.Second)
		r.sleep(10 * time.Second)
		server.mu.Lock()
		server.refuse = errDenied
		server.mu.Unlock()
		server.server.Cut()
		r.sleep(10 * time.Minute)
		if n := server.server.Connections(); n < 20 || n > 35 {
			t.Errorf("%d connections in ten minutes", n)
		}
		if took := r.end(); took > 100*time.Millisecond {
			t.Errorf("END took %v", took)
		}
		server.close()
	})
}
