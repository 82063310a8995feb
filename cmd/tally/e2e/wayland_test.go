package e2e

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// patches is a picture of four colours, none of which is where another could be taken
// for it: turned, mirrored or with red and blue exchanged it is another picture.
func patches(colors [4]color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 64, 36))
	for y := range 36 {
		for x := range 64 {
			img.SetRGBA(x, y, colors[x/32+y/18*2])
		}
	}
	return img
}

// shows tells whether a picture has the four colours, in the middle of each patch. Coding
// may change them a little.
func shows(img *image.RGBA, colors [4]color.RGBA) bool {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for i, want := range colors {
		got := img.RGBAAt(w/4+i%2*w/2, h/4+i/2*h/2)
		for _, pair := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}} {
			if d := int(pair[0]) - int(pair[1]); d*d > 12*12 {
				return false
			}
		}
	}
	return true
}

// TestWaylandScreen streams what a Wayland desktop shows: viewers see it, and what
// it changes to. The desktop asks once what to share, and not in the next show.
func TestWaylandScreen(t *testing.T) {
	n, w := apptest.StartNGINX(t), apptest.StartWayland(t, "1280x720")
	devices := tally(t, w.Env(), "devices")
	devices.succeed(t, 15*time.Second)
	if !strings.Contains(devices.stdout(), "screen:portal") {
		t.Errorf("tally devices does not list what the portal shares:\n%s", devices.stdout())
	}
	for show, colors := range [][4]color.RGBA{
		{{200, 40, 30, 255}, {30, 160, 60, 255}, {40, 60, 190, 255}, {220, 200, 50, 255}},
		{{20, 20, 20, 255}, {220, 220, 220, 255}, {150, 50, 160, 255}, {40, 150, 170, 255}},
	} {
		key := secret + string(rune('a'+show))
		viewer := n.Watch(t, key, 5*time.Second)
		// A monitor 1280 wide is made smaller on the way.
		r := tally(t, w.Env(), "stream", "--video", "screen", "--audio", "tone", "--url", n.URL("live", key),
			"--size", "640x360", "--keyframe", "1s", "--preset", "ultrafast", "--duration", "7s", "--json")
		r.until(t, 20*time.Second, "the show is live", func(s snapshot) bool { return s.State == "live" })
		w.Show(t, patches(colors))
		r.succeed(t, 40*time.Second)
		seen := viewer.File(t)
		checkMedia(t, seen, 640, 360, 30, 1, 0)
		if last := apptest.LastKey(t, seen); !shows(last, colors) {
			t.Errorf("show %d: viewers do not see what the desktop shows", show+1)
		}
		if asked := w.Asked(); asked != 1 {
			t.Errorf("show %d: the desktop has asked %d times, want once", show+1, asked)
		}
		kept, err := os.ReadFile(filepath.Join(w.State(), "tally", "screen-permission"))
		if err != nil || len(kept) == 0 {
			t.Errorf("show %d: the permission was not kept: %v", show+1, err)
		}
	}
}
