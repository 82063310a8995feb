package windowtest

import (
	"image"
	"image/color"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tally/app/apptest"
)

// badText is what the window writes in when something is wrong, in the dark theme, and
// where it does so beside what is wrong.
var (
	badText   = color.NRGBA{0xff, 0x8a, 0x80, 255}
	underDisk = image.Rect(935, 634, 1210, 654)
	underTone = image.Rect(935, 258, 1260, 280)
)

// TestDiskFillsUp: there is room for a few seconds of recording. That is said before the
// show; the recording ends when the disk is full, and the window says so; viewers get the
// show all the same.
func TestDiskFillsUp(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tally", folder, "tmpfs", 0, "size=13m"); err != nil {
		apptest.Missing(t, "the right to mount a small disk, which only root has")
	}
	t.Cleanup(func() { syscall.Unmount(folder, syscall.MNT_DETACH) })
	n := apptest.StartNGINX(t)
	p := sit(t)
	p.tallyFolder(folder)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+shift+r")
	time.Sleep(2 * time.Second) // until the disk was looked at
	p.keys("ctrl+l")
	p.until(5*time.Second, "a question, as the disk is nearly full", sheetIsOpen)
	p.picture("disk-nearly-full")
	p.keys("shift+Tab", "Return") // go live anyway
	p.lamp(onAir, 15*time.Second, "ON AIR")
	p.until(60*time.Second, "the window says that the disk is full", func(img image.Image) bool { return words(img, underDisk, badText) })
	p.picture("disk-full")
	viewer := n.Watch(t, secret, 4*time.Second)
	if m := apptest.Probe(t, viewer.File(t)); m.Video == nil || m.Audio == nil {
		t.Errorf("viewers do not get both: %+v", m)
	}
	p.lamp(onAir, time.Second, "still ON AIR")
	if all := n.Publications(); len(all) != 1 {
		t.Errorf("%d connections for one show", len(all))
	}
	films, err := filepath.Glob(filepath.Join(folder, "*.mkv"))
	if err != nil || len(films) != 1 {
		t.Fatalf("recorded %q, %v", films, err)
	}
	if m := apptest.Probe(t, films[0]); m.Video == nil || m.Video.End-m.Video.Begin < 3 {
		t.Errorf("what there was room for: %+v", m.Video)
	}
}

// TestMicrophoneIsPulledOut: in mid-show, and another one is plugged in. The window says
// what viewers hear, and the show goes on over one connection.
func TestMicrophoneIsPulledOut(t *testing.T) {
	n := apptest.StartNGINX(t)
	p, sound := sitWithMicrophone(t)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)
	p.keys("ctrl+l")
	p.lamp(onAir, 15*time.Second, "ON AIR")
	broken := func(img image.Image) bool { return words(img, underTone, badText) }
	p.until(10*time.Second, "all is well", func(img image.Image) bool { return !broken(img) })
	sound.Unplug(t)
	p.until(20*time.Second, "the window says that there is no microphone", broken)
	p.picture("microphone-gone")
	viewer := n.Watch(t, secret, 4*time.Second)
	if m := apptest.Probe(t, viewer.File(t)); m.Video == nil || m.Audio == nil {
		t.Errorf("viewers do not get both: %+v", m)
	}
	sound.Microphone(t, "Headset")
	p.until(30*time.Second, "the other one is heard", func(img image.Image) bool { return !broken(img) })
	p.picture("microphone-another")
	p.lamp(onAir, time.Second, "still ON AIR")
	if all := n.Publications(); len(all) != 1 {
		t.Errorf("%d connections for one show", len(all))
	}
}
