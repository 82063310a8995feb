package app

import (
	"testing"
	"time"
)

// TestACrashAtOnceIsOffAir: the mark on the disk knows of no time on air yet.
func TestACrashAtOnceIsOffAir(t *testing.T) {
	a := openAccount(time.Now())
	a.note(0, Connecting, "")
	a.note(2*time.Second, Live, "")
	a.note(2*time.Second, Reconnecting, "Tally or this computer stopped unexpectedly.")
	a.note(20*time.Second, Live, "")
	r := a.close(30*time.Second, &Snapshot{})
	if on, off := time.Duration(r.OnAir), time.Duration(r.OffAir); on != 10*time.Second || off != 18*time.Second {
		t.Errorf("on air %v, off air %v", on, off)
	}
}
