// Package screen captures what a screen shows.
//
// On X11 the server writes each picture into memory that it shares with the frame,
// so that nothing is copied on the way (MIT-SHM), and tells when something has
// changed (DAMAGE), so that a still screen costs next to nothing.
package screen

import (
	"context"
	"fmt"
	"time"

	"tally/capture"
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

// Open prepares the screen with that [capture.Device.ID], or the main one if id is
// empty. Frames are BGRA in the screen's size, with the mouse cursor drawn in,
// at most fps of them a second. A screen whose size is changed goes on in the new one.
//
// Run fails with [capture.ErrNoBackend] (no display; [ErrWayland] is one),
// [capture.ErrDenied], [capture.ErrNotFound] (no such screen),
// [capture.ErrNoFormat], [capture.ErrGone] (the display has ended, or the screen
// was unplugged) or [capture.ErrStalled].
func Open(id string, fps float64, clock capture.Clock) capture.Source {
	return &source{id: id, fps: fps, clock: clock}
}

type source struct {
	id    string
	fps   float64
	clock capture.Clock
}

func (s *source) Run(ctx context.Context, sink capture.Sink) error {
	// Requests to a display that hangs cannot be given up.
	return capture.Attend(ctx, patience, sink.Video, s.capture)
}
