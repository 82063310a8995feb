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

func (s *source) capture(context.Context, *capture.Outlet) error {
	return fmt.Errorf("screen: open: %w", capture.ErrNoBackend)
}
