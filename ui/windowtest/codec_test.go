package windowtest

import (
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestCodecIsChosenAndTakenBack: somebody chooses HEVC for a server of which nothing is
// known. What there is to look at before a show says that it may not take it, and one
// press takes it back: viewers get H.264.
func TestCodecIsChosenAndTakenBack(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.openSettings("h.265")
	time.Sleep(500 * time.Millisecond)
	p.picture("codec-found")
	p.keys("Tab")
	p.chooseOption(1) // H.264, HEVC
	p.isKept("HEVC is kept", func(s string) bool { return strings.Contains(s, `"codec": "hevc"`) })
	p.picture("codec-chosen")
	p.closedSettings()

	p.keys("ctrl+b")
	p.until(5*time.Second, "what to look at", sheetIsOpen)
	time.Sleep(500 * time.Millisecond)
	p.picture("codec-doubt")
	p.keys("Tab", "space") // from Close round to Use H.264
	p.isKept("H.264 is kept", func(s string) bool { return !strings.Contains(s, `"codec": "hevc"`) })
	p.keys("Escape")
	p.lamp(offAir, 5*time.Second, "OFF AIR")
	if m := p.viewersGet(n); m.Video == nil || m.Video.Codec != "h264" {
		t.Errorf("viewers get %+v", m.Video)
	}
}
