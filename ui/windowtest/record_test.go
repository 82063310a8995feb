package windowtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestRecordAndMute: both are one key away, and the recording is a film that
// plays, without the sound of the seconds that were muted.
func TestRecordAndMute(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	folder := t.TempDir()
	p.tallyFolder(folder)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret) // a rehearsal is not recorded
	p.keys("ctrl+shift+r", "ctrl+m", "ctrl+l")
	p.until(5*time.Second, "a question, as the sound is muted", sheetIsOpen)
	p.keys("shift+Tab", "Return") // go live anyway
	p.lamp(onAir, 15*time.Second, "ON AIR")
	p.picture("muted")
	time.Sleep(4 * time.Second) // of silence, to be recorded
	p.keys("ctrl+m")
	time.Sleep(4 * time.Second) // of beeps
	p.keys("ctrl+e", "Tab", "Return")
	p.lamp(offAir, 10*time.Second, "OFF AIR")
	films, err := filepath.Glob(filepath.Join(folder, "*.mkv"))
	if err != nil || len(films) != 1 {
		t.Fatalf("recorded %q, %v", films, err)
	}
	m := apptest.Probe(t, films[0])
	if m.Video == nil || m.Audio == nil || m.Video.Codec != "h264" || m.Audio.Codec != "aac" {
		t.Fatalf("recorded %+v", m)
	}
	if long := m.Video.End - m.Video.Begin; long < 6 || long > 14 {
		t.Errorf("the recording is %.1f s long", long)
	}
	// The test card flashes and beeps each second; in the muted half only flashes.
	marks := apptest.FlashAndBeep(t, films[0])
	if f, b := len(marks.Flashes), len(marks.Beeps); b < 2 || b > f-2 {
		t.Errorf("%d flashes and %d beeps", f, b)
	}
}

// tallyFolder writes where recordings go into the settings, as the settings
// sheet would, and starts Tally again.
func (p *person) tallyFolder(folder string) {
	p.t.Helper()
	p.keys("ctrl+q")
	if status := p.tally.Wait(p.t, 10*time.Second); status != 0 {
		p.t.Fatalf("exit status %d", status)
	}
	path := filepath.Join(p.config, "settings.json")
	if err := os.MkdirAll(p.config, 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"version":1,"record_dir":"`+folder+`"}`), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.start()
}
