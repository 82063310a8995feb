package netlab

import (
	"context"
	"net"
	"testing"
	"time"

	"tally/app/linksim"
	"tally/app/uplink"
	"tally/rtmpout"
)

// TestUplink measures lines of known width on real sockets, with nginx behind them.
func TestUplink(t *testing.T) {
	for n, rate := range []int{1_500_000, 7_100_000} {
		l := newLane(t, 40+n)
		l.prepare(&linksim.Script{Moments: []linksim.Moment{{Event: linksim.Rate, Up: rate}}})
		to, err := rtmpout.ParseTarget(l.url(), "")
		if err != nil {
			t.Fatal(err)
		}
		dial := func(ctx context.Context, network, address string) (c net.Conn, err error) {
			err = l.in("studio", func() (err error) {
				c, err = new(net.Dialer).DialContext(ctx, network, address)
				return err
			})
			return c, err
		}
		began := time.Now()
		r, err := uplink.Measure(t.Context(), to, rtmpout.Options{DialContext: dial}, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		off := float64(r.Kbps*1000-rate) / float64(rate)
		t.Logf("a line of %.1f Mbit/s: %+v, %+.1f %%, in %v", float64(rate)/1e6, r, 100*off, time.Since(began))
		if off < -0.15 || off > 0.15 || r.AtLeast || !r.Steady() || time.Since(began) > 10*time.Second {
			t.Errorf("a line of %d bit/s: %+v", rate, r)
		}
		if came := l.tap.received(began, time.Now()); len(came) < 50 {
			t.Errorf("%d pictures came to the server", len(came))
		}
		l.stopServer()
	}
}
