package windowtest

import (
	"image"
	"testing"
	"time"

	"tally/app/apptest"
)

// where banners lie over the picture, and sheets in the middle of the window.
var (
	bannerBox = image.Rect(20, 45, 900, 120)
	sheetBox  = image.Rect(370, 240, 910, 560)
)

// TestOnAir: in mid-show somebody looks at the graphs and at what has happened, thinks
// better of ending it, and the microphone is switched off and on again. The window says
// so in time, and viewers get all of it.
func TestOnAir(t *testing.T) {
	n := apptest.StartNGINX(t)
	p, sound := sitWithMicrophone(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")

	p.keys("ctrl+shift+g")
	p.until(15*time.Second, "the graphs show a line", func(img image.Image) bool {
		return count(img, sheetBox, sheetBack) > 20_000 && count(img, sheetBox, graphLine) > 30
	})
	p.picture("on-air-graphs")
	p.keys("Escape", "ctrl+shift+h")
	p.until(5*time.Second, "what happened is told", func(img image.Image) bool {
		return count(img, sheetBox, sheetBack) > 50_000 && words(img, sheetBox, lightText)
	})
	p.picture("on-air-diary")
	p.keys("Escape", "ctrl+e")
	p.until(5*time.Second, "it asks before it ends", sheetIsOpen)
	p.keys("Return") // go on has the focus
	p.lamp(onAir, 5*time.Second, "still ON AIR")

	quiet := func(img image.Image) bool { return count(img, bannerBox, notice)+count(img, bannerBox, alarm) < 1000 }
	p.until(10*time.Second, "nothing is wrong", quiet)
	sound.Mute(t, true)
	p.until(20*time.Second, "a banner says that the microphone is muted", func(img image.Image) bool {
		return count(img, bannerBox, notice)+count(img, bannerBox, alarm) > 10_000
	})
	p.picture("on-air-microphone-muted")
	viewer := n.Watch(t, secret, 4*time.Second)
	sound.Mute(t, false)
	p.until(20*time.Second, "it is heard again", quiet)
	if m := apptest.Probe(t, viewer.File(t)); m.Video == nil || m.Audio == nil {
		t.Errorf("viewers do not get both: %+v", m)
	}
	if all := n.Publications(); len(all) != 1 {
		t.Errorf("%d connections for one show", len(all))
	}
}
