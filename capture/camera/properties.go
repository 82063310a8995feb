package camera

import (
	"github.com/pion/mediadevices/pkg/prop"

	"tally/capture"
)

// formatsOf are a driver's properties as formats, in the same order.
func formatsOf(properties []prop.Media) []capture.Format {
	formats := make([]capture.Format, len(properties))
	for i, p := range properties {
		formats[i] = capture.Format{Pixel: string(p.FrameFormat), Width: p.Width, Height: p.Height, FPS: float64(p.FrameRate)}
	}
	return formats
}
