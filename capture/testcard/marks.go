package testcard

import (
	"image"
	"math"
	"time"
)

// FlashArea is the part of a picture of that size that turns white in the
// flash: the upper two thirds, all of the width.
func FlashArea(width, height int) image.Rectangle {
	return image.Rect(0, 0, width, height*2/3&^1)
}

// Flashing reports whether a picture shows the flash. It may have been encoded,
// decoded and scaled.
func Flashing(luma []byte, stride, width, height int) bool {
	if width <= 0 || height < 3 || stride < width || len(luma) < stride*(height-1)+width {
		return false
	}
	return mean(luma, stride, FlashArea(width, height)) > 215 // the card without it: about 90
}

// Beeps finds the beeps in interleaved sound, and returns when each one begins,
// counted from the first sample. Sound that an encoder and a decoder have been at will
// do: an onset is found within about 2 ms.
func Beeps(data []float32, rate, channels int) []time.Duration {
	if rate < 1000 || channels < 1 {
		return nil
	}
	const quiet = 200 // ms without a beep before the next one counts
	window := rate / 1000 * channels
	var power []float64 // of each millisecond
	loudest := 0.0
	for at := 0; at+window <= len(data); at += window {
		sum := 0.0
		for _, v := range data[at : at+window] {
			sum += float64(v) * float64(v)
		}
		power = append(power, sum)
		loudest = max(loudest, sum)
	}
	// A quarter of the loudest power: half of the amplitude, far above the hum.
	threshold := loudest / 4
	if threshold/float64(window) < math.Pow(0.02, 2) {
		return nil
	}
	var found []time.Duration
	last := -quiet
	for ms, p := range power {
		if p < threshold {
			continue
		}
		if ms-last >= quiet && ms > 0 {
			at := time.Duration(ms) * time.Duration(window/channels) * time.Second / time.Duration(rate)
			found = append(found, at)
		}
		last = ms
	}
	return found
}
