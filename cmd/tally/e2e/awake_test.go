package e2e

import (
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestAwakeWhileStreaming: the desktop is asked to keep the screen on for as long
// as the show is.
func TestAwakeWhileStreaming(t *testing.T) {
	bus := apptest.StartBus(t)
	bus.OfferScreenSaver(t)
	r := tally(t, bus.Env(), "stream", "--url", "rehearsal", "--video", "testcard", "--audio", "tone", "--duration", "3s", "--json")
	bus.WaitFor(t, "saver Tally, A show is on", 15*time.Second)
	if strings.Contains(bus.Noted(), "let go") {
		t.Error("let go while the show is on")
	}
	r.succeed(t, 30*time.Second)
	if !strings.Contains(bus.Noted(), "saver let go 7") {
		t.Errorf("the desktop heard: %s", bus.Noted())
	}
	if !strings.Contains(r.stdout(), `"machine":{"cpu_percent":`) {
		t.Error("the snapshots do not tell how the computer is doing")
	}
}
