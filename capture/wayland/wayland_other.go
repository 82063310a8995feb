//go:build !linux

package wayland

import (
	"context"

	"tally/capture"
)

// Devices lists nothing.
func Devices(context.Context) ([]capture.Device, error) { return nil, ErrNoPortal }

func (s *source) Run(context.Context, capture.Sink) error { return ErrNoPortal }
