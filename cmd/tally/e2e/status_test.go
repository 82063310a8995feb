package e2e

import (
	"testing"
	"time"
)

// TestStatusOfMistakes: scripts can tell wrong usage from a show that failed.
func TestStatusOfMistakes(t *testing.T) {
	for _, args := range [][]string{
		{"streem"},
		{"stream"},
		{"stream", "--url", "ftp://example.com/live/" + secret},
		{"stream", "--url", "rtmp:///live/" + secret},
		{"stream", "--url", "rtmp://example.com/live/" + secret, "--latency", "none"},
		{"stream", "--url", "rtmp://example.com/live/" + secret, "--adapt", "maybe"},
		{"probe", "--url", "example.com"},
		{"devices", "--yaml"},
	} {
		r := tally(t, nil, args...)
		if status := r.Wait(t, 10*time.Second); status != 2 {
			t.Errorf("tally %v: exit status %d, want 2", args, status)
		}
		if r.stdout() != "" {
			t.Errorf("tally %v: stdout has %q", args, r.stdout())
		}
		r.complaint(t, `.`)
	}
}

// TestHelpKeepsTheKey asks for help with the key in the environment: a default
// value is what help shows.
func TestHelpKeepsTheKey(t *testing.T) {
	r := tally(t, []string{"TALLY_KEY=" + secret}, "stream", "--help")
	r.succeed(t, 10*time.Second)
	wrong := tally(t, []string{"TALLY_KEY=" + secret}, "stream", "--no-such-flag")
	wrong.Wait(t, 10*time.Second)
	wrong.complaint(t, "no-such-flag")
}
