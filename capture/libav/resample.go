package libav

/*
#include "libav.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Resampler changes the sample rate and the number of channels of interleaved
// float32 sound, and can stretch it a little to follow another clock.
type Resampler struct {
	c           *C.SwrContext
	in, out     int // channels
	inRate      int
	outRate     int
	mostInBlock int
}

const (
	lowestRate, highestRate = 4000, 768000
	mostChannels            = 8
)

// NewResampler prepares a resampler. Rates are in Hz, 4000 to 768000; channels
// are 1 to 8, mixed down or up as FFmpeg does by default. Close frees it.
func NewResampler(inRate, inChannels, outRate, outChannels int) (*Resampler, error) {
	if min(inRate, outRate) < lowestRate || max(inRate, outRate) > highestRate ||
		min(inChannels, outChannels) < 1 || max(inChannels, outChannels) > mostChannels {
		return nil, fmt.Errorf("libav: open resampler from %d Hz, %d channels to %d Hz, %d channels: %w",
			inRate, inChannels, outRate, outChannels, ErrUnsupported)
	}
	r := &Resampler{in: inChannels, out: outChannels, inRate: inRate, outRate: outRate, mostInBlock: 1 << 24 / inChannels}
	code := C.tally_resampler_open_float(&r.c, C.int(inRate), C.int(inChannels), C.int(outRate), C.int(outChannels))
	if err := failed("open resampler", code); err != nil {
		return nil, err
	}
	return r, nil
}

// Convert overwrites dst with what src becomes and returns it; it allocates only
// when dst's capacity is too small. The result may be shorter than src would
// suggest: some is kept until the next call (see [Resampler.Delay]). An empty src
// asks for what is kept, at the end.
func (r *Resampler) Convert(dst, src []float32) ([]float32, error) {
	if r.c == nil {
		return dst[:0], errors.New("libav: resample: the resampler is closed")
	}
	if len(src)%r.in != 0 || len(src)/r.in > r.mostInBlock {
		return dst[:0], fmt.Errorf("libav: resample: %d values of %d channels: %w", len(src), r.in, ErrInvalidData)
	}
	frames := len(src) / r.in
	room := int(C.swr_get_out_samples(r.c, C.int(frames)))
	if room <= 0 {
		return dst[:0], failed("resample", C.int(room))
	}
	if cap(dst) < room*r.out {
		dst = make([]float32, room*r.out)
	}
	dst = dst[:room*r.out]
	var from *C.float
	if frames > 0 {
		from = (*C.float)(unsafe.Pointer(&src[0]))
	}
	n := C.tally_resample(r.c, (*C.float)(unsafe.Pointer(&dst[0])), C.int(room), from, C.int(frames))
	if n < 0 {
		return dst[:0], failed("resample", n)
	}
	return dst[:int(n)*r.out], nil
}

// Compensate spreads deltaSamples more (or, if negative, fewer) frames of output
// over the next overSamples frames of output. It replaces what was asked before;
// Compensate(0, n) ends it.
func (r *Resampler) Compensate(deltaSamples, overSamples int) error {
	return failed("compensate drift", C.swr_set_compensation(r.c, C.int(deltaSamples), C.int(overSamples)))
}

// Delay is how much sound the resampler keeps: what the next Convert gives began
// that long before what it is handed.
func (r *Resampler) Delay() time.Duration {
	return time.Duration(C.swr_get_delay(r.c, 1e9))
}

// Close frees the resampler. It may be called more than once.
func (r *Resampler) Close() { C.swr_free(&r.c) }
