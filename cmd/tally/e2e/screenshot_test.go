package e2e

import (
	"flag"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tally/app/apptest"
)

// The README's picture of the window is made here (make screenshots), so that
// it shows the window as it is.
var (
	screenshots = flag.String("screenshots", "", "folder for the README's pictures")
	onAir       = flag.Duration("on-air", 3*time.Second, "how long the show lasts before its picture is taken")
)

// TestScreenshots takes the window to a server, and takes its picture there.
func TestScreenshots(t *testing.T) {
	dir := *screenshots
	if dir == "" {
		dir = t.TempDir()
	}
	n := apptest.StartNGINX(t)
	d := apptest.StartDesktop(t, "1280x800")
	apptest.Start(t, append(d.Env(), "FYNE_THEME=dark", "FYNE_SCALE=1"), program)
	window := d.Window(t, "^Tally", 15*time.Second)
	d.Do(t, "windowactivate", "--sync", window)
	time.Sleep(time.Second)
	d.Do(t, "key", "Escape") // the guide of the first start
	d.Do(t, "key", "ctrl+shift+f")
	time.Sleep(time.Second) // the window grows
	idle := filepath.Join(t.TempDir(), "idle.png")
	d.Screenshot(t, idle)

	d.Do(t, "key", "ctrl+n") // a new destination: its address, Tab, its key
	time.Sleep(500 * time.Millisecond)
	d.Do(t, "type", "--delay", "10", "rtmp://"+n.Addr+"/live")
	d.Do(t, "key", "Tab")
	d.Do(t, "type", "--delay", "10", secret)
	d.Do(t, "key", "Return")
	time.Sleep(500 * time.Millisecond)
	d.Do(t, "key", "ctrl+l")
	n.WaitPublished(t, secret, 1, 15*time.Second)
	time.Sleep(*onAir)
	live := filepath.Join(dir, "screenshot.png")
	d.Screenshot(t, live)
	if before, after := decode(t, idle), decode(t, live); before.Bounds() != after.Bounds() || differing(before, after) < 20000 {
		t.Error("the window looks the same live as idle")
	}
}

func decode(t testing.TB, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// differing counts the pixels that are not the same in both pictures, outside the
// preview, which always moves.
func differing(a, b image.Image) int {
	size, n := a.Bounds(), 0
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			preview := x < size.Max.X*72/100 && y < size.Max.Y*72/100
			if !preview && a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}
