package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/app/apptest"
)

// program is the tally under test: TALLY_BIN, or one that is built for the run.
var program string

func TestMain(m *testing.M) { os.Exit(apptest.RunWithTally(m, &program)) }

// secret stands for the stream key in tests. It must never be seen anywhere
// but on the wire.
const secret = "live_k3y-of-one-test"

// run is a running tally.
type run struct {
	*apptest.Process
	out, err string // files
}

// tally starts the program. Extra goes after the environment without desktop
// and sound.
func tally(t *testing.T, extra []string, args ...string) run {
	t.Helper()
	dir := t.TempDir()
	r := run{out: filepath.Join(dir, "stdout"), err: filepath.Join(dir, "stderr")}
	// A shell puts the two streams into files, and then is the program.
	r.Process = apptest.Start(t, append(apptest.Env(dir), extra...), "sh", append([]string{
		"-c", `exec "$0" "$@" >"` + r.out + `" 2>"` + r.err + `"`, program,
	}, args...)...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("tally %s\nstderr: %s\nstdout: %s", strings.Join(args, " "), r.stderr(), last(r.stdout(), 2000))
		}
	})
	return r
}

func (r run) stdout() string { return slurp(r.out) }
func (r run) stderr() string { return slurp(r.err) }

func slurp(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

func last(s string, n int) string { return s[max(0, len(s)-n):] }

// interrupt is Ctrl-C.
func (r run) interrupt() { r.Signal(syscall.SIGINT) }

// succeed waits for the program to end well.
func (r run) succeed(t *testing.T, within time.Duration) {
	t.Helper()
	if status := r.Wait(t, within); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr())
	}
	if e := r.stderr(); e != "" {
		t.Errorf("all went well, but it complains: %s", e)
	}
	if strings.Contains(r.stdout()+r.stderr(), secret) {
		t.Error("it printed the stream key")
	}
}

// snapshot has the fields of a JSON line that the design page promises.
type snapshot struct {
	State  string  `json:"state"`
	Uptime float64 `json:"uptime_s"`
	Video  struct {
		FPS     float64 `json:"fps"`
		Kbps    float64 `json:"bitrate_kbps"`
		Target  float64 `json:"target_kbps"`
		Dropped int     `json:"dropped"`
		Skipped int     `json:"skipped"`
		Encoder string  `json:"encoder"`
	} `json:"video"`
	Audio struct {
		Kbps   float64 `json:"bitrate_kbps"`
		Level  float64 `json:"level_db"`
		Offset float64 `json:"av_offset_ms"`
	} `json:"audio"`
	Outputs []struct {
		URL   string  `json:"url"`
		State string  `json:"state"`
		Kbps  float64 `json:"bitrate_kbps"`
		Sent  int64   `json:"sent_bytes"`
		Queue float64 `json:"queue_ms"`
		Ack   struct {
			Window   int     `json:"window"`
			InFlight int64   `json:"in_flight"`
			Acked    int64   `json:"acked_bytes"`
			Age      float64 `json:"age_ms"`
			Style    string  `json:"style"`
		} `json:"ack"`
		RTT        float64 `json:"rtt_ms"`
		Reconnects int     `json:"reconnects"`
		Attempt    int     `json:"attempt"`
		RetryIn    float64 `json:"retry_in_s"`
		Cause      string  `json:"cause"`
	} `json:"outputs"`
	Recording struct {
		Path    string  `json:"path"`
		Seconds float64 `json:"seconds"`
		Bytes   int64   `json:"bytes"`
	} `json:"recording"`
}

// snapshots are the lines that tally --json has printed so far. A line that is
// being written is left out.
func (r run) snapshots(t *testing.T) []snapshot {
	t.Helper()
	var list []snapshot
	for line := range strings.Lines(r.stdout()) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var s snapshot
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("not a line of JSON: %s: %v", line, err)
		}
		list = append(list, s)
	}
	return list
}

// until waits for a snapshot that fits.
func (r run) until(t *testing.T, within time.Duration, what string, fits func(snapshot) bool) snapshot {
	t.Helper()
	var found snapshot
	apptest.Until(t, within, what, func() bool {
		all := r.snapshots(t)
		if len(all) == 0 {
			return false
		}
		found = all[len(all)-1]
		return fits(found)
	})
	return found
}

func near(got, want, tolerance float64) bool { return got >= want-tolerance && got <= want+tolerance }
