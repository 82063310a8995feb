package windowtest

import (
	"flag"
	"fmt"
	"image"
	"image/color"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// secret stands for the stream key. It must never be seen anywhere but on the
// wire and in the key store.
const secret = "live_k3y-of-one-window"

var pictures = flag.String("pictures", "", "save in this folder what the screen shows on the way")

// program is the tally under test: TALLY_BIN, or one that is built for the run.
var program string

func TestMain(m *testing.M) { os.Exit(apptest.RunWithTally(m, &program)) }

// The lamp's colours in the dark theme.
var (
	offAir     = color.NRGBA{0x31, 0x36, 0x3f, 255}
	onAir      = color.NRGBA{0xd2, 0x2f, 0x27, 255}
	caution    = color.NRGBA{0xf0, 0xb4, 0x29, 255}
	rehearsing = color.NRGBA{0x2f, 0x6b, 0xe4, 255}
	goodText   = color.NRGBA{0x5f, 0xd3, 0x92, 255}
	alarm      = color.NRGBA{0x47, 0x20, 0x1e, 255}
	warnText   = color.NRGBA{0xf5, 0xc0, 0x4a, 255}
	graphLine  = color.NRGBA{0x5f, 0x96, 0xff, 255}
	notice     = color.NRGBA{0x3a, 0x2f, 0x12, 255}
)

// person is somebody in front of a running Tally.
type person struct {
	t       *testing.T
	desktop *apptest.Desktop
	tally   *apptest.Process
	config  string   // Tally's folder
	env     []string // of Tally, besides the usual
}

// sit starts Tally on a screen of its own, with the test card and the tone as
// sources, for there is no camera and no microphone. The window fills the screen.
func sit(t *testing.T) *person {
	t.Helper()
	return sitWith(t)
}

// sitWith is sit with more in Tally's environment.
func sitWith(t *testing.T, env ...string) *person {
	t.Helper()
	p := somebody(t, "1280x800")
	p.env = env
	p.knowsTally()
	p.start()
	return p
}

// knowsTally gives the person settings, so that no guide greets.
func (p *person) knowsTally() {
	p.t.Helper()
	apptest.WriteFiles(p.t, p.config, map[string]string{"settings.json": `{"version":1}`})
}

// sitWithMicrophone is sit with a sound server whose microphone hears a tone.
func sitWithMicrophone(t *testing.T) (*person, *apptest.Sound) {
	t.Helper()
	sound := apptest.StartSound(t)
	sound.Tone(t)
	return sitWith(t, sound.Env()...), sound
}

// somebody sits before a screen of that size. Tally is not started yet.
func somebody(t *testing.T, size string) *person {
	t.Helper()
	d := apptest.StartDesktop(t, size)
	p := &person{t: t, desktop: d, config: filepath.Join(d.Config(), "tally")}
	t.Cleanup(func() {
		if p.tally == nil {
			return
		}
		out := p.tally.Output()
		if strings.Contains(out, secret) {
			t.Error("Tally printed the stream key")
		}
		if strings.Contains(out, "Error in Fyne call thread") {
			t.Errorf("a widget was used from another goroutine:\n%s", out)
		}
	})
	return p
}

// start opens the window and lets it fill the screen.
func (p *person) start() {
	p.t.Helper()
	p.open()
	p.fill(offAir)
}

// open opens the window.
func (p *person) open() {
	p.t.Helper()
	env := append(p.desktop.Env(), "FYNE_THEME=dark", "FYNE_SCALE=1", "TALLY_THREAD_CHECKS=1")
	started := apptest.Start(p.t, append(env, p.env...), program)
	p.tally = started
	// Registered after the start, so that it comes before the end of Tally.
	p.t.Cleanup(func() {
		if p.t.Failed() && p.tally == started {
			p.keepScreen()
		}
	})
	window := p.desktop.Window(p.t, "^Tally$", 15*time.Second)
	p.desktop.Do(p.t, "windowactivate", "--sync", window)
}

// fill lets the window fill the screen, with a lamp of that colour. While it grows, its
// lamp is already there for a moment, with the bare screen, which is black, below it.
func (p *person) fill(lamp color.NRGBA) {
	p.t.Helper()
	p.keys("ctrl+shift+f")
	p.until(10*time.Second, "the window fills the screen", func(img image.Image) bool {
		b := img.Bounds()
		return lampIs(img, lamp) && !sameColor(img, b.Min.X, b.Max.Y-1, color.NRGBA{A: 255})
	})
}

func (p *person) keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.desktop.Do(p.t, "key", "--clearmodifiers", k)
		time.Sleep(80 * time.Millisecond) // a person is no faster
	}
}

func (p *person) types(text string) {
	p.t.Helper()
	p.desktop.Do(p.t, "type", "--delay", "8", text)
	time.Sleep(80 * time.Millisecond)
}

func (p *person) click(at image.Point) {
	p.t.Helper()
	p.desktop.Do(p.t, "mousemove", fmt.Sprint(at.X), fmt.Sprint(at.Y))
	time.Sleep(150 * time.Millisecond) // a hand comes to rest before it presses
	p.desktop.Do(p.t, "click", "1")
}

// look is what the screen shows.
func (p *person) look() image.Image {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "screen.png")
	p.desktop.Screenshot(p.t, path)
	f, err := os.Open(path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		p.t.Fatal(err)
	}
	return img
}

func (p *person) until(within time.Duration, what string, seen func(image.Image) bool) {
	p.t.Helper()
	apptest.Until(p.t, within, what, func() bool { return seen(p.look()) })
}

// lamp waits until the lamp has that colour.
func (p *person) lamp(c color.NRGBA, within time.Duration, what string) {
	p.t.Helper()
	p.until(within, "the lamp says "+what, func(img image.Image) bool { return lampIs(img, c) })
}

// picture saves what the screen shows, for people to look at.
func (p *person) picture(name string) {
	if *pictures != "" {
		p.desktop.Screenshot(p.t, filepath.Join(*pictures, name+".png"))
	}
}

// keepScreen saves what a failed test saw.
func (p *person) keepScreen() {
	path := filepath.Join(os.TempDir(), strings.ReplaceAll(p.t.Name(), "/", "-")+".png")
	p.desktop.Screenshot(p.t, path)
	p.t.Log("the screen is in", path)
}

// lampIs tells whether a lamp of that colour is at the lower left, where the
// status bar has it.
func lampIs(img image.Image, c color.NRGBA) bool {
	b := img.Bounds()
	return count(img, image.Rect(b.Min.X, b.Max.Y-60, b.Min.X+230, b.Max.Y), c) > 3000
}

// count is how many pixels of an area have a colour.
func count(img image.Image, area image.Rectangle, c color.NRGBA) int {
	n := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if sameColor(img, x, y, c) {
				n++
			}
		}
	}
	return n
}

func sameColor(img image.Image, x, y int, c color.NRGBA) bool {
	return color.NRGBAModel.Convert(img.At(x, y)) == c
}

// words tells whether there is text of a colour in an area. Its edges are mixed
// with what lies behind, so a shade of it counts.
func words(img image.Image, area image.Rectangle, c color.NRGBA) bool {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) < 50 }
	n := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			p := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			if near(p.R, c.R) && near(p.G, c.G) && near(p.B, c.B) {
				n++
			}
		}
	}
	return n > 60
}

// bigButton finds the middle of the one big button, at the lower right, by its
// colour.
func bigButton(t *testing.T, img image.Image, c color.NRGBA) image.Point {
	t.Helper()
	b := img.Bounds()
	var box image.Rectangle
	for y := b.Dy() / 2; y < b.Max.Y-60; y++ {
		for x := b.Dx() * 7 / 10; x < b.Max.X; x++ {
			if color.NRGBAModel.Convert(img.At(x, y)) == c {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Dx() < 200 || box.Dy() < 40 {
		t.Fatalf("there is no big button of colour %v; found %v", c, box)
	}
	return middle(box)
}

func middle(of image.Rectangle) image.Point { return of.Min.Add(of.Size().Div(2)) }

// viewersGet goes live, and is what somebody who watches gets in the first seconds.
func (p *person) viewersGet(n *apptest.NGINX) apptest.Media {
	p.t.Helper()
	viewer := n.Watch(p.t, secret, 4*time.Second)
	p.keys("ctrl+l")
	n.WaitPublished(p.t, secret, 1, 15*time.Second)
	p.lamp(onAir, 10*time.Second, "ON AIR")
	return apptest.Probe(p.t, viewer.File(p.t))
}

// saveDestination types address and key as a newcomer does.
func (p *person) saveDestination(address, key string) {
	p.t.Helper()
	p.keys("ctrl+n")
	p.types(address)
	p.keys("Tab")
	if key != "" {
		p.types(key)
	}
	p.picture("destination")
	p.keys("Return")
	p.isKept("the destination is saved", func(s string) bool { return strings.Contains(s, "rtmp://") })
}

// isKept waits until the settings on the disk say so.
func (p *person) isKept(what string, says func(settings string) bool) {
	p.t.Helper()
	path := filepath.Join(p.config, "settings.json")
	apptest.Until(p.t, 5*time.Second, what, func() bool {
		b, _ := os.ReadFile(path)
		return says(string(b))
	})
}

// checkSecret looks for the key in everything that Tally keeps. Without a
// keyring it is in a file that only its owner can read, and nowhere else.
func (p *person) checkSecret() {
	p.t.Helper()
	found := false
	err := filepath.WalkDir(p.config, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(b), secret) {
			return err
		}
		found = true
		info, err := e.Info()
		if err != nil {
			return err
		}
		if filepath.Base(path) != "keys.json" || info.Mode().Perm() != 0o600 {
			p.t.Errorf("the stream key is in %s, mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		p.t.Error(err)
	}
	if !found {
		p.t.Error("the stream key is stored nowhere")
	}
}
