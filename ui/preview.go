package ui

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
	"tally/app/program"
	"tally/capture"
)

// previewView is the picture that goes out. Its buffers come from the program's
// pool and go straight to the painter, or to a pane: nothing is copied here.
type previewView struct {
	root    fyne.CanvasObject
	preview *program.Preview
	raster  *canvas.Raster
	pane    placed
	bars    [2]*canvas.Rectangle // the stage beside the picture, or instead of it
	frame   [4]*canvas.Rectangle // the lamp's colour around the picture; one with a hole would cost a repaint of all of it
	notice  *fyne.Container      // instead of a picture
	title   *line
	advice  *paragraph
	badge   *panel
	word    *line
	over    []fyne.CanvasObject // what may lie over the picture

	taken         *capture.Frame // shown now; released when the next one is
	image         image.RGBA     // wraps taken
	swapped       bool           // red and blue of taken, from the screen's order to the painter's
	width, height int            // pixels that the picture has on the screen
	shape         float32        // width / height of the picture
	hidden        bool           // nobody can see it
	off           bool           // nobody wants it
	covered       bool           // something lies over the window: the picture is the painter's
	painted       int            // how often the picture was painted
}

func newPreviewView(p *program.Preview, banner fyne.CanvasObject) *previewView {
	v := &previewView{
		preview: p, shape: 16. / 9,
		title:  newLine("", colorOnStage, sizeStage).bold().centered().clipped(),
		advice: newParagraph("", colorOnStage, theme.SizeNameText, 0),
	}
	v.advice.align = fyne.TextAlignCenter
	for i := range v.bars {
		v.bars[i] = canvas.NewRectangle(shade(colorStage))
	}
	for i := range v.frame {
		v.frame[i] = canvas.NewRectangle(color.Transparent)
	}
	v.raster = canvas.NewRaster(v.paint)
	v.raster.ScaleMode = canvas.ImageScaleFastest
	v.notice = column(6, v.title, v.advice)
	v.word = newLine(tr("PREVIEW"), colorOnStage, sizeSmall).bold()
	v.badge = newPanel(v.word, colorStage)
	v.badge.padX, v.badge.padY, v.badge.radius = 8, 3, 5
	v.over = []fyne.CanvasObject{v.badge, banner, v.frame[0], v.frame[1], v.frame[2], v.frame[3]}
	v.root = container.New(&stageLayout{v}, v.bars[0], v.bars[1], v.raster, v.notice, v.frame[0], v.frame[1], v.frame[2], v.frame[3], v.badge, banner)
	return v
}

// paint gives the painter the picture. It runs within Fyne's drawing, so it does
// nothing but hand over.
func (v *previewView) paint(w, h int) image.Image {
	v.painted++
	v.pane.away() // what was under it is there now
	v.width, v.height = w, h
	v.ask()
	if v.taken == nil {
		return image.Transparent
	}
	if v.taken.Width == w && v.taken.Height == h {
		v.raster.ScaleMode = canvas.ImageScalePixels
	} else {
		v.raster.ScaleMode = canvas.ImageScaleFastest
	}
	return &v.image
}

// ask tells the program how large a picture is wanted.
func (v *previewView) ask() {
	if v.hidden || v.off {
		v.preview.Resize(0, 0)
	} else {
		v.preview.Resize(v.width, v.height)
	}
}

// hide stops and starts the picture: a hidden window needs none.
func (v *previewView) hide(hidden bool) {
	if v.hidden != hidden {
		v.hidden = hidden
		v.ask()
	}
}

// switchOff is the user's choice to do without.
func (v *previewView) switchOff(off bool) {
	if v.off != off {
		v.off = off
		v.ask()
	}
}

// next shows the newest picture, if there is one that was not shown.
func (v *previewView) next() {
	if f := v.preview.Take(); f != nil {
		v.showFrame(f)
	}
}

// showFrame takes over the reference to f.
func (v *previewView) showFrame(f *capture.Frame) {
	if v.taken != nil {
		v.taken.Release()
	}
	v.taken, v.swapped = f, false
	if shape := float32(f.Width) / float32(f.Height); differ(shape, v.shape) {
		v.shape = shape
		v.root.Refresh()
	}
	if v.pane.on && !v.covered && f.Width == v.pane.at.Dx() && f.Height == v.pane.at.Dy() {
		v.pane.Put(f.Plane[0])
		show(v.raster, false) // only now: it had to be seen until here
		return
	}
	v.toRaster()
}

// place puts the pane where the picture is, unless it is not free: then the painter
// has to show it.
func (v *previewView) place(at image.Rectangle, free bool, holes []image.Rectangle) {
	v.covered = !free
	switch {
	case v.notice.Visible():
		v.pane.away()
		return
	case v.taken == nil:
		return
	case !free:
		if v.pane.on && !v.raster.Visible() {
			v.raster.Show()
			v.toRaster() // whereupon paint sends the pane away
		}
		return
	}
	if v.pane.place(at, at, holes) || v.width != at.Dx() || v.height != at.Dy() {
		v.width, v.height = at.Dx(), at.Dy()
		v.ask()
	}
}

// swapRedAndBlue changes BGRA into RGBA, and makes it opaque.
func swapRedAndBlue(pix []byte) {
	for i := 0; i+4 <= len(pix); i += 4 {
		p := pix[i : i+4 : i+4]
		p[0], p[2], p[3] = p[2], p[0], 255
	}
}

// toRaster makes the painter show what was taken last.
func (v *previewView) toRaster() {
	f := v.taken
	if f == nil {
		return
	}
	if f.Format == capture.BGRA && !v.swapped {
		swapRedAndBlue(f.Plane[0])
		v.swapped = true
	}
	v.image = image.RGBA{Pix: f.Plane[0], Stride: f.Stride[0], Rect: image.Rect(0, 0, f.Width, f.Height)}
	v.raster.Refresh()
}

// close gives back the picture that is shown.
func (v *previewView) close() {
	if v.taken != nil {
		v.taken.Release()
		v.taken, v.image = nil, image.RGBA{}
	}
}

// differ tells apart two shapes by more than what rounding to pixels makes.
func differ(a, b float32) bool { return a > b*1.01 || b > a*1.01 }

func (v *previewView) render(s app.Snapshot) {
	for _, bar := range v.bars {
		if c := shade(colorStage); bar.FillColor != c {
			bar.FillColor = c
			bar.Refresh()
		}
	}
	v.renderFrame(s)
	title, advice := stageNotice(s.Picture)
	if s.State.OnAir() && s.Picture.State != app.SourceOff {
		title, advice = "", "" // the slate is what viewers see, and the banner says why
	}
	if title == "" && v.off {
		title, advice = tr("The preview is off"), tr("What goes out is not touched by this. Settings bring it back.")
	}
	if v.notice.Visible() != (title != "") {
		show(v.notice, title != "")
		show(v.raster, title == "")
		v.root.Refresh()
	}
	if title != "" {
		v.title.setText(title)
		v.advice.set(advice, colorOnStage)
		if v.notice.Size() != v.notice.MinSize() {
			v.root.Refresh()
		}
	}
	show(v.badge, title == "" && (s.State == app.Idle || s.State == ""))
}

// renderFrame draws the lamp's colour around the picture, to be seen from where
// its words cannot be read.
func (v *previewView) renderFrame(s app.Snapshot) {
	on := s.State.OnAir() && s.State != app.Ending
	c := shade(signalOf(s).fill)
	for _, side := range v.frame {
		show(side, on)
		if on && side.FillColor != c {
			side.FillColor = c
			side.Refresh()
		}
	}
}

// stageNotice is what stands where a picture would be.
func stageNotice(p app.SourceStatus) (title, advice string) {
	switch p.State {
	case app.SourceOff:
		return tr("No picture"), tr("Choose a camera, a screen or the test card at the right.")
	case app.SourceStarting:
		return tr("Starting %s…", p.Name), ""
	case app.SourceFailed:
		if p.Problem.Title != "" {
			return say(p.Problem.Title), say(p.Problem.Advice)
		}
		return tr("%s does not work", p.Name), tr("Tally keeps trying. You can choose another picture at the right.")
	case app.SourceEnded:
		return tr("The file is over"), tr("Choose another picture at the right.")
	}
	return "", ""
}

// frameWidth is that of the lamp's colour around the picture.
const frameWidth = 4

// stageLayout keeps the picture's shape inside the stage, and lays notices over
// it.
type stageLayout struct{ v *previewView }

func (stageLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 180) }

// placeBars fills what the picture leaves over: at most two bars beside it, or all
// when there is none. Nothing is painted twice: painting it costs as much as the
// picture where the processor paints.
func (l *stageLayout) placeBars(a, b fyne.CanvasObject, at fyne.Position, s fyne.Size) {
	size := fyne.NewSize(s.Width, at.Y)
	if at.X > at.Y {
		size = fyne.NewSize(at.X, s.Height)
	}
	if l.v.notice.Visible() || l.v.taken == nil {
		size = s
	}
	a.Move(fyne.Position{})
	a.Resize(size)
	b.Move(fyne.NewPos(s.Width-size.Width, s.Height-size.Height))
	b.Resize(size)
	show(b, size != s)
}

func (l *stageLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	raster, notice, frame, badge, banner := o[2], o[3], o[4:8], o[8], o[9]
	w, h := s.Width, s.Width/l.v.shape
	if h > s.Height {
		w, h = s.Height*l.v.shape, s.Height
	}
	at := fyne.NewPos((s.Width-w)/2, (s.Height-h)/2)
	raster.Resize(fyne.NewSize(w, h))
	raster.Move(at)
	l.placeBars(o[0], o[1], at, s)
	place := func(side fyne.CanvasObject, x, y, w, h float32) {
		side.Move(at.AddXY(x, y))
		side.Resize(fyne.NewSize(w, h))
	}
	place(frame[0], 0, 0, w, frameWidth)
	place(frame[1], 0, h-frameWidth, w, frameWidth)
	place(frame[2], 0, frameWidth, frameWidth, h-2*frameWidth)
	place(frame[3], w-frameWidth, frameWidth, frameWidth, h-2*frameWidth)

	nw := s.Width - 4*gap
	l.v.advice.Resize(fyne.NewSize(nw, l.v.advice.Size().Height))
	nh := notice.MinSize().Height
	notice.Resize(fyne.NewSize(nw, nh))
	notice.Move(fyne.NewPos(2*gap, (s.Height-nh)/2))

	b := badge.MinSize()
	badge.Resize(b)
	badge.Move(at.AddXY(gap, gap))

	bw := s.Width - 2*gap
	banner.Resize(fyne.NewSize(bw, banner.Size().Height))
	banner.Resize(fyne.NewSize(bw, banner.MinSize().Height))
	banner.Move(fyne.NewPos(gap, gap))
}
