package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestTimerSlack asks a thread that Go started: it has what the first one had.
func TestTimerSlack(t *testing.T) {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if slack != 500_000 {
		t.Errorf("this thread's timeouts may be %d ns late, want 500000", slack)
	}
}
