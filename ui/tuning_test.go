package ui

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tally/app"
	"tally/capture"
	"tally/capture/camera"
)

// adjustable is a camera whose controls can be set.
func adjustable() app.Snapshot {
	s := live()
	s.Picture.Device, s.Sound.Device = "camera:one", "mic:m"
	s.Devices[0].Formats = []capture.Format{
		{Pixel: "YUYV", Width: 640, Height: 480, FPS: 30}, {Pixel: "MJPEG", Width: 1920, Height: 1080, FPS: 30}, {Pixel: "MJPEG", Width: 1280, Height: 720, FPS: 60},
	}
	s.Controls = []camera.Control{
		{ID: 0x980900, Name: "Brightness", Kind: camera.Slider, Min: -64, Max: 64, Step: 1, Value: 0},
		{ID: 0x980901, Name: "Contrast", Kind: camera.Slider, Min: 0, Max: 95, Step: 1, Value: 32},
		{ID: 0x98090c, Name: "White Balance, Automatic", Kind: camera.Switch, Max: 1, Value: 1},
		{ID: 0x98091a, Name: "White Balance Temperature", Kind: camera.Slider, Min: 2800, Max: 6500, Step: 10, Value: 4600, Inactive: true},
		{ID: 0x9a0901, Name: "Auto Exposure", Kind: camera.Menu, Value: 3, Choices: map[int32]string{1: "Manual Mode", 3: "Aperture Priority Mode"}},
		{ID: 0x9a0902, Name: "Exposure Time, Absolute", Kind: camera.Slider, Min: 3, Max: 2047, Step: 1, Value: 250, Inactive: true},
		{ID: 0x98f905, Name: "The maker's own", Kind: camera.Switch, Max: 1},
	}
	return s
}

// playing is a show of a film, in a pause.
func playing() app.Snapshot {
	s := live()
	s.Picture = app.SourceStatus{Source: "file:/films/talk.mp4", Device: "file:/films/talk.mp4", Name: "talk.mp4", State: app.SourceRunning, Format: "1920×1080"}
	s.Sound = s.Picture
	s.Playing = map[string]app.Place{"file:/films/talk.mp4": {At: 83 * time.Second, Length: 296 * time.Second, Paused: true}}
	return s
}

func TestPlayer(t *testing.T) {
	w, r := open(t)
	w.render(playing())
	p := w.picture.player
	if !p.root.Visible() || w.sound.player.root.Visible() {
		t.Error("one file for both must have one player, under the picture")
	}
	if p.time.text != "1:23 / 4:56" || p.slider.Value != 83 || p.play.label != "Play" {
		t.Errorf("it shows %q, %v, %q", p.time.text, p.slider.Value, p.play.label)
	}
	p.play.tapped()
	p.slider.SetValue(200)
	p.loop.tapped()
	if got := r.took(); got != "Pause(file:/films/talk.mp4, false) Seek(file:/films/talk.mp4, 3m20s) Apply" {
		t.Errorf("asked %q", got)
	}
	if !r.last().Of("file:/films/talk.mp4").Loop {
		t.Error("the file is not repeated")
	}
	s := playing()
	s.Picture.State, s.Playing = app.SourceEnded, nil
	w.render(s)
	if p.play.label != "Play again" {
		t.Errorf("at the end: %q", p.play.label)
	}
	p.play.tapped()
	if got := r.took(); got != "Seek(file:/films/talk.mp4, 0s)" {
		t.Errorf("asked %q", got)
	}
	w.render(live())
	if p.root.Visible() {
		t.Error("a camera has a player")
	}
}

func TestTiming(t *testing.T) {
	w, r := open(t)
	w.render(adjustable())
	w.showTiming()
	slider, ok := w.win.Canvas().Focused().(*sheetSlider)
	if !ok {
		t.Fatalf("%T has the focus", w.win.Canvas().Focused())
	}
	for _, c := range "++-+" {
		slider.TypedRune(c)
	}
	slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	if got := r.last().Of("mic:m").OffsetMs; got != 3*timingStep {
		t.Errorf("shifted by %d ms", got)
	}
	press(t, w, "No shift")
	if got := r.last().Of("mic:m").OffsetMs; got != 0 {
		t.Errorf("shifted by %d ms after all", got)
	}
	slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.sheet != nil || len(w.win.Canvas().Overlays().List()) > 0 {
		t.Error("the sheet is still open")
	}
}

func TestCameraSheet(t *testing.T) {
	w, r := open(t)
	w.render(adjustable())
	w.picture.adjust.tapped()
	v, ok := w.win.Canvas().Focused().(*sheetSelect)
	if !ok {
		t.Fatalf("%T has the focus", w.win.Canvas().Focused())
	}
	want := []string{"Automatic – what suits the show", "1920 × 1080 · 30 fps · MJPEG", "1280 × 720 · 60 fps · MJPEG", "640 × 480 · 30 fps · YUYV"}
	if len(v.Options) != len(want) {
		t.Fatalf("formats %q", v.Options)
	}
	for i := range want {
		if v.Options[i] != want[i] {
			t.Errorf("format %d is %q, want %q", i, v.Options[i], want[i])
		}
	}
	v.SetSelected(want[2])
	if got := r.last().Of("camera:one").Format; got != (capture.Format{Pixel: "MJPEG", Width: 1280, Height: 720, FPS: 60}) {
		t.Errorf("format %+v", got)
	}
	s := adjustable()
	s.Settings = r.last()
	s.Controls[0].Value, s.Controls[3].Inactive = 12, false // what the camera says now
	w.render(s)
	press(t, w, "Reset")
	if got := r.last().Of("camera:one"); len(got.Controls) != 0 || got.Format.FPS != 60 {
		t.Errorf("after Reset: %+v", got)
	}
}

// TestSheetsBesideFit opens the sheets that leave the picture free, in a large and a
// small window. It paints them into the folder that TALLY_LOOK names, for somebody
// to look at.
func TestSheetsBesideFit(t *testing.T) {
	for name, c := range map[string]struct {
		snapshot func() app.Snapshot
		show     func(*Window)
	}{
		"camera": {adjustable, (*Window).showCamera}, "timing": {adjustable, (*Window).showTiming}, "player": {playing, func(*Window) {}},
	} {
		for _, size := range []fyne.Size{{Width: 1280, Height: 800}, {Width: 853, Height: 533}} {
			w, _ := open(t)
			w.win.Resize(size)
			w.render(c.snapshot())
			c.show(w)
			img := w.capture()
			if w.sheet != nil {
				card := w.sheet.beside.(*fyne.Container).Objects[1]
				if p, s := card.Position(), card.Size(); p.X < 0 || p.Y < 0 || p.X+s.Width > size.Width || p.Y+s.Height > size.Height {
					t.Errorf("%s at %v: the sheet lies at %v, %v", name, size, p, s)
				}
			}
			if dir := os.Getenv("TALLY_LOOK"); dir != "" {
				f, err := os.Create(filepath.Join(dir, name+"-"+sizeName(size)+".png"))
				if err != nil {
					t.Fatal(err)
				}
				if err := png.Encode(f, img); err != nil {
					t.Error(err)
				}
				f.Close()
			}
		}
	}
}

func sizeName(s fyne.Size) string {
	if s.Width > 1000 {
		return "large"
	}
	return "small"
}
