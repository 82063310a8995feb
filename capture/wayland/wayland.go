// Package wayland captures what a Wayland desktop shows. A program there may not
// look by itself: the desktop's portal (org.freedesktop.portal.ScreenCast) asks the
// user which screen or window to share, and hands out a PipeWire stream of it.
//
// The tests run it on sway. It was tried by hand on GNOME 43 (screens, one of two and
// turned, and windows) and on KDE Plasma 5.27 (windows; without a graphics card that
// shows no whole screens), both with pictures in shared memory only.
//
// Begin with [Open].
package wayland

import (
	"fmt"
	"time"

	"tally/capture"
)

// DeviceID is the one device of this package: what the user chooses in the dialog.
const DeviceID = "portal"

// Why there is no picture.
var (
	ErrNoPortal   = fmt.Errorf("wayland: the desktop has no portal for sharing screens: %w", capture.ErrNoBackend)
	ErrNoLibrary  = fmt.Errorf("wayland: there is no libpipewire: %w", capture.ErrNoBackend)
	ErrNoPicture  = fmt.Errorf("wayland: the desktop sends no picture: %w", capture.ErrStalled)
	ErrCancelled  = fmt.Errorf("wayland: the user has shared nothing: %w", capture.ErrDenied)
	ErrRefused    = fmt.Errorf("wayland: the desktop has shared nothing, for a reason that it does not tell: %w", capture.ErrDenied)
	ErrNoAnswer   = fmt.Errorf("wayland: the desktop's portal does not answer: %w", capture.ErrStalled)
	ErrStopped    = fmt.Errorf("wayland: the sharing was stopped on the desktop: %w", capture.ErrGone)
	ErrRearranged = fmt.Errorf("wayland: the desktop's screens have changed: %w", capture.ErrGone)
	ErrEnded      = fmt.Errorf("wayland: the portal or PipeWire has ended: %w", capture.ErrGone)
)

// Permission is what the user has allowed, as the desktop writes it down: with it,
// the next capture asks nothing. It is good for one capture, which brings a new one.
// Both functions may be nil.
type Permission struct {
	Load func() string
	Save func(string)
}

func (p Permission) load() string {
	if p.Load == nil {
		return ""
	}
	return p.Load()
}

func (p Permission) save(s string) {
	if p.Save != nil {
		p.Save(s)
	}
}

// Open prepares what the user chooses in the desktop's dialog, which is shown by Run
// unless the permission spares it. Frames are BGRA or RGBA, with the mouse cursor
// drawn in, at most fps of them a second; one that is still is repeated every
// [RepeatEvery]. When the size of what is shared changes, that of the frames does.
//
// Each picture is copied once, from the memory that the compositor shares.
//
// Run waits for the user as long as ctx lasts. It fails with [ErrNoPortal],
// [ErrNoLibrary], [ErrNoAnswer], [ErrNoPicture], [ErrCancelled], [ErrRefused], [ErrStopped],
// [ErrRearranged], [ErrEnded], and as other sources do.
func Open(fps float64, clock capture.Clock, p Permission) capture.Source {
	return &source{fps: fps, clock: clock, permission: p}
}

// RepeatEvery is how often a picture is delivered again while nothing changes.
const RepeatEvery = 250 * time.Millisecond

type source struct {
	fps        float64
	clock      capture.Clock
	permission Permission
}
