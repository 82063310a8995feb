package microphone

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode/utf16"
	"unsafe"

	"github.com/gen2brain/malgo"

	"tally/capture"
)

// backend is a connection to the machine's sound system.
type backend struct {
	*malgo.AllocatedContext
	system malgo.Backend
}

// openBackend connects. miniaudio's silent backend is never taken: it would pose as a
// microphone.
func openBackend() (*backend, error) {
	for _, one := range soundSystems() {
		context, err := malgo.InitContext([]malgo.Backend{one}, malgo.ContextConfig{}, nil)
		if err == nil {
			return &backend{context, one}, nil
		}
	}
	return nil, capture.ErrNoBackend
}

func (b *backend) close() {
	_ = b.Uninit()
	b.Free()
}

// soundSystems are the ones to try, best first.
func soundSystems() []malgo.Backend {
	switch runtime.GOOS {
	case "linux":
		// PipeWire answers as PulseAudio. JACK is left out: its library talks to stderr
		// where no server runs.
		if cards, _ := os.ReadFile("/proc/asound/pcm"); strings.Contains(string(cards), "capture") {
			return []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa}
		}
		return []malgo.Backend{malgo.BackendPulseaudio}
	case "darwin":
		return []malgo.Backend{malgo.BackendCoreaudio}
	case "windows":
		return []malgo.Backend{malgo.BackendWasapi, malgo.BackendDsound}
	}
	return []malgo.Backend{malgo.BackendSndio, malgo.BackendAudio4, malgo.BackendOss, malgo.BackendPulseaudio}
}

// idOf is the name that the sound system itself has for a device. PulseAudio's,
// PipeWire's and CoreAudio's are stable as they are; ALSA's ":0,1" has the card's
// number in it, which changes with the order of plugging in, so the card's name takes its
// place: "hw:Loopback,1".
func idOf(raw malgo.DeviceID) string {
	if runtime.GOOS == "windows" {
		wide := unsafe.Slice((*uint16)(unsafe.Pointer(&raw[0])), len(raw)/2)
		for i, c := range wide {
			if c == 0 {
				return string(utf16.Decode(wide[:i]))
			}
		}
		return hex.EncodeToString(raw[:])
	}
	id := cString(raw[:])
	if card, device, ok := strings.Cut(strings.TrimPrefix(id, ":"), ","); ok && strings.HasPrefix(id, ":") {
		if name, err := os.ReadFile("/proc/asound/card" + card + "/id"); err == nil {
			return "hw:" + strings.TrimSpace(string(name)) + "," + device
		}
		return "hw:" + card + "," + device
	}
	return id
}

// unplugged is true for an ALSA card that is known to be gone, which takes no asking.
func unplugged(id string) bool {
	card, _, ok := strings.Cut(strings.TrimPrefix(id, "hw:"), ",")
	if !ok || !strings.HasPrefix(id, "hw:") {
		return false
	}
	_, err := os.Stat("/proc/asound/" + card)
	return errors.Is(err, os.ErrNotExist)
}

func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// isPlugin is true for what ALSA lists beside its cards: converters and mixers
// such as "speexrate" and "null", which are no microphones.
func (b *backend) isPlugin(id string) bool {
	return b.system == malgo.BackendAlsa && !strings.HasPrefix(id, "hw:")
}

// find is the sound system's own ID for one of ours, in memory that stays where it
// is until it is released.
func (b *backend) find(id string) (unsafe.Pointer, func(), error) {
	raw := new(malgo.DeviceID)
	if card, ok := strings.CutPrefix(id, "hw"); ok && b.system == malgo.BackendAlsa {
		copy(raw[:len(raw)-1], card) // ALSA takes the card's name; its list takes long
	} else {
		all, err := b.Devices(malgo.Capture)
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(all, func(d malgo.DeviceInfo) bool { return idOf(d.ID) == id })
		if i < 0 {
			return nil, nil, fmt.Errorf("%q: %w", id, capture.ErrNotFound)
		}
		*raw = all[i].ID
	}
	var pin runtime.Pinner
	pin.Pin(raw)
	return unsafe.Pointer(raw), pin.Unpin, nil
}

// classify tells what miniaudio's error means.
func classify(err error) error {
	result, ok := errors.AsType[malgo.Result](err)
	if !ok {
		return err
	}
	cause := capture.ErrStalled
	switch result {
	case malgo.ErrAccessDenied:
		cause = capture.ErrDenied
	case malgo.ErrBusy, malgo.ErrAlreadyInUse:
		cause = capture.ErrBusy
	case malgo.ErrNoDevice, malgo.ErrDoesNotExist, malgo.ErrUnavailable, malgo.ErrFailedToOpenBackendDevice:
		cause = capture.ErrNotFound
	case malgo.ErrFormatNotSupported, malgo.ErrDeviceTypeNotSupported, malgo.ErrShareModeNotSupported:
		cause = capture.ErrNoFormat
	case malgo.ErrNoBackend, malgo.ErrFailedToInitBackend, malgo.ErrConnectionRefused, malgo.ErrConnectionReset, malgo.ErrNotConnected:
		cause = capture.ErrNoBackend
	}
	return fmt.Errorf("%w (%w)", cause, err)
}
