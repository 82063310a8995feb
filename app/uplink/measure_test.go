package uplink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tally/app/apptest"
	"tally/app/linksim"
	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// TestFilmIsValid has ffmpeg decode it, which complains of the least mistake.
func TestFilmIsValid(t *testing.T) {
	apptest.Need(t, "ffmpeg")
	f := newFilm()
	path := filepath.Join(t.TempDir(), "film.h264")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	start := []byte{0, 0, 0, 1}
	for _, u := range [][]byte{f.sequence(), f.parameters()} {
		out.Write(append(start, u...))
	}
	const pictures = 300 // frame_num begins anew, and there are several key frames
	for n := range pictures {
		size := []int{0, 2_000, 20_000, 400_000}[n%4]
		key := f.due()
		unit := f.next(key, size)
		if got := len(unit); !key && size > 1000 && size < 300_000 && (got < size*8/10 || got > size) {
			t.Errorf("asked for %d bytes, got %d", size, got)
		}
		out.Write(append(start, unit[4:]...))
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	p := apptest.Start(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-err_detect", "explode", "-xerror", "-i", path, "-f", "null", "-")
	if status := p.Wait(t, time.Minute); status != 0 || p.Output() != "" {
		t.Errorf("status %d: %s", status, p.Output())
	}
}

// weather is a server behind a line, in simulated time.
func weather(t *testing.T, change func(*linksim.Weather), acks rtmptest.AckStyle, do func(*testing.T, *linksim.Net, *rtmptest.Server, rtmpout.Target, rtmpout.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := linksim.New(1)
		defer n.Close()
		n.Set(change)
		server, err := rtmptest.Listen(rtmptest.Config{Listener: n.Listen("server:1935"), Acks: acks})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		to, err := rtmpout.ParseTarget("rtmp://server/live", "key")
		if err != nil {
			t.Fatal(err)
		}
		do(t, n, server, to, rtmpout.Options{DialContext: n.DialContext})
	})
}

func TestWhatALineCarries(t *testing.T) {
	for _, rate := range []int{400_000, 1_900_000, 7_100_000, 15_000_000} {
		for _, delay := range []time.Duration{5 * time.Millisecond, 120 * time.Millisecond} {
			for _, acks := range []rtmptest.AckStyle{rtmptest.AckCumulative, rtmptest.AckNone} {
				name := fmt.Sprintf("%.1f Mbit/s, %v away, confirmations %v", float64(rate)/1e6, delay, acks)
				weather(t, func(w *linksim.Weather) { w.Up, w.Delay = rate, delay }, acks, func(t *testing.T, _ *linksim.Net, _ *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
					began, reports := time.Now(), 0
					r, err := Measure(t.Context(), to, o, 0, func(p Progress) {
						if reports++; p.Share < 0 || p.Share > 1 {
							t.Errorf("progress %+v", p)
						}
					})
					off := float64(r.Kbps*1000-rate) / float64(rate)
					if err != nil || off < -0.15 || off > 0.15 || r.AtLeast || !r.Steady() || reports < 10 {
						t.Errorf("%s: %+v, %v, %d reports", name, r, err, reports)
					}
					if took := time.Since(began); took > 9*time.Second || r.Bytes > mostBytes+200_000 {
						t.Errorf("%s: took %v and %d bytes", name, took, r.Bytes)
					}
				})
			}
		}
	}
}

// A line that takes all is not filled for longer than it takes to be sure.
func TestMoreThanAnybodyNeeds(t *testing.T) {
	weather(t, func(w *linksim.Weather) { w.Up = 100_000_000 }, rtmptest.AckCumulative, func(t *testing.T, _ *linksim.Net, _ *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
		r, err := Measure(t.Context(), to, o, 6_000_000, nil)
		if err != nil || !r.AtLeast || r.Kbps < 5700 || r.Kbps > 6100 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestALineThatIsShared(t *testing.T) {
	weather(t, func(w *linksim.Weather) { w.Up = 5_000_000 }, rtmptest.AckCumulative, func(t *testing.T, n *linksim.Net, _ *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
		go func() {
			for up := 1_000_000; ; up = 6_000_000 - up {
				select {
				case <-t.Context().Done():
					return
				case <-time.After(1500 * time.Millisecond):
				}
				n.Set(func(w *linksim.Weather) { w.Up = up })
				if n.Weather().NoRoute {
					return
				}
			}
		}()
		r, err := Measure(t.Context(), to, o, 0, nil)
		if err != nil || r.Steady() || r.Lowest > 2000 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestMeasureEnds(t *testing.T) {
	// When nobody wants it any more.
	weather(t, func(*linksim.Weather) {}, rtmptest.AckCumulative, func(t *testing.T, _ *linksim.Net, _ *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		began := time.Now()
		if _, err := Measure(ctx, to, o, 0, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3500*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
	// When the server cuts.
	weather(t, func(*linksim.Weather) {}, rtmptest.AckCumulative, func(t *testing.T, _ *linksim.Net, s *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
		time.AfterFunc(2*time.Second, s.Cut)
		var cut *rtmpout.Error
		if r, err := Measure(t.Context(), to, o, 0, nil); !errors.As(err, &cut) {
			t.Errorf("%+v, %v", r, err)
		}
	})
	// When nothing passes any more.
	weather(t, func(*linksim.Weather) {}, rtmptest.AckCumulative, func(t *testing.T, n *linksim.Net, _ *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
		time.AfterFunc(time.Second, func() { n.Set(func(w *linksim.Weather) { w.Up = 0 }) })
		began := time.Now()
		r, err := Measure(t.Context(), to, o, 0, nil)
		if !errors.Is(err, ErrNothingArrived) || time.Since(began) > 10*time.Second {
			t.Errorf("after %v: %+v, %v", time.Since(began), r, err)
		}
	})
	// When nobody answers.
	weather(t, func(w *linksim.Weather) { w.NoRoute = true }, rtmptest.AckCumulative, func(t *testing.T, _ *linksim.Net, _ *rtmptest.Server, to rtmpout.Target, o rtmpout.Options) {
		if r, err := Measure(t.Context(), to, o, 0, nil); err == nil {
			t.Errorf("%+v", r)
		}
	})
}
