package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/app/recording"
)

// TestRecordInMidShow switches the recording on and off while a show runs, pauses
// it, marks a chapter, and saves a replay.
func TestRecordInMidShow(t *testing.T) {
	dir := t.TempDir()
	s := testStudio(t, func(o *Options) {
		o.Settings.RecordDir, o.Settings.Record, o.Settings.ReplaySeconds = dir, true, 2
		o.StateDir = t.TempDir()
	})
	s.GoLive()
	snap := await(t, s, "rehearsing", 20*time.Second, func(s Snapshot) bool {
		return s.State == Live && time.Duration(s.Recording.ReplaySeconds) > 2*time.Second
	})
	if snap.Recording.On || snap.Recording.ReplayBytes == 0 {
		t.Errorf("in a rehearsal, the recording is %+v", snap.Recording)
	}
	s.SaveReplay()
	if err := s.SetRecording(true); err != nil {
		t.Fatal(err)
	}
	await(t, s, "recording", 10*time.Second, func(s Snapshot) bool { return s.Recording.On && s.Recording.Seconds > 1 })
	s.Mark("Here")
	s.PauseRecording()
	snap = await(t, s, "paused", 5*time.Second, func(s Snapshot) bool { return s.Recording.Paused })
	time.Sleep(2500 * time.Millisecond)
	s.ResumeRecording()
	paused := snap.Recording.Seconds
	snap = await(t, s, "going on", 5*time.Second, func(s Snapshot) bool { return !s.Recording.Paused && s.Recording.Seconds > paused+1 })
	if snap.Recording.Seconds > paused+3 {
		t.Errorf("paused at %v s, soon after at %v s", paused, snap.Recording.Seconds)
	}
	if err := s.SetRecording(false); err != nil {
		t.Fatal(err)
	}
	first := await(t, s, "off", 5*time.Second, func(s Snapshot) bool { return !s.Recording.On }).Recording.Path
	time.Sleep(1100 * time.Millisecond) // names tell seconds
	if err := s.SetRecording(true); err != nil {
		t.Fatal(err)
	}
	second := await(t, s, "recording again", 10*time.Second, func(s Snapshot) bool { return s.Recording.On && s.Recording.Seconds > .5 }).Recording.Path
	s.End()
	snap = await(t, s, "over", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
	if p := snap.Report.Record.Problem; !p.IsZero() || len(snap.Problems) != 0 || first == second {
		t.Errorf("problems: %v, %v; files %q, %q", p, snap.Problems, first, second)
	}
	s.RemuxFile(first)
	s.ExportMissed(first)
	snap = await(t, s, "done", 10*time.Second, func(s Snapshot) bool {
		n := 0
		for _, f := range s.Files {
			if f.State == Done || f.State == Failed {
				n++
			}
		}
		return n == 3
	})
	for i, want := range []FileWork{{Kind: Replay, State: Done}, {Kind: Remux, State: Done}, {Kind: Missed, State: Failed}} {
		if f := snap.Files[i]; f.Kind != want.Kind || f.State != want.State {
			t.Errorf("file %d is %+v, want %+v", i, f, want)
		}
	}
	for _, path := range []string{first, second, snap.Files[0].Made[0], snap.Files[1].Made[0]} {
		if m := apptest.Probe(t, path); m.Video == nil || m.Audio == nil || m.Video.End-m.Video.Begin < .4 {
			t.Errorf("%s: %+v", filepath.Base(path), m)
		}
		if !strings.HasPrefix(filepath.Base(path), "Tally ") {
			t.Errorf("%s is not named after the show", path)
		}
	}
}

// TestCutRecordingsAreFinished starts a studio where one was killed.
func TestCutRecordingsAreFinished(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	whole := filepath.Join(dir, "whole.mkv")
	s := testStudio(t, func(o *Options) { o.RecordPath, o.StateDir = whole, state })
	s.GoLive()
	cut := filepath.Join(dir, "cut.mkv")
	await(t, s, "recording", 20*time.Second, func(s Snapshot) bool { return s.Recording.Seconds > 2.5 })
	// What a power failure leaves: the file as it is now, and its note.
	for _, f := range [][2]string{{whole, cut}} {
		b, err := os.ReadFile(f[0])
		if err == nil {
			err = os.WriteFile(f[1], b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	after := t.TempDir()
	notes, err := filepath.Glob(filepath.Join(state, "recordings", "*"))
	if err != nil || len(notes) != 1 {
		t.Fatalf("notes are %q, %v", notes, err)
	}
	b, err := os.ReadFile(notes[0])
	if err == nil {
		err = os.MkdirAll(filepath.Join(after, "recordings"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(after, "recordings", filepath.Base(notes[0])), []byte(strings.ReplaceAll(string(b), "whole.mkv", "cut.mkv")), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.End()
	await(t, s, "over", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
	if left, err := recording.Unfinished(filepath.Join(state, "recordings")); len(left) != 0 || err != nil {
		t.Errorf("after a good end, unfinished are %+v, %v", left, err)
	}

	again := testStudio(t, func(o *Options) { o.StateDir, o.Recover = after, true })
	f := await(t, again, "finished", 20*time.Second, func(s Snapshot) bool { return len(s.Files) == 1 && s.Files[0].State == Done }).Files[0]
	if f.Kind != Repair || f.Path != cut || f.Seconds < Seconds(1500*time.Millisecond) {
		t.Errorf("finished %+v", f)
	}
	if m := apptest.Probe(t, cut); m.Video == nil || m.Video.End < 1.5 {
		t.Errorf("the file is %+v", m)
	}
}
