package app

import (
	"context"
	"errors"
	"fmt"
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

// watchDevices keeps the list of devices current, if somebody wants it, and has the
// default microphone followed.
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
		if s.opts.WatchDevices {
			found, _ := Devices(look)
			s.mu.Lock()
			s.devices = found
			s.mu.Unlock()
			s.followDefault(found)
		} else if s.listensToDefault() {
			found, _ := microphone.Devices(look)
			s.followDefault(found)
		}
		cancel()
		timer.Reset(relistEvery)
	}
}

// listensToDefault tells whether the sound comes from a microphone, and none was named.
func (s *Studio) listensToDefault() bool {
	now, wanted := s.audio.now(), s.audio.wanted()
	return (wanted == "" || wanted == "mic") && now.State == SourceRunning && parseSource(now.Device).kind == "mic"
}

// followDefault opens the sound anew when the default microphone has become another one.
// A sound system would hand over by itself, and not say so; when no microphone is left,
// to what the computer plays.
func (s *Studio) followDefault(found []capture.Device) {
	if d, ok := defaultMicrophone(found); ok && s.listensToDefault() && s.audio.now().Device != micOf(d) {
		s.audio.poke()
	}
}

// defaultMicrophone is the desktop's own, or the first where that is none. What the
// computer plays is no microphone.
func defaultMicrophone(all []capture.Device) (first capture.Device, ok bool) {
	for _, d := range all {
		if d.Kind == capture.KindMicrophone && !d.Desktop && (!ok || d.Default && !first.Default) {
			first, ok = d, true
		}
	}
	return first, ok
}

func micOf(d capture.Device) string { return sourceSpec{"mic", d.ID}.String() }

// openPicture opens what a picture wish names; with an empty one, a camera if
// there is one, else the test card. A camera that is pulled out leaves its place free:
// viewers are not to see a test card in mid-show.
func (s *Studio) openPicture(ctx context.Context, w sourceWish) (found, error) {
	spec := parseSource(w.source)
	switch spec.kind {
	case "":
		if all, err := camera.Devices(ctx); err == nil && len(all) > 0 || s.video.had("camera") {
			return s.openCamera(ctx, w, sourceSpec{kind: "camera"})
		}
		fallthrough
	case "testcard":
		return found{Source: testcard.Open(w.width, w.height, float64(w.fps), s.clock), name: "Test card", device: "testcard"}, nil
	case "camera":
		return s.openCamera(ctx, w, spec)
	case "screen":
		return s.openScreen(ctx, w, spec), nil
	case "window":
		return s.openWindow(ctx, w, spec), nil
	case "file":
		return s.openFile(w, spec)
	}
	return found{}, capture.ErrNotFound
}

func (s *Studio) openCamera(ctx context.Context, w sourceWish, spec sourceSpec) (found, error) {
	f := lookUp(ctx, camera.Devices, spec)
	s.mu.Lock()
	set := s.settings.Of(f.device)
	s.opened(f.device, set.Controls)
	s.mu.Unlock()
	f.Source = camera.Open(parseSource(f.device).arg, camera.Want{
		Width: w.width, Height: w.height, FPS: float64(w.fps), Format: set.Format, Controls: set.Controls,
	}, s.clock)
	return f, nil
}

// openFile opens a file for either slot.
func (s *Studio) openFile(w sourceWish, spec sourceSpec) (found, error) {
	s.mu.Lock()
	loop := s.settings.Of(w.source).Loop
	s.mu.Unlock()
	src, err := media.Open(spec.arg, s.clock, media.Options{From: w.from, Loop: loop})
	if err != nil {
		return found{}, err
	}
	return found{Source: src, name: filepath.Base(spec.arg), device: w.source}, nil
}

// openSound does the same for sound.
func (s *Studio) openSound(ctx context.Context, w sourceWish) (found, error) {
	spec := parseSource(w.source)
	switch spec.kind {
	case "":
		if f, err := s.openMicrophone(ctx, sourceSpec{kind: "mic"}); err == nil || s.audio.had("mic") {
			return f, err
		}
		fallthrough
	case "tone":
		return found{Source: testcard.OpenTone(s.clock), name: "Test tone", device: "tone"}, nil
	case "mic":
		return s.openMicrophone(ctx, spec)
	case "file":
		return s.openFile(w, spec)
	}
	return found{}, capture.ErrNotFound
}

// openMicrophone opens the one that was chosen, or the default one under its own name.
func (s *Studio) openMicrophone(ctx context.Context, spec sourceSpec) (found, error) {
	if spec.arg != "" {
		f := lookUp(ctx, microphone.Devices, spec)
		f.Source = microphone.Open(spec.arg, s.clock)
		return f, nil
	}
	all, err := microphone.Devices(ctx)
	if err != nil {
		return found{}, err
	}
	d, ok := defaultMicrophone(all)
	if !ok {
		return found{}, fmt.Errorf("microphone: open: %w", capture.ErrNotFound)
	}
	return found{Source: microphone.Open(d.ID, s.clock), name: d.Name, device: micOf(d), what: d}, nil
}

// lookUp finds a device; without an ID the default one. A device that is not there
// is called what the user called it.
func lookUp(ctx context.Context, list func(context.Context) ([]capture.Device, error), spec sourceSpec) found {
	all, _ := list(ctx) // opening it fails for the same reason, and says it
	for i, d := range all {
		if d.ID == spec.arg || spec.arg == "" && (d.Default || i == len(all)-1) {
			return found{name: d.Name, device: sourceSpec{spec.kind, d.ID}.String(), what: d}
		}
	}
	return found{name: spec.String(), device: spec.String()}
}
