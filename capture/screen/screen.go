// Package screen captures what a screen shows, a part of one, or a single window.
//
// On X11 the server writes each picture into memory that it shares with the frame,
// so that nothing is copied on the way (MIT-SHM), and tells when something has
// changed (DAMAGE), so that a still screen costs next to nothing. What is asked for each
// picture goes through [tally/capture/xcb], at once; all else through xgb, which is all Go.
package screen

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tally/capture"
	"tally/capture/wayland"
)

// RepeatEvery is how often a picture is delivered again, with a new stamp and
// uncopied, while the screen does not change.
const RepeatEvery = 250 * time.Millisecond

// patience is how long the display may give no answer, and how long it may take
// until the first picture.
var patience = capture.Patience{Open: 5 * time.Second, Stall: 2 * time.Second, Leave: 500 * time.Millisecond}

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
	// What a display that hangs is asked before the pictures cannot be given up.
	err := capture.Attend(ctx, patience, sink.Video, s.capture)
	if errors.Is(err, ErrWayland) && !s.isWindow {
		return wayland.Open(s.fps, s.clock, s.permission).Run(ctx, sink)
	}
	return err
}
