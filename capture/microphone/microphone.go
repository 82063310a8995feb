// Package microphone captures sound, through miniaudio (malgo): from
// microphones, and from what the desktop plays where the sound server offers it.
//
//	device's thread ──callback──> ring ──Run──> stamps ──> Sink.Audio
//
// The callback copies into the ring and does nothing else: no lock, no
// allocation. Run looks into the ring a hundred times a second.
package microphone

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gen2brain/malgo"

	"tally/capture"
)

const (
	// openWithin bounds opening a device until its first sound.
	openWithin = 5 * time.Second
	// stallAfter is how long a running device may be silent in the sense that it
	// delivers not even silence.
	stallAfter = 1300 * time.Millisecond
	// leaveWithin bounds the wait for a device that does not close.
	leaveWithin = 500 * time.Millisecond
	// askWithin bounds a look at the list of devices when one has failed.
	askWithin = 200 * time.Millisecond

	mostChannels = 8

	lookEvery = 10 * time.Millisecond
	period    = 10 // ms of sound in a callback, if the device agrees
	periods   = 50 // that the device keeps when its thread gets no processor; adds no delay
)

// Open prepares the device with that [capture.Device.ID]. An empty id is the
// default device; where the system can, the capture then follows when the user makes
// another one the default.
//
// Sound comes at the device's own rate and with its own channels, of which the first
// eight are taken; the program mixes them down.
//
// Run fails with [capture.ErrNoBackend] (no sound system), [capture.ErrNotFound],
// [capture.ErrBusy], [capture.ErrDenied], [capture.ErrNoFormat],
// [capture.ErrGone] (unplugged, or the sound server has ended) or
// [capture.ErrStalled].
func Open(id string, clock capture.Clock) capture.Source {
	return &source{id: id, clock: clock}
}

type source struct {
	id    string
	clock capture.Clock
}

// opened is a running device.
type opened struct {
	close func()
	ring  *ring
	id    string // empty for the default device
	rate  int
	ended atomic.Bool // the backend says that the device has stopped
}

func (s *source) Run(ctx context.Context, sink capture.Sink) error {
	if sink.Audio == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	device, err := s.open(ctx)
	if err != nil {
		return err
	}
	err = s.deliver(ctx, device, sink.Audio)
	closed := make(chan struct{})
	go func() { // miniaudio waits for its thread, which may hang in a dead driver
		device.close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(leaveWithin):
	}
	return err
}

// open starts the device. Connecting to a sound server that hangs takes for ever; then
// open returns without it, and what was half open is closed when it comes back.
func (s *source) open(ctx context.Context) (*opened, error) {
	type result struct {
		device *opened
		err    error
	}
	done := make(chan result, 1)
	go func() {
		d, err := start(s.id)
		done <- result{d, err}
	}()
	limit := time.NewTimer(openWithin)
	defer limit.Stop()
	var cause error
	select {
	case r := <-done:
		return r.device, r.err
	case <-ctx.Done():
		cause = ctx.Err()
	case <-limit.C:
		cause = fmt.Errorf("microphone: open: %w", capture.ErrStalled)
	}
	select {
	case r := <-done: // most often it is just about to come
		if r.err == nil {
			r.device.close()
		}
	case <-time.After(leaveWithin):
		go func() {
			if r := <-done; r.err == nil {
				r.device.close()
			}
		}()
	}
	return nil, cause
}

// start opens a device and lets it run into a ring.
func start(id string) (*opened, error) {
	backend, err := openBackend()
	if err != nil {
		return nil, fmt.Errorf("microphone: open: %w", err)
	}
	d := &opened{id: id}
	mode := malgo.Shared
	if backend.system == malgo.BackendAlsa && id != "" {
		// Sharing a card without a server goes through a plug-in that is an eighth of a
		// second late. So that comes second, for a card that is in use.
		mode = malgo.Exclusive
	}
	device, err := d.init(backend, mode)
	if err != nil && mode == malgo.Exclusive && !errors.Is(err, capture.ErrNotFound) {
		device, err = d.init(backend, malgo.Shared)
	}
	if err == nil {
		if err = device.Start(); err != nil {
			device.Uninit()
		}
	}
	if err != nil {
		backend.close()
		return nil, fmt.Errorf("microphone: open: %w", classify(err))
	}
	d.close = func() {
		// Uninit alone does not wake miniaudio's thread, and then waits for it; when the
		// device is gone nothing else wakes it.
		_ = device.Stop()
		device.Uninit()
		backend.close()
	}
	return d, nil
}

// init makes the device without starting it.
func (d *opened) init(b *backend, mode malgo.ShareMode) (*malgo.Device, error) {
	config := malgo.DefaultDeviceConfig(malgo.Capture)
	config.Capture.Format = malgo.FormatF32
	config.Capture.Channels, config.SampleRate = 0, 0 // its own
	config.Capture.ShareMode = mode
	config.PeriodSizeInMilliseconds, config.Periods = period, periods
	config.Pulse.StreamNameCapture = "Tally"
	config.Alsa.NoMMap = 1
	if d.id != "" {
		raw, release, err := b.find(d.id)
		if err != nil {
			return nil, err
		}
		defer release()
		config.Capture.DeviceID = raw
	}
	r := &ring{}
	device, err := malgo.InitDevice(b.Context, config, malgo.DeviceCallbacks{
		Data: func(_, in []byte, frames uint32) { r.write(in, int(frames)) },
		Stop: func() { d.ended.Store(true) },
	})
	if err != nil {
		return nil, err
	}
	d.rate = int(device.SampleRate())
	if d.rate < 4000 || d.rate > 768000 || device.CaptureChannels() < 1 || device.CaptureChannels() > 64 {
		device.Uninit()
		return nil, fmt.Errorf("%d channels at %d Hz: %w", device.CaptureChannels(), device.SampleRate(), capture.ErrNoFormat)
	}
	r.prepare(d.rate, int(device.CaptureChannels()))
	d.ring = r
	return device, nil
}

// deliver hands on what comes into the ring, until ctx ends or nothing comes.
func (s *source) deliver(ctx context.Context, d *opened, sink func(*capture.Samples)) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	stamps := newStamps(d.rate)
	limit := openWithin
	heard := time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		for {
			b, ok := d.ring.next()
			if !ok {
				break
			}
			heard, limit = time.Now(), stallAfter
			at, settled := stamps.stamp(b.position, b.frames, s.clock.At(b.arrived))
			if !settled {
				d.ring.discard(b)
				continue
			}
			out := capture.NewSamples(d.rate, min(d.ring.channels, mostChannels), b.frames)
			out.PTS = at
			d.ring.read(b, out.Data)
			sink(out)
		}
		if d.ended.Load() || time.Since(heard) > limit {
			return fmt.Errorf("microphone: read: %w", s.lost(ctx, d))
		}
	}
}

// lost tells why a device has fallen silent.
func (s *source) lost(ctx context.Context, d *opened) error {
	if unplugged(d.id) {
		return capture.ErrGone
	}
	ask, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	all, err := Devices(ask)
	switch {
	case errors.Is(err, capture.ErrNoBackend):
		return fmt.Errorf("%w (%w)", capture.ErrGone, err)
	case err != nil:
		return capture.ErrStalled
	}
	for _, one := range all {
		if one.ID == d.id || d.id == "" && one.Default {
			if d.ended.Load() {
				return capture.ErrGone // and back already
			}
			return capture.ErrStalled
		}
	}
	return capture.ErrGone
}
