package windowtest

import (
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app"
	"tally/app/apptest"
)

// TestGoOnAfterACrash kills Tally in mid-show as a power cut would, and starts it
// again. Nobody touches anything: it counts down and is live again, under the same
// key. Then the history has one show, with the crash as what was lost.
func TestGoOnAfterACrash(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	time.Sleep(3 * time.Second)
	p.tally.Kill()

	p.open()
	p.until(10*time.Second, "it says that it goes on", func(img image.Image) bool { return words(img, image.Rect(300, 250, 980, 550), warnText) })
	p.picture("unfinished")
	if n := len(n.Publications()); n != 1 {
		t.Fatalf("%d publications before the countdown is over", n)
	}
	n.WaitPublished(t, secret, 2, 30*time.Second)
	p.fill(onAir)
	p.lamp(onAir, 10*time.Second, "ON AIR again")
	time.Sleep(3 * time.Second)
	p.keys("ctrl+e", "Tab", "Return")
	p.lamp(offAir, 10*time.Second, "OFF AIR")

	shows := p.history(1)
	r := shows[0]
	if r.Crashed || r.OffAir < app.Seconds(10*time.Second) || r.OffAir > app.Seconds(40*time.Second) || r.OnAir < app.Seconds(3*time.Second) {
		t.Errorf("crashed %t, on air %v, off air %v", r.Crashed, time.Duration(r.OnAir), time.Duration(r.OffAir))
	}
	p.keys("ctrl+h")
	p.until(10*time.Second, "the history is open", func(img image.Image) bool { return words(img, image.Rect(800, 150, 1000, 600), warnText) })
	p.picture("history")
	p.keys("Return")
	p.until(10*time.Second, "the show is open, with its graph", func(img image.Image) bool { return words(img, image.Rect(280, 200, 1000, 450), graphLine) })
	p.picture("show")
	p.keys("Escape", "Escape", "ctrl+q")
	if status := p.tally.Wait(t, 10*time.Second); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestStayOffAirAfterACrash: Escape is enough, and the show is in the history.
func TestStayOffAirAfterACrash(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	time.Sleep(time.Second)
	p.tally.Kill()
	p.open()
	p.until(10*time.Second, "it says that it goes on", func(img image.Image) bool { return words(img, image.Rect(300, 250, 980, 550), warnText) })
	p.keys("Escape")
	p.fill(offAir)
	if shows := p.history(1); !shows[0].Crashed {
		t.Errorf("the show in the history: %+v", shows[0])
	}
	time.Sleep(18 * time.Second) // longer than the countdown
	if n := len(n.Publications()); n != 1 || !lampIs(p.look(), offAir) {
		t.Errorf("%d publications: it went on air although nobody wanted that", n)
	}
}

// history waits until so many shows are in the history on the disk.
func (p *person) history(n int) []app.Report {
	p.t.Helper()
	dir := ""
	for _, v := range p.desktop.Env() {
		if home, ok := strings.CutPrefix(v, "HOME="); ok {
			dir = filepath.Join(home, ".local", "state", "tally", "shows")
		}
	}
	var shows []app.Report
	apptest.Until(p.t, 10*time.Second, "the show is in the history", func() bool {
		shows = nil
		files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
		for _, f := range files {
			var r app.Report
			if b, err := os.ReadFile(f); err == nil && json.Unmarshal(b, &r) == nil {
				shows = append(shows, r)
			}
		}
		return len(shows) == n
	})
	return shows
}
