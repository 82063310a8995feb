package app

import (
	"context"
	"maps"
	"time"

	"tally/capture/camera"
)

// controlPatience is how long a camera may take to answer about its controls.
const controlPatience = 3 * time.Second

// turn asks for another look at the camera's controls.
func (s *Studio) turn() {
	select {
	case s.turned <- struct{}{}:
	default:
	}
}

// keepControls makes the controls of the camera in use follow the settings, and
// keeps the snapshot's list of them. The camera itself is given those that were
// remembered when it is opened; here it hears of changes, also of those that were
// made while it was away or being opened.
func (s *Studio) keepControls(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.turned:
		}
		st := s.video.now()
		spec := parseSource(st.Device)
		if spec.kind != "camera" || st.State != SourceRunning {
			s.showControls(nil)
			continue
		}
		s.mu.Lock()
		before, want := s.given[st.Device], s.settings.Of(st.Device).Controls
		s.given[st.Device] = want
		s.mu.Unlock()
		s.showControls(askCamera(ctx, func() []camera.Control { return turnControls(spec.arg, before, want) }))
	}
}

// opened notes what a camera that is opened for the first time is given. One that was
// open before may still have what it was given then. s.mu is held.
func (s *Studio) opened(camera string, controls map[uint32]int32) {
	if _, known := s.given[camera]; !known {
		s.given[camera] = controls
	}
}

func (s *Studio) showControls(all []camera.Control) {
	s.mu.Lock()
	s.controls = all
	s.mu.Unlock()
	s.poke()
}

// turnControls gives a camera what has changed, and reads what it made of it.
func turnControls(id string, before, want map[uint32]int32) []camera.Control {
	if maps.Equal(before, want) {
		all, _ := camera.Controls(id) // a camera that does not answer has none to show
		return all
	}
	camera.SetControls(id, before, want)
	all, _ := camera.Controls(id)
	return all
}

// askCamera does something that a broken camera may hang in.
func askCamera(ctx context.Context, ask func() []camera.Control) []camera.Control {
	answer := make(chan []camera.Control, 1)
	go func() { answer <- ask() }()
	select {
	case all := <-answer:
		return all
	case <-time.After(controlPatience):
	case <-ctx.Done():
	}
	return nil
}

// cameraOf is a picture's source with the ID of the camera, when that is in use and
// the source names none. s.mu is held.
func (s *Studio) cameraOf(source string) string {
	if st := s.video.now(); (source == "" || source == "camera") && st.Source == source {
		return st.Device
	}
	return source
}
