package testcard

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/vector"
)

// layout says where things are. u is a ninth of the height.
//
//	0   ┌──────────────────────────────┐
//	    │ colour bars   ( circle )     │
//	    │ grey steps and ramp          │
//	6u  ├──────────────────────────────┤ end of the flash
//	    │ track of the runner          │
//	    │ TALLY    clock    frame, size│
//	    ├──────────────────────────────┤
//	9u  └─ counter ────────────────────┘
type layout struct {
	width, height int
	u             float64
	flash         image.Rectangle
	center        [2]float64 // of the circle
	radius        float64    // of the circle
	orbit         float64    // radius of the dot's path
	track         image.Rectangle
	band          image.Rectangle // the text
	strip         int             // where the counter begins
}

func newLayout(width, height int) layout {
	u := float64(height) / 9
	l := layout{width: width, height: height, u: u, flash: FlashArea(width, height), strip: stripTop(height)}
	l.center = [2]float64{float64(width) / 2, float64(l.flash.Max.Y) / 2}
	l.radius = min(2.6*u, float64(width)*0.45)
	l.orbit = l.radius * 0.84
	trackTop := l.flash.Max.Y
	l.track = image.Rect(0, trackTop, width, min(l.strip, trackTop+int(0.45*u)))
	l.band = image.Rect(0, l.track.Max.Y, width, l.strip)
	return l
}

var (
	ink    = color.RGBA{18, 18, 18, 255} // the ground of the band; grey, since running text is luma alone
	panel  = color.RGBA{30, 30, 30, 255}
	dim    = color.RGBA{150, 150, 150, 255}
	bright = color.RGBA{240, 240, 240, 255}
	red    = color.RGBA{226, 38, 47, 255}
)

// background draws all that stands still.
func (l layout) background(fps float64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, l.width, l.height))
	fill(img, img.Bounds(), ink)
	l.bars(img)
	l.greys(img)
	l.circle(img)
	l.trackMarks(img)
	l.labels(img, fps)
	return img
}

func fill(img *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// bars draws the eight bars at 75 %.
func (l layout) bars(img *image.RGBA) {
	const on = 191
	bars := []color.RGBA{
		{on, on, on, 255},
		{on, on, 0, 255},
		{0, on, on, 255},
		{0, on, 0, 255},
		{on, 0, on, 255},
		{on, 0, 0, 255},
		{0, 0, on, 255},
		{16, 16, 16, 255},
	}
	bottom := int(4.9 * l.u)
	for i, c := range bars {
		fill(img, image.Rect(i*l.width/len(bars), 0, (i+1)*l.width/len(bars), bottom), c)
	}
}

// greys draws eleven steps from black to white, and a smooth ramp below.
func (l layout) greys(img *image.RGBA) {
	const steps = 11
	top, middle := int(4.9*l.u), int(5.5*l.u)
	for i := range steps {
		v := uint8(i * 255 / (steps - 1))
		fill(img, image.Rect(i*l.width/steps, top, (i+1)*l.width/steps, middle), color.RGBA{v, v, v, 255})
	}
	for x := range l.width {
		v := uint8(x * 255 / max(l.width-1, 1))
		fill(img, image.Rect(x, middle, x+1, l.flash.Max.Y), color.RGBA{v, v, v, 255})
	}
}

// circle draws the disc with its grid, 60 ticks and the name.
func (l layout) circle(img *image.RGBA) {
	cx, cy := l.center[0], l.center[1]
	hair := max(1, l.u/60)
	disc(img, cx, cy, l.radius+3*hair, bright)
	disc(img, cx, cy, l.radius, panel)

	inner := l.radius * 0.72
	for k := -3; k <= 3; k++ {
		at := float64(k) * inner / 4
		half := math.Sqrt(inner*inner - at*at)
		c := color.RGBA{70, 70, 70, 255}
		if k == 0 {
			c = color.RGBA{130, 130, 130, 255}
		}
		line(img, cx+at, cy-half, cx+at, cy+half, hair, c)
		line(img, cx-half, cy+at, cx+half, cy+at, hair, c)
	}
	for k := range 60 {
		sin, cos := math.Sincos(float64(k) * math.Pi / 30)
		from, c := 0.955, dim
		if k%5 == 0 {
			from, c = 0.92, bright
		}
		line(img, cx+sin*l.radius*from, cy-cos*l.radius*from, cx+sin*l.radius*0.985, cy-cos*l.radius*0.985, 1.5*hair, c)
	}
	face := fontFace(bold, l.radius*0.37)
	box := image.Rect(int(cx-l.radius*0.66), int(cy-l.radius*0.24), int(cx+l.radius*0.66), int(cy+l.radius*0.24))
	fill(img, box, color.RGBA{0, 0, 0, 255})
	text(img, face, "TALLY", cx, cy+capHeight(face)/2, 0.5, bright)
}

// trackMarks draws the ruler that the runner goes along.
func (l layout) trackMarks(img *image.RGBA) {
	fill(img, l.track, color.RGBA{0, 0, 0, 255})
	for k := range 21 {
		x := float64(l.width) * float64(k) / 20
		height, c := 0.3, dim
		if k%5 == 0 {
			height, c = 0.6, bright
		}
		bottom := float64(l.track.Max.Y)
		line(img, x, bottom-height*float64(l.track.Dy()), x, bottom, max(1, l.u/50), c)
	}
}

func (l layout) labels(img *image.RGBA, fps float64) {
	face := fontFace(bold, 0.62*l.u)
	margin, base := 0.6*l.u, l.baseline()
	lampX := margin + 0.22*l.u
	disc(img, lampX, base-capHeight(face)/2, 0.24*l.u, red)
	text(img, face, "TALLY", lampX+0.5*l.u, base, 0, bright)

	small := fontFace(regular, 0.40*l.u)
	right := float64(l.width) - margin
	text(img, small, fmt.Sprintf("%d×%d  %.4g fps", l.width, l.height, fps), right, base+0.1*l.u, 1, dim)
}

// baseline is that of the large text in the band.
func (l layout) baseline() float64 { return float64(l.band.Max.Y) - 0.7*l.u }

// disc fills a circle, with smooth edges.
func disc(img *image.RGBA, cx, cy, r float64, c color.Color) {
	polygon(img, c, 96, func(i int) (x, y float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 96)
		return cx + r*cos, cy + r*sin
	})
}

// line draws a straight stroke of some width, with smooth edges.
func line(img *image.RGBA, x0, y0, x1, y1, width float64, c color.Color) {
	length := math.Hypot(x1-x0, y1-y0)
	if length == 0 {
		return
	}
	nx, ny := (y1-y0)/length*width/2, -(x1-x0)/length*width/2
	corners := [4][2]float64{{x0 + nx, y0 + ny}, {x1 + nx, y1 + ny}, {x1 - nx, y1 - ny}, {x0 - nx, y0 - ny}}
	polygon(img, c, 4, func(i int) (x, y float64) { return corners[i][0], corners[i][1] })
}

// polygon fills an outline of n corners, at most 96. It rasterises no more than the
// outline's own rectangle.
func polygon(img *image.RGBA, c color.Color, n int, corner func(int) (x, y float64)) {
	var xs, ys [96]float64
	for i := range n {
		xs[i], ys[i] = corner(i)
	}
	box := image.Rect(int(slices.Min(xs[:n])), int(slices.Min(ys[:n])), int(slices.Max(xs[:n]))+1, int(slices.Max(ys[:n]))+1)
	box = box.Intersect(img.Bounds())
	if box.Empty() {
		return
	}
	z := vector.NewRasterizer(box.Dx(), box.Dy())
	at := func(i int) (x, y float32) {
		return float32(xs[i] - float64(box.Min.X)), float32(ys[i] - float64(box.Min.Y))
	}
	z.MoveTo(at(0))
	for i := 1; i < n; i++ {
		z.LineTo(at(i))
	}
	z.ClosePath()
	z.Draw(img, box, image.NewUniform(c), image.Point{})
}

// text writes s with its baseline at y; anchor 0, 0.5 and 1 put x at its left,
// middle and right.
func text(img *image.RGBA, face font.Face, s string, x, y, anchor float64, c color.Color) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: face}
	x -= anchor * float64(d.MeasureString(s)) / 64
	d.Dot.X, d.Dot.Y = toFixed(x), toFixed(y)
	d.DrawString(s)
}
