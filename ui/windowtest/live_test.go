package windowtest

import (
	"image"
	"os"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestGoLive is the whole story: type the server and the key, go live, lose the
// server, find it again, end.
func TestGoLive(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	viewer := n.Watch(t, secret, 6*time.Second)

	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	p.desktop.Window(t, "on air$", 5*time.Second)
	m := apptest.Probe(t, viewer.File(t))
	if m.Video == nil || m.Audio == nil {
		t.Fatalf("the viewer did not get picture and sound: %+v", m)
	}
	if v := m.Video; v.Codec != "h264" || v.Width != 1280 || v.Height != 720 {
		t.Errorf("the viewer sees %+v", *v)
	}
	if a := m.Audio; a.Codec != "aac" || a.Rate != 48000 {
		t.Errorf("the viewer hears %+v", *a)
	}

	p.picture("on-air")

	n.Kill()
	p.lamp(caution, 20*time.Second, "RECONNECTING")
	p.picture("reconnecting")
	p.desktop.Window(t, "reconnecting$", 5*time.Second)
	n.Start(t)
	p.keys("ctrl+r")
	n.WaitPublished(t, secret, 2, 20*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR again")

	p.keys("ctrl+e", "Escape") // on second thought
	time.Sleep(time.Second)
	if !lampIs(p.look(), onAir) {
		t.Fatal("the show ended although nobody confirmed it")
	}
	p.keys("ctrl+e")
	p.picture("end")
	p.keys("Tab", "Return")
	if end := n.WaitEnded(t, secret, 10*time.Second); !end.Orderly {
		t.Error("the server saw no orderly end")
	}
	p.lamp(offAir, 10*time.Second, "OFF AIR")
	p.checkSecret()
	p.keys("ctrl+q")
	if status := p.tally.Wait(t, 10*time.Second); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestPastedAddress: services offer the whole address to copy. The key in it is
// split off, and the show arrives under it.
func TestPastedAddress(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination(n.URL("live", secret), "")
	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	p.checkSecret()
}

// TestWrongKeyIsSaid: a server that refuses is no reason to wait for ever.
func TestWrongKeyIsSaid(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/guarded", secret)
	p.keys("ctrl+l")
	// A banner over the picture, in the colour of an alarm or of a notice.
	p.until(20*time.Second, "a banner says what is wrong", func(img image.Image) bool {
		area := image.Rect(20, 45, 900, 120)
		return count(img, area, alarm) > 10_000 || count(img, area, notice) > 10_000
	})
	p.picture("refused")
	if lampIs(p.look(), onAir) {
		t.Error("the lamp says ON AIR although the server refused")
	}
	p.keys("ctrl+e")
	p.lamp(offAir, 10*time.Second, "OFF AIR")
}

// TestRehearsalWithOneClick: somebody who has set up nothing presses the one big
// button, and sees what a server gets.
func TestRehearsalWithOneClick(t *testing.T) {
	p := sit(t)
	p.click(bigButton(t, p.look(), rehearsing)) // GO LIVE has the same blue
	p.desktop.Window(t, "rehearsal$", 15*time.Second)
	p.lamp(rehearsing, 5*time.Second, "REHEARSAL")
	p.until(15*time.Second, "the rehearsal says that a service would take it", func(img image.Image) bool {
		return words(img, image.Rect(530, 590, 900, 615), goodText)
	})
	p.desktop.Do(t, "mousemove", "640", "300") // a button under the pointer is lighter
	time.Sleep(300 * time.Millisecond)
	p.click(bigButton(t, p.look(), offAir)) // END is grey: nobody is watching
	p.lamp(offAir, 10*time.Second, "OFF AIR")
	p.desktop.Window(t, "^Tally$", 5*time.Second)
}

// TestCloseWhileLive: the close button asks first, and then says goodbye.
func TestCloseWhileLive(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")

	p.keys("alt+F4", "Return") // Return stays: the harmless answer has the focus
	time.Sleep(time.Second)
	if !lampIs(p.look(), onAir) {
		t.Fatal("the window closed, or the show ended")
	}
	p.keys("alt+F4", "Tab", "Return")
	if status := p.tally.Wait(t, 10*time.Second); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if end := n.WaitEnded(t, secret, 5*time.Second); !end.Orderly {
		t.Error("the server saw no orderly end")
	}
}

// TestTerminateWhileLive: a desktop that shuts down sends SIGTERM.
func TestTerminateWhileLive(t *testing.T) {
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	p.tally.Signal(os.Interrupt)
	if status := p.tally.Wait(t, 10*time.Second); status != 0 {
		t.Errorf("exit status %d", status)
	}
	if end := n.WaitEnded(t, secret, 5*time.Second); !end.Orderly {
		t.Error("the server saw no orderly end")
	}
}

// TestNoScreen: a sentence, not a panic.
func TestNoScreen(t *testing.T) {
	p := apptest.Start(t, apptest.Env(t.TempDir()), program)
	if status := p.Wait(t, 10*time.Second); status != 1 {
		t.Errorf("exit status %d", status)
	}
	want := "tally: There is no screen to open a window on. Start Tally from the desktop, or go live without a window: tally stream --help.\n"
	if got := p.Output(); got != want {
		t.Errorf("it says %q", got)
	}
}
