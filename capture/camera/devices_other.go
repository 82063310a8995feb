//go:build !linux

package camera

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/availability"
	_ "github.com/pion/mediadevices/pkg/driver/camera" // registers what is plugged in

	"tally/capture"
)

// Devices lists the cameras that mediadevices found, the default one first.
// Formats are listed for a camera only where its driver tells them unopened.
func Devices(ctx context.Context) ([]capture.Device, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []capture.Device
	for i, d := range drivers() {
		info := d.Info()
		name := info.Name
		if name == "" {
			name = info.Label
		}
		all = append(all, capture.Device{Kind: capture.KindCamera, ID: info.Label, Name: name, Default: i == 0})
	}
	return all, nil
}

func drivers() []driver.Driver {
	return driver.GetManager().Query(driver.FilterAnd(driver.FilterVideoRecorder(), driver.FilterDeviceType(driver.Camera)))
}

func resolve(id string) (string, error) {
	for _, d := range drivers() {
		if id == "" || id == d.Info().Label {
			return d.Info().Label, nil
		}
	}
	return "", capture.ErrNotFound
}

// classify tells what a driver's error means.
func classify(err error) error {
	switch {
	case errors.Is(err, availability.ErrBusy):
		return fmt.Errorf("%w (%w)", &BusyError{}, err)
	case errors.Is(err, availability.ErrNoDevice), errors.Is(err, io.EOF):
		return fmt.Errorf("%w (%w)", capture.ErrGone, err)
	}
	return fmt.Errorf("%w (%w)", capture.ErrStalled, err)
}

// closer returns what closes the device; it is closed as well when ctx ends, since its
// reader waits for a picture for as long as that takes.
func closer(ctx context.Context, d driver.Driver) func() {
	shut := sync.OnceFunc(func() { _ = d.Close() })
	stop := context.AfterFunc(ctx, shut)
	return func() {
		stop()
		shut()
	}
}

func selfBusy() error {
	return &BusyError{Program: filepath.Base(os.Args[0]), PID: os.Getpid()}
}
