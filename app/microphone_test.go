package app

import (
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/capture"
)

// TestDefaultMicrophoneIsFollowed: a headset is plugged in and becomes the desktop's own
// microphone, and then all are pulled out. What is said is what is heard, and what the
// computer plays is never taken for a microphone.
func TestDefaultMicrophoneIsFollowed(t *testing.T) {
	for _, chosen := range []string{"mic", ""} {
		t.Run(chosen, func(t *testing.T) { followDefault(t, chosen) })
	}
}

func followDefault(t *testing.T, chosen string) {
	sound := apptest.StartSound(t)
	for _, v := range sound.Env() {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	s := testStudio(t, func(o *Options) { o.Settings.Audio.Source = chosen })
	heard := func(what, name string, state SourceState) {
		t.Helper()
		await(t, s, what, 20*time.Second, func(n Snapshot) bool { return n.Sound.State == state && n.Sound.Name == name && !n.Sound.Desktop })
	}
	heard("the microphone is heard", "Microphone", SourceRunning)
	sound.Microphone(t, "Headset")
	heard("the headset is heard", "Headset", SourceRunning)
	sound.Unplug(t)
	heard("the headset was pulled out", "Headset", SourceFailed)
	for range 40 { // and is waited for: no test tone takes its place
		if n := s.Snapshot().Sound; n.State != SourceFailed || n.Problem.IsZero() || !n.Problem.Retry {
			t.Fatalf("%+v", n)
		}
		time.Sleep(100 * time.Millisecond)
	}
	sound.Microphone(t, "Another")
	heard("another one is heard", "Another", SourceRunning)
}

func TestDefaultMicrophone(t *testing.T) {
	mic := func(id string, own, desktop bool) capture.Device {
		return capture.Device{Kind: capture.KindMicrophone, ID: id, Default: own, Desktop: desktop}
	}
	camera := capture.Device{Kind: capture.KindCamera, ID: "camera", Default: true}
	for want, all := range map[string][]capture.Device{
		"a": {camera, mic("a", true, false), mic("b", false, false)},
		"b": {camera, mic("a", false, false), mic("b", true, false)},
		"c": {mic("monitor", true, true), mic("c", false, false), mic("d", false, false)},
		"":  {camera, mic("monitor", true, true)},
	} {
		if got, ok := defaultMicrophone(all); got.ID != want || ok != (want != "") {
			t.Errorf("of %+v: %q, %v, want %q", all, got.ID, ok, want)
		}
	}
}
