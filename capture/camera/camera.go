// Package camera captures from cameras through the driver layer of
// pion/mediadevices.
//
// On Linux the drivers in it are this package's own, registered with the
// mediadevices manager: they deliver each picture with the kernel's time stamp,
// copy it once, into a pooled frame, and leave MJPEG undecoded. Other systems
// use the drivers that mediadevices brings along.
package camera

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/mediadevices/pkg/driver"

	"tally/capture"
)

// patience: some USB cameras take two seconds to find their exposure before they
// deliver anything.
var patience = capture.Patience{Open: 5 * time.Second, Stall: 2 * time.Second, Leave: 700 * time.Millisecond}

// errNothingYet is what a reader says to let its caller look around.
var errNothingYet = errors.New("no picture yet")

// BusyError is [capture.ErrBusy] with the program that has the camera.
type BusyError struct {
	Program string // its name, empty if it cannot be seen
	PID     int
}

func (e *BusyError) Error() string {
	if e.Program == "" {
		return capture.ErrBusy.Error()
	}
	return fmt.Sprintf("device is in use by %s (process %d)", e.Program, e.PID)
}

func (e *BusyError) Unwrap() error { return capture.ErrBusy }

// Want says what is asked of a camera.
type Want struct {
	// Of the show: the camera is asked for the format that serves it best (see
	// choose).
	Width, Height int
	FPS           float64
	// Format is one of the camera's own, to be used instead. One that it does not
	// offer any more is as if there were none.
	Format capture.Format
	// Controls are set before it starts, by their [Control.ID].
	Controls map[uint32]int32
}

// Open prepares the camera with that [capture.Device.ID], or the default one if
// id is empty. Frames say what they are.
//
// Run fails with [capture.ErrNotFound], [*BusyError], [capture.ErrDenied],
// [capture.ErrNoFormat], [capture.ErrGone] (unplugged) or [capture.ErrStalled]
// (no picture for 2 s, or within 5 s of opening).
func Open(id string, want Want, clock capture.Clock) capture.Source {
	return &source{id: id, want: want, clock: clock}
}

type source struct {
	id    string
	want  Want
	clock capture.Clock
}

func (s *source) Run(ctx context.Context, sink capture.Sink) error {
	return capture.Attend(ctx, patience, sink.Video, s.work)
}

// work opens the device, reads it until ctx ends or it fails, and closes it.
func (s *source) work(ctx context.Context, out *capture.Outlet) error {
	id, err := resolve(s.id)
	if err != nil {
		return fmt.Errorf("camera: find %q: %w", s.id, err)
	}
	release, err := claim(ctx, id)
	if err != nil {
		return fmt.Errorf("camera: open: %w", err)
	}
	defer release()
	found := driver.GetManager().Query(driver.FilterAnd(driver.FilterVideoRecorder(),
		func(d driver.Driver) bool { return d.Info().Label == id }))
	if len(found) == 0 {
		return fmt.Errorf("camera: find %q: %w", id, capture.ErrNotFound)
	}
	device := found[0]
	if err := device.Open(); err != nil {
		return fmt.Errorf("camera: open: %w", classify(err))
	}
	shut := closer(ctx, device)
	defer shut()
	SetControls(id, nil, s.want.Controls)

	properties := device.Properties()
	best := s.want.choose(formatsOf(properties))
	if best < 0 {
		return fmt.Errorf("camera: choose format: %w", capture.ErrNoFormat)
	}
	reader, err := device.(driver.VideoRecorder).VideoRecord(properties[best])
	if err != nil {
		return fmt.Errorf("camera: start: %w", classify(err))
	}
	var frames framer
	stamps := stamper{clock: s.clock}
	for ctx.Err() == nil {
		img, done, err := reader.Read()
		if errors.Is(err, errNothingYet) {
			continue
		}
		if err != nil {
			return fmt.Errorf("camera: read: %w", classify(err))
		}
		f, captured := frames.from(img)
		if done != nil {
			done()
		}
		if f != nil && stamps.stamp(f, captured) {
			out.Deliver(f)
		}
	}
	return ctx.Err()
}
