package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestFileIsShiftedWoundAndRepeated plays a film to its own recording and changes all
// that can be changed while it plays. What was recorded is measured.
func TestFileIsShiftedWoundAndRepeated(t *testing.T) {
	film := "file:" + apptest.MakeFilm(t, "320x180", 30, 6)
	path := filepath.Join(t.TempDir(), "show.mkv")
	s := testStudio(t, func(o *Options) {
		o.Settings.Video.Source, o.Settings.Audio.Source = film, film
		o.Settings.SetOf(film, func(one *SourceSettings) { one.Loop = true })
		o.RecordPath = path
	})
	s.GoLive()
	await(t, s, "live", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Playing[film].Length > 5*time.Second })
	s.Seek(film, 3500*time.Millisecond) // then over the end, to the beginning
	time.Sleep(5 * time.Second)
	s.Pause(film, true)
	stands := await(t, s, "paused", 2*time.Second, func(s Snapshot) bool { return s.Playing[film].Paused }).Playing[film].At
	time.Sleep(1500 * time.Millisecond)
	if p := s.Snapshot(); p.Playing[film].At != stands || p.Picture.State != SourceRunning {
		t.Errorf("in the pause the file stands at %v and then at %v, %s", stands, p.Playing[film].At, p.Picture.State)
	}
	s.Pause(film, false)
	time.Sleep(2500 * time.Millisecond)
	set := s.Snapshot().Settings
	set.SetOf(film, func(one *SourceSettings) { one.OffsetMs, one.Loop = 300, false })
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	shifted := s.Snapshot().Recording.Seconds
	snap := await(t, s, "at its end", 15*time.Second, func(s Snapshot) bool { return s.Picture.State == SourceEnded })
	if snap.Audio.SyncMs != 300 {
		t.Errorf("the snapshot says %d ms", snap.Audio.SyncMs)
	}
	s.Seek(film, 0)
	await(t, s, "playing again", 5*time.Second, func(s Snapshot) bool { return s.Playing[film].At > 2500*time.Millisecond })
	s.End()
	await(t, s, "over", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })

	marks := apptest.FlashAndBeep(t, path)
	offsets := map[bool]int{}
	for _, flash := range marks.Flashes {
		for _, beep := range marks.Beeps {
			d := beep - flash
			if d.Abs() > 450*time.Millisecond {
				continue
			}
			later := flash.Seconds() > shifted+1
			want := time.Duration(0)
			if later {
				want = 300 * time.Millisecond
			} else if flash.Seconds() > shifted-1 {
				continue // as it was shifted
			}
			offsets[later]++
			if (d - want).Abs() > 40*time.Millisecond {
				t.Errorf("a beep comes %v after its flash at %v, want %v", d, flash, want)
			}
		}
	}
	if offsets[false] < 3 || offsets[true] < 2 {
		t.Errorf("flashes at %v, beeps at %v, shifted at %v", marks.Flashes, marks.Beeps, shifted)
	}
	t.Logf("%d pairs as they were, %d shifted", offsets[false], offsets[true])
}

// TestMutedMicrophoneIsAProblem mutes a real microphone where the desktop does.
func TestMutedMicrophoneIsAProblem(t *testing.T) {
	sound := apptest.StartSound(t)
	for _, v := range sound.Env() {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	pactl := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("pactl", args...).CombinedOutput(); err != nil {
			t.Fatalf("pactl %q: %v: %s", args, err, out)
		}
	}
	t.Setenv("HOME", os.TempDir())
	sound.Tone(t)
	s := testStudio(t, func(o *Options) { o.Settings.Audio.Source = "mic:microphone" })
	s.GoLive()
	muted := func(s Snapshot) bool {
		for _, p := range s.Problems {
			if p.Title.String() == "Microphone is muted: no sound at all comes from it." && p.Advice != "" {
				return true
			}
		}
		return false
	}
	await(t, s, "live with sound", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Audio.LevelDB > -40 && s.Sound.Problem.IsZero() })
	pactl("set-source-mute", "microphone", "1")
	await(t, s, "known to be muted", 8*time.Second, muted)
	pactl("set-source-mute", "microphone", "0")
	await(t, s, "well again", 5*time.Second, func(s Snapshot) bool { return s.Sound.Problem.IsZero() })

	// The sound server vanishes. The show goes on in silence.
	pactl("exit")
	snap := await(t, s, "without a sound server", 8*time.Second, func(s Snapshot) bool { return s.Sound.State == SourceFailed })
	if title := strings.ToLower(snap.Sound.Problem.Title.String()); !strings.Contains(title, "the sound system has stopped.") && !strings.Contains(title, "sound system that it needs is not running.") {
		t.Errorf("it says %q", title)
	}
	had := snap.Rehearsal.Bytes
	await(t, s, "going on", 5*time.Second, func(s Snapshot) bool {
		return s.State == Live && s.Rehearsal.Bytes > had+20000 && s.Audio.BitrateKbps > 0
	})
	s.End()
	await(t, s, "over", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
}
