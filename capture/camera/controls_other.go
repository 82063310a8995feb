//go:build !linux

package camera

import (
	"fmt"

	"tally/capture"
)

// Controls lists nothing: mediadevices' drivers pass no controls on.
func Controls(id string) ([]Control, error) {
	_, err := resolve(id)
	if err != nil {
		return nil, fmt.Errorf("camera: find %q: %w", id, err)
	}
	return nil, nil
}

// SetControl finds no control to set.
func SetControl(_ string, control uint32, _ int32) error {
	return fmt.Errorf("camera: set control %#x: %w", control, capture.ErrNotFound)
}
