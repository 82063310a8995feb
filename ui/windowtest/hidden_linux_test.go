package windowtest

import (
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// TestNothingIsDrawnWhileHidden rehearses, so that there is something to draw each
// second, and hides the window in every way that there is. The threads with which the
// processor paints then rest, and afterwards the window is up to date again. That no
// picture is made for it either is [ui.TestHiddenWindowAsksForNoPicture].
func TestNothingIsDrawnWhileHidden(t *testing.T) {
	p := sitWith(t, "LP_NUM_THREADS=2") // else a machine with one core would paint on Fyne's own thread
	window := p.desktop.Window(t, "^Tally", 5*time.Second)
	p.keys("ctrl+l")
	p.lamp(rehearsing, 15*time.Second, "REHEARSAL")
	time.Sleep(2 * time.Second)
	if seen := p.paintsFor(3 * time.Second); seen < 10*time.Millisecond {
		t.Fatalf("the window is seen, and in 3 s it is painted for %v: what is measured here is not the painting", seen)
	}
	ways := []struct {
		name       string
		hide, show func()
	}{
		{
			"minimised",
			func() { p.desktop.Do(t, "windowminimize", window) },
			func() { p.desktop.Do(t, "windowactivate", "--sync", window) },
		},
		{
			"on another desktop",
			func() { p.desktop.Do(t, "set_desktop", "1") },
			func() { p.desktop.Do(t, "set_desktop", "0") },
		},
		{"covered", nil, nil},
	}
	cover := p.cover()
	ways[2].hide, ways[2].show = func() { cover(true) }, func() { cover(false) }

	hidden := func(state string) {
		for _, w := range ways {
			w.hide()
			time.Sleep(1500 * time.Millisecond) // the last repaint
			if got := p.paintsFor(4 * time.Second); got > 2*time.Millisecond {
				t.Errorf("%s, %s: in 4 s the window is painted for %v", state, w.name, got)
			}
			w.show()
			time.Sleep(time.Second)
		}
	}
	hidden("rehearsing")
	p.until(10*time.Second, "the window is up to date again", func(img image.Image) bool {
		return lampIs(img, rehearsing) && differ(img, p.look(), image.Rect(20, 45, 900, 540)) > 500
	})
	p.keys("ctrl+e")
	p.lamp(offAir, 10*time.Second, "OFF AIR")
	time.Sleep(2 * time.Second)
	hidden("off air")
}

// paintsFor is the processor time that the threads of the software OpenGL take
// within that time.
func (p *person) paintsFor(long time.Duration) time.Duration {
	p.t.Helper()
	before := p.painters()
	time.Sleep(long)
	return p.painters() - before
}

func (p *person) painters() (all time.Duration) {
	p.t.Helper()
	threads, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(p.tally.PID()), "task", "*"))
	found := false
	for _, thread := range threads {
		name, _ := os.ReadFile(filepath.Join(thread, "comm"))
		if !strings.HasPrefix(string(name), "llvmpipe") {
			continue
		}
		found = true
		times, err := os.ReadFile(filepath.Join(thread, "schedstat")) // ns on a processor, ns of waiting, turns
		if err != nil {
			p.t.Fatal(err)
		}
		on, _, _ := strings.Cut(string(times), " ")
		ns, err := strconv.ParseInt(on, 10, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		all += time.Duration(ns)
	}
	if !found {
		p.t.Fatal("there are no threads of llvmpipe: who paints?")
	}
	return all
}

// cover makes a window over all of the screen, which the returned function shows and
// takes away.
func (p *person) cover() func(over bool) {
	p.t.Helper()
	x, err := xgb.NewConnDisplay(p.desktop.Display)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(x.Close)
	screen := xproto.Setup(x).DefaultScreen(x)
	id, err := xproto.NewWindowId(x)
	if err != nil {
		p.t.Fatal(err)
	}
	const grey, unmanaged = 0x404040, 1
	err = xproto.CreateWindowChecked(x, 0, id, screen.Root, 0, 0, screen.WidthInPixels, screen.HeightInPixels, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{grey, unmanaged}).Check()
	if err != nil {
		p.t.Fatal(err)
	}
	return func(over bool) {
		if over {
			err = xproto.MapWindowChecked(x, id).Check()
		} else {
			err = xproto.UnmapWindowChecked(x, id).Check()
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}
