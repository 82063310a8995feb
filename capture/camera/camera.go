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

const (
	// openWithin bounds opening the device up to its first picture: some USB cameras
	// take two seconds to find their exposure before they deliver anything.
	openWithin = 5 * time.Second
	// stallAfter is how long a running camera may be silent.
	stallAfter = 2 * time.Second
	// leaveWithin bounds the wait for a driver that does not come back.
	leaveWithin = 700 * time.Millisecond
)

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

// Open prepares the camera with that [capture.Device.ID], or the default one if
// id is empty. It is asked for the format nearest to width×height at fps (see
// choose); frames say what they are.
//
// Run fails with [capture.ErrNotFound], [*BusyError], [capture.ErrDenied],
// [capture.ErrNoFormat], [capture.ErrGone] (unplugged) or [capture.ErrStalled]
// (no picture for 2 s, or within 5 s of opening).
func Open(id string, width, height int, fps float64, clock capture.Clock) capture.Source {
	return &source{id: id, width: width, height: height, fps: fps, clock: clock}
}

type source struct {
	id            string
	width, height int
	fps           float64
	clock         capture.Clock
}

func (s *source) Run(ctx context.Context, sink capture.Sink) error {
	if sink.Video == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	// The driver is used by one goroutine, which a hanging driver may hold up; this
	// one watches the time, and can leave without it.
	work, stop := context.WithCancel(ctx)
	defer stop()
	out := newOutlet(sink.Video, s.clock)
	done := make(chan error, 1)
	go func() { done <- s.work(work, out) }()

	watch := time.NewTicker(stallAfter / 10)
	defer watch.Stop()
	for {
		var cause error
		select {
		case err := <-done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		case <-ctx.Done():
			cause = ctx.Err()
		case <-watch.C:
			if cause = out.stalled(); cause == nil {
				continue
			}
			cause = fmt.Errorf("camera: read: %w", cause)
		}
		stop()
		out.shut()
		select {
		case <-done:
		case <-time.After(leaveWithin): // it cleans up when the driver comes back
		}
		return cause
	}
}

// work opens the device, reads it until ctx ends or it fails, and closes it.
func (s *source) work(ctx context.Context, out *outlet) error {
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

	properties := device.Properties()
	best := choose(formatsOf(properties), s.width, s.height, s.fps)
	if best < 0 {
		return fmt.Errorf("camera: choose format: %w", capture.ErrNoFormat)
	}
	reader, err := device.(driver.VideoRecorder).VideoRecord(properties[best])
	if err != nil {
		return fmt.Errorf("camera: start: %w", classify(err))
	}
	var frames framer
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
		if f != nil {
			out.deliver(f, captured)
		}
	}
	return ctx.Err()
}
