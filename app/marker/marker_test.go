package marker

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestAShowThatEndsLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tally", "on-air.json")
	m, old, err := Open(path)
	if err != nil || old != nil {
		t.Fatal(old, err)
	}
	if _, _, err := Open(path); !errors.Is(err, ErrBusy) {
		t.Errorf("a second program gets it: %v", err)
	}
	if err := errors.Join(m.Write(Session{Started: time.Now(), Alive: time.Now()}), m.Clear(), m.Clear(), m.Close()); err != nil {
		t.Error(err)
	}
	m, old, err = Open(path)
	if err != nil || old != nil {
		t.Error(old, err)
	}
	m.Close()
}

// crashing makes the test program mark a session and wait to be killed.
const crashing = "TALLY_MARKER_CRASH"

// A program that is killed leaves its mark, and not its lock.
func TestACrashLeavesTheSession(t *testing.T) {
	started := time.Date(2026, 5, 1, 20, 0, 0, 0, time.UTC)
	if path := os.Getenv(crashing); path != "" {
		m, _, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Write(Session{Started: started, Alive: started.Add(time.Hour), Note: json.RawMessage(`{"a":1}`)}); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("marked\n")
		time.Sleep(time.Minute)
	}
	path := filepath.Join(t.TempDir(), "on-air.json")
	cmd := exec.Command(os.Args[0], "-test.run", "^TestACrashLeavesTheSession$")
	cmd.Env = append(os.Environ(), crashing+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(path); !errors.Is(err, ErrBusy) {
		t.Errorf("taken from a program that runs: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	m, old, err := Open(path)
	if err != nil || old == nil {
		t.Fatalf("%+v, %v", old, err)
	}
	defer m.Close()
	if !old.Started.Equal(started) || old.Alive.Sub(old.Started) != time.Hour || string(old.Note) != `{"a":1}` {
		t.Errorf("%+v", old)
	}
}

func TestADamagedMarkIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "on-air.json")
	for _, text := range []string{"", "{", "[]", `{"started":"soon"}`, "\x00\x00\x00"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		m, old, err := Open(path)
		if err != nil || old != nil {
			t.Errorf("%q: %+v, %v", text, old, err)
		}
		m.Close()
	}
}
