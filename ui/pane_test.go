package ui

import (
	"image"
	"testing"

	"tally/app"
	"tally/capture"
)

// recordingPane writes down what it is asked for, on the seam to the screen.
type recordingPane struct {
	at   image.Rectangle
	seen []image.Rectangle
	puts int
}

func (p *recordingPane) Place(at image.Rectangle, seen []image.Rectangle) {
	p.at, p.seen = at, seen
}
func (p *recordingPane) Put([]byte) { p.puts++ }

func area(of []image.Rectangle) (n int) {
	for _, r := range of {
		n += r.Dx() * r.Dy()
	}
	return n
}

func TestWithout(t *testing.T) {
	whole := image.Rect(0, 0, 100, 100)
	for _, c := range []struct {
		hole image.Rectangle
		want int
	}{
		{image.Rect(200, 200, 300, 300), 10_000},
		{image.Rect(10, 10, 20, 20), 9_900},
		{image.Rect(-5, -5, 5, 5), 9_975},
		{image.Rect(0, 0, 100, 100), 0},
		{image.Rect(-10, 40, 110, 60), 8_000},
	} {
		got := without([]image.Rectangle{whole}, c.hole)
		if area(got) != c.want {
			t.Errorf("%v: %v", c.hole, got)
		}
		for i, a := range got {
			for _, b := range got[:i] {
				if a.Overlaps(b) {
					t.Errorf("%v: %v and %v overlap", c.hole, a, b)
				}
			}
		}
	}
}

// TestPanes: pictures and the meter go to their panes, past the painter, and back
// to it while something lies over the window.
func TestPanes(t *testing.T) {
	w, _ := open(t)
	picture, bar := &recordingPane{}, &recordingPane{}
	w.UsePanes(picture, bar)
	w.render(live())
	show(w.preview.badge, false)
	feed := func() {
		p := w.preview
		at := pixels(w.win.Canvas(), whereIs(p.root), p.raster)
		f := capture.NewFramePool(capture.BGRA, at.Dx(), at.Dy()).Get()
		f.Plane[0][0], f.Plane[0][2] = 1, 3
		p.showFrame(f)
	}
	feed() // the first is the painter's: nothing is placed yet
	if picture.puts != 0 || !w.preview.raster.Visible() {
		t.Fatal("the first picture went to a pane that is nowhere")
	}
	if pix := w.preview.image.Pix; pix[0] != 3 || pix[2] != 1 || pix[3] != 255 {
		t.Errorf("the painter got %v", pix[:4])
	}
	w.placePanes()
	feed()
	if picture.puts != 1 || w.preview.raster.Visible() {
		t.Fatalf("%d pictures in the pane, the painter's visible: %v", picture.puts, w.preview.raster.Visible())
	}
	frame := picture.at.Dx()*picture.at.Dy() - area(picture.seen)
	if want := 2*frameWidth*picture.at.Dx() + 2*frameWidth*(picture.at.Dy()-2*frameWidth); frame != want {
		t.Errorf("the lamp's frame has %d pixels, want %d", frame, want)
	}
	if bar.puts == 0 || bar.at.Dy() != meterBar {
		t.Errorf("the meter: %d pictures at %v", bar.puts, bar.at)
	}

	w.render(reconnecting())
	before := area(picture.seen)
	w.placePanes()
	if area(picture.seen) >= before-10_000 {
		t.Error("there is no hole for the banner")
	}

	w.showSettings()
	w.placePanes()
	if !w.preview.raster.Visible() || len(bar.seen) != 0 {
		t.Error("the panes lie over a sheet")
	}
	puts := picture.puts
	feed() // a picture that comes before the painter has painted must not hide it again
	if w.placePanes(); picture.puts != puts || !w.preview.raster.Visible() {
		t.Error("the picture stays over a sheet")
	}
	w.capture() // paints
	w.preview.paint(640, 360)
	if len(picture.seen) != 0 {
		t.Error("the picture's pane is still there when the painter has painted")
	}
	w.sheet.close()
	w.placePanes()
	feed()
	if len(picture.seen) == 0 || w.preview.raster.Visible() {
		t.Error("the panes do not come back")
	}

	s := ready() // on air viewers see a slate, and so does the window
	s.Picture = app.SourceStatus{State: app.SourceFailed, Name: "Camera"}
	w.render(s)
	w.placePanes()
	if len(picture.seen) != 0 || w.preview.raster.Visible() {
		t.Errorf("an old picture covers what is wrong: pane %v, painter %v", picture.seen, w.preview.raster.Visible())
	}
}
