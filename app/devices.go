package app

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"tally/app/words"
	"tally/capture"
	"tally/capture/camera"
	"tally/capture/media"
	"tally/capture/microphone"
	"tally/capture/screen"
	"tally/capture/testcard"
	"tally/capture/wayland"
)

// lists are the ways to look for devices, in the order in which they are shown.
var lists = []struct {
	list                   func(context.Context) ([]capture.Device, error)
	none, backend, damaged Sentence // what to say when there is none, nothing that could have any, or no list
}{
	{camera.Devices, "There is no camera.", "There is no camera.", "The list of cameras could not be read: %s"},
	{screen.Devices, "There is no screen.", "There is no display to capture.", "The list of screens could not be read: %s"},
	{screen.Windows, "", "", "The list of windows could not be read: %s"}, // none is no matter: windows come and go
	{microphone.Devices, "There is no microphone.", "There is no sound system on this machine.", "The list of microphones could not be read: %s"},
}

// Devices lists what this machine has to capture from. What a machine lacks
// (a display, a sound server) is no error: missing says it in one sentence each.
func Devices(ctx context.Context) (found []capture.Device, missing []Sentence) {
	for _, l := range lists {
		devices, err := l.list(ctx)
		found = append(found, devices...)
		switch {
		case errors.Is(err, wayland.ErrNoPortal):
			missing = append(missing, Explain(err).Title)
		case errors.Is(err, capture.ErrNoBackend) && l.backend == "": // said of the screens
		case errors.Is(err, capture.ErrNoBackend):
			missing = append(missing, l.backend)
		case err != nil:
			missing = append(missing, words.Say(string(l.damaged), Explain(err).Title))
		case len(devices) == 0 && l.none != "":
			missing = append(missing, l.none)
		}
	}
	return found, missing
}

// relistEvery is how soon a device that was plugged in appears in the window.
const relistEvery = 3 * time.Second

// RefreshDevices looks for devices now.
func (s *Studio) RefreshDevices() {
	select {
	case s.relist <- struct{}{}:
	default:
	}
}

// watchDevices keeps the list of devices current.
func (s *Studio) watchDevices(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-s.relist:
		}
		look, cancel := context.WithTimeout(ctx, 10*time.Second)
		found, _ := Devices(look)
		cancel()
		s.mu.Lock()
		s.devices = found
		s.mu.Unlock()
		timer.Reset(relistEvery)
	}
}

// openPicture opens what a picture wish names; with an empty one, a camera if
// there is one, else the test card.
func (s *Studio) openPicture(ctx context.Context, w sourceWish) (capture.Source, string, error) {
	spec := parseSource(w.source)
	switch spec.kind {
	case "":
		if found, err := camera.Devices(ctx); err == nil && len(found) > 0 {
			return camera.Open(found[0].ID, w.width, w.height, float64(w.fps), s.clock), found[0].Name, nil
		}
		fallthrough
	case "testcard":
		return testcard.Open(w.width, w.height, float64(w.fps), s.clock), "Test card", nil
	case "camera":
		return camera.Open(spec.arg, w.width, w.height, float64(w.fps), s.clock), nameOf(ctx, camera.Devices, spec), nil
	case "screen":
		return screen.Open(spec.arg, float64(w.fps), s.clock, s.permission()), screenName(ctx, spec), nil
	case "window":
		return screen.OpenWindow(spec.arg, float64(w.fps), s.clock), windowName(ctx, spec), nil
	case "file":
		src, err := media.Open(spec.arg, s.clock, media.Options{})
		return src, filepath.Base(spec.arg), err
	}
	return nil, "", capture.ErrNotFound
}

// openSound does the same for sound.
func (s *Studio) openSound(ctx context.Context, w sourceWish) (capture.Source, string, error) {
	spec := parseSource(w.source)
	switch spec.kind {
	case "":
		if found, err := microphone.Devices(ctx); err == nil && len(found) > 0 {
			return microphone.Open("", s.clock), nameOf(ctx, microphone.Devices, sourceSpec{kind: "mic"}), nil
		}
		fallthrough
	case "tone":
		return testcard.OpenTone(s.clock), "Test tone", nil
	case "mic":
		return microphone.Open(spec.arg, s.clock), nameOf(ctx, microphone.Devices, spec), nil
	case "file":
		src, err := media.Open(spec.arg, s.clock, media.Options{})
		return src, filepath.Base(spec.arg), err
	}
	return nil, "", capture.ErrNotFound
}

// nameOf looks up a device's name for people; without an ID that of the default
// device. A device that is not there is called what the user called it.
func nameOf(ctx context.Context, list func(context.Context) ([]capture.Device, error), spec sourceSpec) string {
	found, err := list(ctx)
	if err != nil {
		return spec.String()
	}
	for i, d := range found {
		if d.ID == spec.arg || spec.arg == "" && (d.Default || i == len(found)-1) {
			return d.Name
		}
	}
	return spec.String()
}
