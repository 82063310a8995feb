package app

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/app/apptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testStudio runs a studio with the test card until the test is over.
func testStudio(t *testing.T, change func(*Options)) *Studio {
	t.Helper()
	opts := smallShow()
	if change != nil {
		change(&opts)
	}
	s := New(opts)
	work(t, s)
	return s
}

// smallShow is one that costs little.
func smallShow() Options {
	opts := Options{Settings: DefaultSettings(), Keys: MemoryKeys{}}
	opts.Settings.Video.Source, opts.Settings.Audio.Source = "testcard", "tone"
	opts.Settings.Video.Width, opts.Settings.Video.Height = 320, 180
	opts.Settings.Video.Preset = "ultrafast"
	opts.Settings.Video.BitrateKbps = 500
	opts.Settings.Video.KeyInterval = time.Second
	return opts
}

// work runs a studio until the test is over.
func work(t *testing.T, s *Studio) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the studio does not stop")
		}
	})
}

// await waits for a snapshot that is as wanted.
func await(t *testing.T, s *Studio, what string, limit time.Duration, ok func(Snapshot) bool) Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var last Snapshot
	found := false
	s.Watch(ctx, func(snap Snapshot) {
		if last = snap; ok(snap) {
			found = true
			cancel()
		}
	})
	if !found {
		t.Fatalf("never %s; last: %+v", what, last)
	}
	return last
}

// Somebody who has set up nothing presses GO LIVE.
func TestRehearsal(t *testing.T) {
	s := testStudio(t, nil)
	s.GoLive()
	got := await(t, s, "rehearsing", 20*time.Second, func(s Snapshot) bool {
		return s.State == Live && s.Rehearsal.KeyIntervalMs > 0 && s.Rehearsal.AudioCodec != "" && s.Outputs[0].Ack.AckedBytes > 0
	})
	r := got.Rehearsal
	if r.Width != 320 || r.Height != 180 || !strings.HasPrefix(r.VideoCodec, "H.264") || r.AudioCodec != "AAC-LC 48 kHz stereo" {
		t.Errorf("received %+v", r)
	}
	if r.KeyIntervalMs < 990 || r.KeyIntervalMs > 1150 { // a busy machine may skip a few pictures
		t.Errorf("key frames are %d ms apart", r.KeyIntervalMs)
	}
	if len(r.Faults) > 0 {
		t.Errorf("faults: %v", r.Faults)
	}
	s.End()
	begin := time.Now()
	end := await(t, s, "ended", 5*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("END took %v", took)
	}
	if len(end.Problems) > 0 || len(end.Report.Events) < 3 {
		t.Errorf("problems %v, events %v", end.Problems, end.Report.Events)
	}
}

// END must work at once while a server does not answer.
func TestEndWhileConnecting(t *testing.T) {
	l := apptest.Silence(t)
	s := testStudio(t, func(o *Options) {
		o.Settings.Destinations = []Destination{{ID: "a", Name: "A", URL: "rtmp://" + l + "/live", Enabled: true}}
		o.Keys = MemoryKeys{"a": NewKey(testKey)}
	})
	s.GoLive()
	await(t, s, "connecting", 5*time.Second, func(s Snapshot) bool { return s.State == Connecting && len(s.Outputs) == 1 })
	s.End()
	begin := time.Now()
	await(t, s, "idle", 5*time.Second, func(s Snapshot) bool { return s.State == Idle })
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("END took %v", took)
	}
}

// A wrong setting is refused as a whole; what can change on air does.
func TestApply(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s := testStudio(t, func(o *Options) { o.SettingsPath = path })
	set := s.Snapshot().Settings
	set.Video.FPS = 0
	if s.Apply(set) == nil {
		t.Error("0 fps is accepted")
	}
	s.GoLive()
	await(t, s, "live", 20*time.Second, func(s Snapshot) bool { return s.State == Live })
	set = s.Snapshot().Settings
	set.Video.Width, set.Video.Height = 640, 360
	if s.Apply(set) == nil {
		t.Error("the size was changed on air")
	}
	set = s.Snapshot().Settings
	set.Audio.Muted, set.Video.BitrateKbps = true, 300
	if err := s.Apply(set); err != nil {
		t.Error(err)
	}
	await(t, s, "at the new bitrate", 5*time.Second, func(s Snapshot) bool { return s.Video.TargetKbps == 300 && s.Audio.Muted })
	saved, err := LoadSettings(path)
	if err != nil || !saved.Audio.Muted {
		t.Errorf("saved %+v, %v", saved, err)
	}
}
