package e2e

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app"
	"tally/app/apptest"
)

// look is how the window is while it is shown around.
type look struct {
	name        string // ends the names of its pictures
	title       string
	theme       string
	scale       float64
	width, high int
	lang        string
	tight       bool // only the screens in which little room shows; with long names where lang is another
}

var looks = []look{
	{name: "dark-1", title: "Dark", theme: "dark", scale: 1, width: 1280, high: 800},
	{name: "light-1", title: "Light", theme: "light", scale: 1, width: 1280, high: 800},
	{name: "dark-1.5", title: "Dark, scale 1.5", theme: "dark", scale: 1.5, width: 1920, high: 1200},
	{name: "light-1.5", title: "Light, scale 1.5", theme: "light", scale: 1.5, width: 1920, high: 1200},
	{name: "small", title: "900 × 600", theme: "light", scale: 1, width: 900, high: 600, tight: true},
	{name: "de", title: "German", theme: "dark", scale: 1, width: 1280, high: 800, lang: "de_DE.UTF-8", tight: true},
	{name: "ja", title: "Japanese", theme: "light", scale: 1, width: 1280, high: 800, lang: "ja_JP.UTF-8", tight: true},
}

// TestTour goes through the screens by keyboard, and looks whether each is there.
// With -screenshots it goes through all of them, in each look, and keeps the
// pictures with a page that shows them.
func TestTour(t *testing.T) {
	if *screenshots == "" {
		tour(t, looks[0], t.TempDir())
		return
	}
	dir := filepath.Join(*screenshots, "screens")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, l := range looks {
		t.Run(l.name, func(t *testing.T) {
			old, _ := filepath.Glob(filepath.Join(dir, "*-"+l.name+".webp"))
			for _, path := range old {
				os.Remove(path)
			}
			tour(t, l, dir)
		})
	}
	writePage(t, dir)
}

// tourist is somebody who looks at everything.
type tourist struct {
	*testing.T
	look
	dir     string // of the pictures
	desktop *apptest.Desktop
	sound   *apptest.Sound
	config  string // Tally's folder
	tally   *apptest.Process
	before  image.Image
}

func tour(t *testing.T, l look, dir string) {
	n := apptest.StartNGINX(t)
	v := &tourist{T: t, look: l, dir: dir, sound: apptest.StartSound(t), desktop: apptest.StartDesktop(t, fmt.Sprintf("%dx%d", l.width, l.high))}
	if l.lang != "" {
		v.sound.Microphone(t, "Condenser microphone with the long name, at the second socket of the USB audio interface")
	}
	v.sound.Tone(t)
	v.config = filepath.Join(v.desktop.Config(), "tally")
	film := v.card()
	v.know(n)
	v.start()
	v.visit(offAir)
	if *screenshots == "" {
		return
	}
	v.visit(rehearsal)
	v.quit()

	v.enable("own", "")
	v.start()
	v.act("ctrl+l")
	n.WaitPublished(t, secret, 1, 20*time.Second)
	v.visit(onAirStops)
	n.Pause()
	v.act("wait 8s")
	v.visit(troubles[0:1])
	n.Kill()
	v.act("wait 12s")
	v.visit(troubles[1:2])
	n.Start(t)
	v.act("ctrl+r")
	n.WaitPublished(t, secret, 2, 20*time.Second)
	v.act("wait 5s", "ctrl+e", "Tab", "Return", "wait 3s")
	v.visit(afterwards)

	v.act("ctrl+l")
	n.WaitPublished(t, secret, 3, 20*time.Second)
	v.act("wait 5s")
	v.tally.Kill()
	v.enable("guarded", "file:"+film)
	v.start()
	v.visit(troubles[2:3])
	v.act("Escape", "wait 1s")
	v.visit(later)
	v.act("ctrl+l", "wait 5s")
	v.visit(troubles[3:4])
}

// card opens a window with a plain picture, and makes a film of it. A plain one,
// since each of the tour's pictures has it.
func (v *tourist) card() (film string) {
	v.Helper()
	dir := v.TempDir()
	picture, film := filepath.Join(dir, "card.png"), filepath.Join(dir, "starting-soon.mp4")
	v.run("convert", "-size", "1200x676", "xc:#17414d", "-fill", "#e8c468", "-gravity", "center", "-pointsize", "96", "-annotate", "0", "Starting soon", picture)
	v.run("ffmpeg", "-loglevel", "error", "-loop", "1", "-i", picture, "-t", "90", "-r", "5", "-pix_fmt", "yuv420p", film)
	apptest.Start(v, v.desktop.Env(), "display", "-title", v.cardTitle(), picture)
	v.desktop.Window(v, "^Starting soon", 10*time.Second)
	return film
}

func (v *tourist) run(name string, args ...string) {
	v.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		v.Fatalf("%s: %v: %s", name, err, out)
	}
}

func (v *tourist) cardTitle() string {
	if v.lang != "" {
		return "Starting soon – the long title of a window that tells about all that will be in the show"
	}
	return "Starting soon"
}

// know writes settings, so that no guide greets, with places to go to.
func (v *tourist) know(n *apptest.NGINX) {
	v.Helper()
	s := app.DefaultSettings()
	s.Video.Source = "window:Starting soon"
	names := []string{"Own server", "Twitch", "YouTube", "Town hall"}
	if v.lang != "" {
		names = []string{"The own server in the cellar of the town hall, left", "Twitch, the channel for everything with music", "YouTube: Sonntagsspaziergänge durch Großstädte", "録画したものを日曜日の夜にもう一度流すサーバー"}
	}
	s.Destinations = []app.Destination{
		{ID: "own", Name: names[0], URL: "rtmp://" + n.Addr + "/live"},
		{ID: "twitch", Name: names[1], Service: "twitch", URL: "rtmps://ingest.global-contribute.live-video.net:443/app"},
		{ID: "youtube", Name: names[2], Service: "youtube", URL: "rtmps://a.rtmps.youtube.com:443/live2", Main: true},
		{ID: "guarded", Name: names[3], URL: "rtmp://" + n.Addr + "/guarded"},
	}
	for _, name := range []string{"Games", "Talk"} {
		var err error
		if s, err = s.NewProfile(name); err != nil {
			v.Fatal(err)
		}
	}
	v.save(s)
	keys, err := json.Marshal(map[string]string{"own": secret, "twitch": secret, "guarded": secret})
	if err == nil {
		err = os.WriteFile(filepath.Join(v.config, "keys.json"), keys, 0o600)
	}
	if err != nil {
		v.Fatal(err)
	}
}

func (v *tourist) settingsPath() string { return filepath.Join(v.config, "settings.json") }

func (v *tourist) save(s app.Settings) {
	v.Helper()
	if err := app.SaveSettings(v.settingsPath(), s); err != nil {
		v.Fatal(err)
	}
}

// enable makes a place the only one to go to, and the film the picture, if there is
// one. Tally must not run.
func (v *tourist) enable(id, source string) {
	v.Helper()
	s, err := app.LoadSettings(v.settingsPath())
	if err != nil {
		v.Fatal(err)
	}
	for i := range s.Destinations {
		s.Destinations[i].Enabled = s.Destinations[i].ID == id
	}
	if source != "" {
		s.Video.Source = source
	}
	v.save(s)
}

func (v *tourist) start() {
	v.Helper()
	env := append(v.desktop.Env(), v.sound.Env()...)
	env = append(env, "FYNE_THEME="+v.theme, fmt.Sprintf("FYNE_SCALE=%g", v.scale))
	if v.lang != "" {
		env = append(env, "LANG="+v.lang)
	}
	v.tally = apptest.Start(v, env, program)
	v.desktop.Do(v, "windowactivate", "--sync", v.desktop.Window(v, "^Tally", 15*time.Second))
	v.act("wait 1s", "ctrl+shift+f", "wait 2s") // it grows
}

func (v *tourist) quit() {
	v.Helper()
	v.desktop.Window(v, "^Tally$", 15*time.Second)
	v.act("ctrl+q")
	if status := v.tally.Wait(v, 10*time.Second); status != 0 {
		v.Errorf("exit status %d", status)
	}
}

// act does what the words say: "click 30 14" at a place of the window, "wheel 5"
// downwards over a sheet, "type text", "wait 3s"; all else is a key.
func (v *tourist) act(words ...string) {
	v.Helper()
	for _, w := range words {
		what, rest, _ := strings.Cut(w, " ")
		switch what {
		case "click":
			var x, y float64
			fmt.Sscan(rest, &x, &y)
			v.desktop.Do(v, "mousemove", fmt.Sprint(int(x*v.scale)), fmt.Sprint(int(y*v.scale)))
			time.Sleep(200 * time.Millisecond) // a hand comes to rest before it presses
			v.desktop.Do(v, "click", "1")
		case "wheel":
			v.desktop.Do(v, "mousemove", fmt.Sprint(v.width/2), fmt.Sprint(v.high/2), "click", "--repeat", rest, "--delay", "15", "5")
		case "type":
			v.desktop.Do(v, "type", "--delay", "10", rest)
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				v.Fatal(err)
			}
			time.Sleep(d)
		default:
			v.desktop.Do(v, "key", "--clearmodifiers", w)
		}
		time.Sleep(300 * time.Millisecond)
	}
}

func (v *tourist) visit(stops []stop) {
	v.Helper()
	for _, s := range stops {
		if *screenshots == "" && !s.often {
			continue
		}
		v.act(s.do...)
		if !v.tight || s.tight {
			v.take(s)
		}
		if back := s.back; *screenshots == "" && s.sheet && back == nil {
			v.act(escape...) // the stop that would have left it is not made
		} else {
			v.act(back...)
		}
	}
}

// take keeps a picture of a screen when it has come to rest, and tells when it is
// not there.
func (v *tourist) take(s stop) {
	v.Helper()
	v.desktop.Do(v, "mousemove", fmt.Sprint(v.width-2), fmt.Sprint(v.high/2)) // out of the way: what is under it looks otherwise
	path, shown := filepath.Join(v.TempDir(), s.name+".png"), ""
	for range 8 {
		time.Sleep(500 * time.Millisecond) // it unfolds
		v.desktop.Screenshot(v, path)
		now := decode(v, path)
		switch {
		case v.before != nil && differing(v.before, now, image.Rectangle{}) < 300:
			shown = "looks the same as what was before"
			continue
		case s.sheet && !v.sheetIsOver(now):
			shown = "has no sheet over the picture"
			continue
		}
		v.before, shown = now, ""
		break
	}
	if shown != "" {
		v.Errorf("%s %s", s.name, shown)
	}
	kept := filepath.Join(v.dir, s.name+"-"+v.name+".webp")
	v.run("convert", path, "+dither", "-colors", "24", "-define", "webp:lossless=true", "-define", "webp:method=6", kept)
}

// sheetIsOver looks for a sheet's colour where the picture would be.
func (v *tourist) sheetIsOver(img image.Image) bool {
	sheet := color.NRGBA{0x1f, 0x23, 0x29, 255}
	if v.theme == "light" {
		sheet = color.NRGBA{255, 255, 255, 255}
	}
	n := 0
	for y := v.high / 8; y < v.high*5/8; y++ {
		for x := v.width / 4; x < v.width*11/16; x++ {
			if color.NRGBAModel.Convert(img.At(x, y)) == sheet {
				n++
			}
		}
	}
	return n > v.width*v.high/50
}
