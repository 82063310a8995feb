// Package screen captures what a screen shows, a part of one, or a single window.
//
// On X11 the server writes each picture into memory that it shares with the frame,
// so that nothing is copied on the way (MIT-SHM), and tells when something has
// changed (DAMAGE), so that a still screen costs next to nothing.
package screen

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tally/capture"
	"tally/capture/wayland"
)

// RepeatEvery is how often a picture is delivered again, with a new stamp and
// uncopied, while the screen does not change.
const RepeatEvery = 250 * time.Millisecond

const (
	// stallAfter is how long the display may give no answer.
	stallAfter = 2 * time.Second
	// openWithin bounds the way to the first picture.
	openWithin = 5 * time.Second
	// leaveWithin bounds the wait for a display that does not answer any more.
	leaveWithin = 500 * time.Millisecond
)

// ErrWayland is why a Wayland session cannot be captured as X11: its screens are
// not the X server's to show. It is a [capture.ErrNoBackend].
var ErrWayland = fmt.Errorf("a Wayland session does not show its screens to X11 programs: %w", capture.ErrNoBackend)

// Why a window or a part of a screen is not captured.
var (
	ErrNoWindow = fmt.Errorf("no such window: %w", capture.ErrNotFound)
	ErrClosed   = fmt.Errorf("the window was closed: %w", capture.ErrGone)
	ErrHidden   = fmt.Errorf("the window is minimised or on another workspace: %w", capture.ErrGone)
	ErrOutside  = fmt.Errorf("this part lies outside of the screen: %w", capture.ErrNotFound)
)

// Open prepares a screen or a part of one: an [Area], or the main screen if area is
// empty. Frames are BGRA in its size, with the mouse cursor drawn in, at most fps of
// them a second. A screen whose size is changed goes on in the new one.
//
// In a Wayland session it is what the user chooses in the desktop's dialog, whatever
// area says, and p spares the dialog; see [wayland.Open].
//
// Run fails with [capture.ErrNoBackend] (no display),
// [capture.ErrDenied], [capture.ErrNotFound] (no such screen),
// [capture.ErrNoFormat], [capture.ErrGone] (the display has ended, or the screen
// was unplugged) or [capture.ErrStalled].
func Open(area string, fps float64, clock capture.Clock, p wayland.Permission) capture.Source {
	return &source{id: area, fps: fps, clock: clock, permission: p}
}

// OpenWindow prepares one window: a [capture.Device.ID] of [Windows], or its title, a
// part of that, or its number. What covers it on the screen is not in the picture, and
// what it covers neither. When its size changes, that of the frames does.
//
// Run fails as that of [Open] does, and with [ErrNoWindow], [ErrSeveral], [ErrClosed]
// and [ErrHidden].
func OpenWindow(window string, fps float64, clock capture.Clock) capture.Source {
	return &source{id: window, isWindow: true, fps: fps, clock: clock}
}

type source struct {
	id         string
	isWindow   bool
	fps        float64
	clock      capture.Clock
	permission wayland.Permission
}

func (s *source) Run(ctx context.Context, sink capture.Sink) error {
	if sink.Video == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	// Requests to a display that hangs cannot be given up, so one goroutine makes them, and
	// this one can leave without it.
	work, stop := context.WithCancel(ctx)
	defer stop()
	out := &outlet{sink: sink.Video, clock: s.clock, heard: s.clock.Now(), limit: openWithin}
	done := make(chan error, 1)
	go func() { done <- s.capture(work, out) }()

	watch := time.NewTicker(stallAfter / 10)
	defer watch.Stop()
	for {
		var cause error
		select {
		case err := <-done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, ErrWayland) && !s.isWindow {
				return wayland.Open(s.fps, s.clock, s.permission).Run(ctx, sink)
			}
			return err
		case <-ctx.Done():
			cause = ctx.Err()
		case <-watch.C:
			if !out.stalled() {
				continue
			}
			cause = fmt.Errorf("screen: capture: %w", capture.ErrStalled)
		}
		stop()
		out.shut()
		select {
		case <-done:
		case <-time.After(leaveWithin): // it cleans up when the display answers or ends
		}
		return cause
	}
}

// outlet is the door to the sink. It stays closed once it was shut.
type outlet struct {
	sink  func(*capture.Frame)
	clock capture.Clock

	mu     sync.Mutex
	closed bool
	heard  time.Duration
	limit  time.Duration
}

func (o *outlet) deliver(f *capture.Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		f.Release()
		return
	}
	o.heard, o.limit = o.clock.Now(), stallAfter
	o.sink(f)
}

func (o *outlet) stalled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.clock.Now()-o.heard > o.limit
}

func (o *outlet) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}
