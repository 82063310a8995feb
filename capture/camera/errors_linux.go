package camera

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/pion/mediadevices/pkg/driver"

	"tally/capture"
)

// because tells what the kernel's error means in that step.
func (d *device) because(step string, err error) error {
	var cause error
	switch {
	case errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.EBADF):
		cause = capture.ErrGone
		if d.stream == nil {
			cause = capture.ErrNotFound
		}
	case errors.Is(err, syscall.EBUSY):
		cause = holder(d.path)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		cause = capture.ErrDenied
	case errors.Is(err, syscall.EINVAL) && d.stream == nil:
		cause = capture.ErrNoFormat
	default: // EIO, EPIPE, ENOSPC (no room on the USB), ENOLINK, …
		cause = capture.ErrStalled
	}
	return fmt.Errorf("%s: %w (%w)", step, cause, err)
}

// classify has nothing left to do for the drivers of this package, except that
// the manager refuses a driver in the wrong state without a type.
func classify(err error) error { return err }

// closer returns what closes the device. The drivers here look around ten times a
// second, so nobody else has to wake them.
func closer(_ context.Context, d driver.Driver) func() {
	return func() { _ = d.Close() }
}

func selfBusy() error {
	return &BusyError{Program: filepath.Base(os.Args[0]), PID: os.Getpid()}
}

// holder finds the program that has a node open. Those of other users cannot be
// seen.
func holder(path string) *BusyError {
	processes, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, p := range processes {
		pid, err := strconv.Atoi(filepath.Base(p))
		if err != nil || pid == os.Getpid() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(p, "fd"))
		if err != nil {
			continue
		}
		for _, f := range files {
			if to, err := os.Readlink(filepath.Join(p, "fd", f.Name())); err == nil && to == path {
				name, _ := os.ReadFile(filepath.Join(p, "comm")) // it may have ended
				return &BusyError{Program: strings.TrimSpace(string(name)), PID: pid}
			}
		}
	}
	return &BusyError{}
}
