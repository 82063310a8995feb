package apptest

import (
	"os"
	"os/exec"
	"testing"
)

// Need skips the test where one of the programs is missing, or fails it if
// nothing may be skipped.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			Missing(t, p)
		}
	}
}

// Missing skips the test because this machine lacks something, or fails it if
// nothing may be skipped.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("TALLY_NO_SKIP") != "" {
		t.Fatalf("%s is missing, and nothing may be skipped (TALLY_NO_SKIP); .ci/setup test installs it", what)
	}
	t.Skipf("%s is missing here; .ci/setup test installs it", what)
}

// NeedRig skips a test that needs the rig (capture/rig): a virtual machine with
// cameras and a sound card that come, go and break, and without a sound server.
// make test-devices runs it there, and lets nothing be skipped.
func NeedRig(t testing.TB) {
	t.Helper()
	if os.Getenv("TALLY_RIG") == "" {
		t.Skip("needs the virtual machine with devices that break: make test-devices")
	}
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
}
