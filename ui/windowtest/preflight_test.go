package windowtest

import (
	"image"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// sheetIsOpen tells that something lies over the window, which dims it.
func sheetIsOpen(img image.Image) bool { return !lampIs(img, offAir) && !lampIs(img, onAir) }

// TestPreflightMuted: somebody forgot that the microphone is muted. One press on
// GO LIVE says so, one on Unmute sets it right, one more and viewers hear it.
func TestPreflightMuted(t *testing.T) {
	n := apptest.StartNGINX(t)
	p, _ := sitWithMicrophone(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+m", "ctrl+l")
	p.until(5*time.Second, "a list of what is wrong", sheetIsOpen)
	time.Sleep(300 * time.Millisecond)
	p.picture("preflight-muted")
	if len(n.Publications()) > 0 {
		t.Fatal("it went live without asking")
	}
	// Fix first has the focus; before it are Go live and, first of all, Unmute.
	p.keys("shift+Tab", "shift+Tab", "space")
	time.Sleep(500 * time.Millisecond)
	p.picture("preflight-unmuted")
	p.keys("Escape")
	p.lamp(offAir, 5*time.Second, "OFF AIR")
	if m := p.viewersGet(n); m.Audio == nil {
		t.Error("viewers hear nothing")
	}
}

// TestPreflightWithoutAServer: nobody listens there. Somebody who asks is told before
// the show, and who knows better goes live anyway.
func TestPreflightWithoutAServer(t *testing.T) {
	p := sit(t)
	p.saveDestination("rtmp://"+apptest.FreeAddr(t)+"/live", secret)
	p.keys("ctrl+b") // what to look at before a show
	p.until(5*time.Second, "the list of everything", sheetIsOpen)
	p.keys("shift+Tab", "space") // look again
	time.Sleep(3 * time.Second)
	p.picture("preflight-line")
	p.keys("Escape")
	p.keys("ctrl+l")
	p.until(5*time.Second, "a list of what is wrong", sheetIsOpen)
	time.Sleep(300 * time.Millisecond)
	p.picture("preflight-no-server")
	p.keys("Return") // fix first
	p.lamp(offAir, 5*time.Second, "OFF AIR")
	p.keys("ctrl+l")
	p.until(5*time.Second, "the list again", sheetIsOpen)
	p.keys("shift+Tab", "Return")
	p.desktop.Window(t, "connecting$", 10*time.Second)
	p.keys("ctrl+e")
	p.lamp(offAir, 10*time.Second, "OFF AIR")
	if strings.Contains(p.tally.Output(), secret) {
		t.Error("the key was printed")
	}
}
