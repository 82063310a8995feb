package wayland

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/godbus/dbus/v5"

	"tally/capture"
	"tally/capture/pipewire"
	"tally/capture/portal"
)

// script says what becomes of a stream, by the time since it began.
type script func(since time.Duration) pipewire.News

type stream struct {
	script script
	clock  capture.Clock
}

func (s *stream) Look() pipewire.News {
	news := s.script(s.clock.Now())
	news.Width, news.Height = 2, 2
	return news
}

func (s *stream) Take(int, int, []byte) bool { return true }

// delivered runs a stream to its end, and tells when and why that was.
func delivered(t *testing.T, granted *session, what script) (after time.Duration, err error) {
	t.Helper()
	clock := capture.NewClock()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &source{fps: 30, clock: clock}
	err = s.deliver(ctx, capture.Sink{Video: func(f *capture.Frame) { f.Release() }}, granted, &stream{script: what, clock: clock})
	return clock.Now(), err
}

// TestNoPicture: pictures that do not come, or do not come any more since their size has
// changed, are asked for anew, if that asks the user nothing.
func TestNoPicture(t *testing.T) {
	never := func(time.Duration) pipewire.News { return pipewire.News{Owed: true} }
	resized := func(since time.Duration) pipewire.News {
		return pipewire.News{Fresh: since < 10*time.Second, Owed: since > 12*time.Second}
	}
	for _, tt := range []struct {
		name   string
		token  string
		script script
		want   error
		within time.Duration
	}{
		{"never", "token", never, ErrNoPicture, 6 * time.Second},
		{"resized", "token", resized, ErrNoPicture, 18 * time.Second},
		{"not remembered", "", resized, context.DeadlineExceeded, time.Minute},
		{"still", "token", func(since time.Duration) pipewire.News { return pipewire.News{Fresh: since < time.Second} }, context.DeadlineExceeded, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			after, err := delivered(t, &session{token: tt.token, signals: make(chan *dbus.Signal)}, tt.script)
			if !errors.Is(err, tt.want) || after > tt.within+time.Second || after < tt.within-2*time.Second {
				t.Errorf("%s: %v after %v", tt.name, err, after)
			}
		})
	}
}

// TestPipeWireGone: a desktop that closes the session because PipeWire has died is no
// user who stops the sharing.
func TestPipeWireGone(t *testing.T) {
	for lost, want := range map[error]error{pipewire.ErrLost: ErrEnded, errors.New("the node is gone"): ErrStopped} {
		synctest.Test(t, func(t *testing.T) {
			granted := &session{path: "/session/1", signals: make(chan *dbus.Signal, 1)}
			granted.signals <- &dbus.Signal{Path: granted.path, Name: portal.Closed}
			_, err := delivered(t, granted, func(since time.Duration) pipewire.News {
				if since > time.Second/10 { // after the portal's word
					return pipewire.News{Err: lost}
				}
				return pipewire.News{}
			})
			if !errors.Is(err, want) {
				t.Errorf("%v: %v", lost, err)
			}
		})
	}
}
