package microphone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gen2brain/malgo"

	"tally/capture"
)

// Devices lists what sound can be captured from, the default device first. What the
// computer plays ("monitor" sources of PulseAudio and PipeWire) comes last. A machine without a sound system has [capture.ErrNoBackend].
//
// A sound server that hangs does not hang Devices for longer than ctx allows.
func Devices(ctx context.Context) ([]capture.Device, error) {
	result := make(chan listing, 1)
	go func() { result <- list() }()
	select {
	case l := <-result:
		return l.devices, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type listing struct {
	devices []capture.Device
	err     error
}

// listMu lets one at a time ask, so that a hanging server collects no threads.
var listMu sync.Mutex

func list() listing {
	listMu.Lock()
	defer listMu.Unlock()
	b, err := openBackend()
	if err != nil {
		return listing{err: fmt.Errorf("microphone: list: %w", err)}
	}
	defer b.close()
	found, err := b.Devices(malgo.Capture)
	if err != nil {
		return listing{err: fmt.Errorf("microphone: list: %w", classify(err))}
	}
	var all []capture.Device
	for _, info := range found {
		id := idOf(info.ID)
		if id == "" || b.isPlugin(id) {
			continue
		}
		d := capture.Device{Kind: capture.KindMicrophone, ID: id, Name: info.Name(), Default: info.IsDefault != 0}
		if name, ok := strings.CutPrefix(d.Name, "Monitor of "); ok {
			d.Name, d.Desktop = fmt.Sprintf("Sound of this computer (%s)", name), true
		}
		// Asking costs a round trip, and may fail for a device in use.
		if full, err := b.DeviceInfo(malgo.Capture, info.ID, malgo.Shared); err == nil {
			d.Formats = formats(full.Formats)
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b capture.Device) int { return rank(a) - rank(b) })
	if len(all) > 0 && !slices.ContainsFunc(all, func(d capture.Device) bool { return d.Default }) {
		all[0].Default = true
	}
	return listing{devices: all}
}

func rank(d capture.Device) int {
	switch {
	case d.Desktop:
		return 2
	case d.Default:
		return 0
	}
	return 1
}

// formats are a device's own, each once.
func formats(raw []malgo.DataFormat) []capture.Format {
	var all []capture.Format
	for _, f := range raw {
		one := capture.Format{Rate: int(f.SampleRate), Channels: int(f.Channels)}
		if f.SampleRate > 0 && f.Channels > 0 && !slices.Contains(all, one) && len(all) < 64 {
			all = append(all, one)
		}
	}
	return all
}
