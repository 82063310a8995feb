package windowtest

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// primary is the colour of the button that goes on, while it has the focus, in the
// dark theme.
var primary = color.NRGBA{77, 133, 241, 255}

// lowest finds the middle of the lowest and rightmost button of a colour that has
// the size of one, in the middle of the screen where sheets are.
func lowest(img image.Image) (image.Point, bool) {
	b := img.Bounds()
	for y := b.Max.Y - 100; y > 200; y-- {
		run := 0
		for x := b.Max.X - 100; x > 200; x-- {
			if sameColor(img, x, y, primary) {
				if run++; run == 60 {
					return image.Pt(x+30, y-8), true
				}
			} else {
				run = 0
			}
		}
	}
	return image.Point{}, false
}

// goOn presses the button that goes on, once it is there.
func (p *person) goOn() {
	p.t.Helper()
	var at image.Point
	p.until(10*time.Second, "a button that goes on", func(img image.Image) bool {
		var ok bool
		at, ok = lowest(img)
		return ok
	})
	p.click(at)
}

// TestFirstStart: from the first start to a rehearsal in three clicks and less than
// twenty seconds, with nothing but defaults.
func TestFirstStart(t *testing.T) {
	p := newcomer(t)
	began := time.Now()
	p.startProgram()
	p.until(15*time.Second, "the guide greets", guideIsOpen)
	p.picture("guide-picture")
	p.goOn()
	p.picture("guide-service")
	time.Sleep(300 * time.Millisecond)
	p.goOn()
	time.Sleep(300 * time.Millisecond)
	p.picture("guide-go")
	p.goOn()
	p.desktop.Window(t, "rehearsal$", 15*time.Second)
	took := time.Since(began)
	t.Logf("from the start of the program to the rehearsal in %v, three clicks", took)
	if took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	p.picture("guide-rehearsal")
	p.keys("ctrl+e")
	p.desktop.Window(t, "^Tally$", 10*time.Second)
	p.keys("ctrl+q")
	if status := p.tally.Wait(t, 10*time.Second); status != 0 {
		t.Errorf("exit status %d", status)
	}
	// It does not come again.
	p.start()
	if guideIsOpen(p.look()) {
		t.Error("the guide greets somebody who knows it")
	}
	p.keys("ctrl+g") // unless it is asked for
	p.until(5*time.Second, "the guide is back", guideIsOpen)
	p.keys("Escape")
	p.until(5*time.Second, "Escape closes it", func(img image.Image) bool { return !guideIsOpen(img) })
}

// TestGuideToAServer goes the whole way by keyboard: an own server, its address
// with the key in it, a measurement that somebody agrees to, and live.
func TestGuideToAServer(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := newcomer(t)
	p.startProgram()
	p.until(15*time.Second, "the guide greets", guideIsOpen)
	p.keys("Return")
	time.Sleep(500 * time.Millisecond)
	// The last tile comes before Leave, Back and Next, which has the focus.
	p.keys("shift+Tab", "shift+Tab", "shift+Tab", "space")
	p.picture("guide-own-server")
	p.keys("Return")
	time.Sleep(500 * time.Millisecond)
	p.types(n.URL("live", secret))
	p.keys("Tab")
	p.picture("guide-key")
	p.keys("Return")
	p.isKept("the destination is saved", func(s string) bool { return strings.Contains(s, "rtmp://") })
	p.checkSecret()
	time.Sleep(500 * time.Millisecond)
	p.picture("guide-measure")
	if len(n.Publications()) > 0 {
		t.Fatal("something was sent before anybody agreed")
	}
	// Back, Leave, smooth motion, the list, and Measure.
	p.keys("shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab", "space")
	n.WaitPublished(t, secret, 1, 10*time.Second)
	time.Sleep(3 * time.Second)
	p.picture("guide-measuring")
	if end := n.WaitEnded(t, secret, 15*time.Second); !end.Orderly {
		t.Error("the measurement did not say goodbye")
	}
	lines := filepath.Join(filepath.Dir(filepath.Dir(p.config)), ".local", "state", "tally", "lines.json")
	apptest.Until(t, 20*time.Second, "the measurement is remembered", func() bool {
		b, _ := os.ReadFile(lines)
		return strings.Contains(string(b), "kbps")
	})
	time.Sleep(2 * time.Second) // the machine was measured before
	p.picture("guide-measured")
	p.keys("Return")
	time.Sleep(500 * time.Millisecond)
	p.picture("guide-end")
	p.keys("shift+Tab", "Return") // go live instead of rehearse
	n.WaitPublished(t, secret, 2, 20*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	p.checkSecret()
}

// guideIsOpen tells that a sheet lies over the window: the lamp's corner is dimmed.
func guideIsOpen(img image.Image) bool {
	_, ok := lowest(img)
	return ok && !lampIs(img, offAir)
}

// newcomer has never started Tally here.
func newcomer(t *testing.T) *person { return somebody(t, "1280x800") }

// startProgram opens the window, and lets it fill the screen.
func (p *person) startProgram() {
	p.t.Helper()
	p.open()
	window := p.desktop.Window(p.t, "^Tally$", 15*time.Second)
	p.desktop.Do(p.t, "windowactivate", "--sync", window)
	p.desktop.Do(p.t, "windowsize", window, fmt.Sprint(1280), fmt.Sprint(800))
	p.desktop.Do(p.t, "windowmove", window, "0", "0")
}
