// Package encodertest has hardware that fails in the middle of a show. No machine
// for tests has an encoder whose device can be taken away; so a real one of
// libavcodec's, x264, stands in the place of the hardware, and is taken away.
package encodertest

import (
	"sync/atomic"
	"testing"

	"tally/capture"
	"tally/capture/libav"
	"tally/encoder/internal/fault"
)

// Name is what [tally/encoder.VideoParams] and snapshots call the hardware.
const Name = fault.Name

// Fault is a way to fail.
type Fault int32

const (
	Works Fault = iota
	Gone        // the encoder is closed under way: libav returns an error
	Mute        // pictures are taken and nothing comes out
	Stuck       // a call does not return
)

// Hardware is an encoder for H.264 that "auto" finds first, until the test ends.
type Hardware struct {
	fault  atomic.Int32
	opened atomic.Int32
	free   chan struct{} // closed when the test ends: calls return
}

// Install puts the hardware into this machine.
func Install(t testing.TB) *Hardware {
	h := &Hardware{free: make(chan struct{})}
	open := func(s libav.VideoSetup) (fault.Coder, error) {
		h.opened.Add(1)
		s.Codec, s.Options = "libx264", append(s.Options, "refs=3") // other parameter sets than Tally's own x264 has
		enc, err := libav.OpenVideo(s)
		if err != nil {
			return nil, err
		}
		return &coder{enc, h}, nil
	}
	if !fault.Hardware.CompareAndSwap(nil, &open) {
		t.Fatal("there is such hardware already")
	}
	t.Cleanup(func() {
		close(h.free)
		fault.Hardware.Store(nil)
	})
	return h
}

// Break makes every encoder of the hardware fail, those that run and those that
// are opened later.
func (h *Hardware) Break(how Fault) { h.fault.Store(int32(how)) }

// Opened is how often it was opened so far, for tries as well.
func (h *Hardware) Opened() int { return int(h.opened.Load()) }

type coder struct {
	*libav.VideoEncoder
	hardware *Hardware
}

func (c *coder) fault() Fault { return Fault(c.hardware.fault.Load()) }

func (c *coder) Send(f *capture.Frame, pts int64, key bool) error {
	switch c.fault() {
	case Gone:
		c.VideoEncoder.Close()
	case Stuck:
		<-c.hardware.free
	}
	return c.VideoEncoder.Send(f, pts, key)
}

func (c *coder) Receive(p *libav.Packet) (bool, error) {
	more, err := c.VideoEncoder.Receive(p)
	if c.fault() == Mute {
		return false, err
	}
	return more, err
}
