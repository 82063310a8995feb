package camera

import (
	"math"
	"slices"

	"tally/capture"
)

// choose finds the format that was asked for, or else the one that serves the show
// best.
func (w Want) choose(formats []capture.Format) int {
	if i := slices.Index(formats, w.Format); i >= 0 {
		return i
	}
	return choose(formats, w.Width, w.Height, w.FPS)
}

// choose finds the format that serves a show of width×height at fps best, and
// is −1 if there is none. In this order of weight:
//
//   - it reaches the rate: a jerking picture is worse than a soft one;
//   - it is at least as large as the show, but not needlessly larger;
//   - it is raw: MJPEG costs a decoder and quality, and is for the sizes that USB
//     cannot carry raw.
//
// A rate of 0 is one that the driver does not tell; it is taken for enough.
func choose(formats []capture.Format, width, height int, fps float64) int {
	best, least := -1, math.Inf(1)
	for i, f := range formats {
		if f.Width <= 0 || f.Height <= 0 {
			continue
		}
		if c := cost(f, width, height, fps); c < least {
			best, least = i, c
		}
	}
	return best
}

func cost(f capture.Format, width, height int, fps float64) float64 {
	c := 0.0
	// The picture is scaled to fill the show; below 1 that makes it larger than it was.
	scale := min(float64(f.Width)/float64(width), float64(f.Height)/float64(height))
	if scale < 1 {
		c += 1.2 * math.Log2(1/scale)
	}
	if excess := float64(f.Width*f.Height) / float64(width*height); excess > 1 {
		c += 0.25 * math.Log2(excess)
	}
	switch rate := f.FPS / fps; {
	case f.FPS == 0:
		c += 0.05
	case rate < 0.97:
		c += 4 * (1 - rate)
	default:
		c += 0.2 * math.Log2(max(rate, 1))
	}
	if f.Pixel == capture.MJPEG.String() {
		c += 0.1
	}
	return c
}
