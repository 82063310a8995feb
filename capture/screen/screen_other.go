//go:build !linux

package screen

import (
	"context"
	"fmt"

	"tally/capture"
)

// Devices lists nothing: screens are captured on X11 only so far.
func Devices(context.Context) ([]capture.Device, error) {
	return nil, fmt.Errorf("screen: list: %w", capture.ErrNoBackend)
}

// Windows lists nothing.
func Windows(context.Context) ([]capture.Device, error) { return nil, nil }

// Shot takes no picture.
func Shot(context.Context, string) (*capture.Frame, error) {
	return nil, fmt.Errorf("screen: take a picture: %w", capture.ErrNoBackend)
}

func (s *source) capture(context.Context, *capture.Outlet) error {
	return fmt.Errorf("screen: open: %w", capture.ErrNoBackend)
}
