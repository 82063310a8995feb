package ui

import (
	"image"
	"image/color"
	"image/draw"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/vector"

	"tally/app"
)

// graphSpan is how much of a show that is as long as that the graph covers, and what
// it is called: a young one has less.
func graphSpan(long time.Duration) (span time.Duration, title string) {
	switch {
	case long <= time.Minute:
		return time.Minute, tr("Bitrate, last minute")
	case long <= 2*time.Minute:
		return 2 * time.Minute, tr("Bitrate, last 2 minutes")
	}
	return 5 * time.Minute, tr("Bitrate, last 5 minutes")
}

// graphView is what was sent against what was meant to be sent.
type graphView struct {
	root          fyne.CanvasObject
	plot          *canvas.Raster
	top, half     *line
	marks         [2]*panel // under top and half, so that no line strikes them
	title, now    *line
	empty, detail *line
	nothing       *fyne.Container

	points []plotPoint
	pixels *image.RGBA
	limit  int // kbit/s at the upper edge
	span   time.Duration
}

func newGraphView() *graphView {
	v := &graphView{
		title:  caption(tr("Bitrate, last minute")).clipped(),
		top:    newLine("", colorSecondary, sizeSmall).roomFor(bitrate(8888)),
		half:   newLine("", colorSecondary, sizeSmall).roomFor(bitrate(8888)),
		now:    newLine("", colorSecondary, sizeSmall).roomFor(ofRate(88888, 88888)).trailing(),
		empty:  newLine(tr("Nothing is being sent"), theme.ColorNameForeground, theme.SizeNameText).centered(),
		detail: newLine("", colorSecondary, sizeSmall).centered().clipped(),
	}
	v.title.brief = tr("Bitrate")
	v.plot = canvas.NewRaster(v.paint)
	v.plot.ScaleMode = canvas.ImageScalePixels
	v.nothing = container.NewCenter(column(2, v.empty, widthOf(380, v.detail)))
	v.marks = [2]*panel{plotMark(v.top), plotMark(v.half)}
	plot := container.New(plotLayout{}, v.plot, v.marks[0], v.marks[1], v.nothing)
	v.root = newCard(container.NewBorder(pad(0, 4, 0, 0, ends(v.title, v.now)), nil, nil, nil, plot))
	return v
}

// plotMark puts a label on the plot's ground.
func plotMark(label *line) *panel {
	p := newPanel(label, theme.ColorNameInputBackground)
	p.padX, p.padY, p.radius = 3, 0, 3
	return p
}

// plotLayout puts labels over the upper left of the plot.
type plotLayout struct{}

func (plotLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(220, 56) }

func (plotLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	for i, y := range []float32{0, s.Height / 2} {
		m := o[1+i].MinSize()
		o[1+i].Resize(m)
		o[1+i].Move(fyne.NewPos(3, y+2))
	}
	o[3].Resize(s)
}

func (v *graphView) render(s app.Snapshot) {
	idle := len(s.History) == 0
	show(v.nothing, idle)
	show(v.marks[0], !idle)
	show(v.marks[1], !idle)
	if idle {
		v.now.setText("")
		v.detail.setText(goSummary(s.Settings))
		if s.State.OnAir() {
			v.detail.setText(tr("waiting for the server"))
		}
	} else {
		last := s.History[len(s.History)-1]
		v.now.setText(tr("your last show"))
		if s.State.OnAir() {
			v.now.setText(ofRate(last.SentKbps, last.TargetKbps+s.Settings.Audio.BitrateKbps))
		}
	}
	long := time.Duration(0)
	if !idle {
		long = s.History[len(s.History)-1].At - s.History[0].At
	}
	span, title := graphSpan(long)
	v.span = span
	v.title.setText(title)
	points := recent(s.History, v.span)
	if n := len(points); n == len(v.points) && (n == 0 || points[n-1].At == v.points[n-1].at) {
		return
	}
	v.points = bitratePoints(v.points[:0], points, s.Settings.Audio.BitrateKbps)
	v.limit = graphLimit(v.points)
	v.top.setText(bitrate(v.limit))
	v.half.setText(bitrate(v.limit / 2))
	v.plot.Refresh()
}

// goSummary is what GO LIVE would send.
func goSummary(s app.Settings) string {
	return tr("GO LIVE sends %d × %d at %d fps, %s", s.Video.Width, s.Video.Height, s.Video.FPS, bitrate(s.Video.BitrateKbps+s.Audio.BitrateKbps))
}

// ofRate is what is sent of what was asked for.
func ofRate(sent, target int) string { return tr("%d of %d kbit/s", sent, target) }

func bitrate(kbps int) string {
	if kbps >= 10_000 {
		return tr("%.1f Mbit/s", float64(kbps)/1000)
	}
	return tr("%d kbit/s", kbps)
}

// bitratePoints appends the bitrate of a show to a drawing's points. What is sent
// has sound in it.
func bitratePoints(to []plotPoint, of []app.HistoryPoint, soundKbps int) []plotPoint {
	for _, p := range of {
		to = append(to, plotPoint{p.At, p.SentKbps, p.TargetKbps + soundKbps, p.State != app.Live})
	}
	return to
}

func recent(all []app.HistoryPoint, span time.Duration) []app.HistoryPoint {
	if len(all) == 0 {
		return nil
	}
	from := all[len(all)-1].At - span
	i, _ := slices.BinarySearchFunc(all, from, func(p app.HistoryPoint, t time.Duration) int { return int(p.At - t) })
	return all[i:]
}

// graphLimit is a round number that leaves room over the highest point.
func graphLimit(points []plotPoint) int {
	most := 100
	for _, p := range points {
		most = max(most, p.value, p.target)
	}
	most = most * 11 / 10
	for _, step := range []int{200, 500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 15_000, 20_000, 30_000, 40_000, 60_000} {
		if most <= step {
			return step
		}
	}
	return most
}

// paint draws the plot into pixels that are used again.
func (v *graphView) paint(w, h int) image.Image {
	if v.pixels == nil || v.pixels.Rect.Dx() != w || v.pixels.Rect.Dy() != h {
		v.pixels = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	newPlot(v.pixels, v.points, v.limit, v.span).draw()
	return v.pixels
}

// newPlot is a drawing in the colours of the theme.
func newPlot(to *image.RGBA, points []plotPoint, limit int, span time.Duration) plot {
	return plot{
		to: to, points: points, limit: max(limit, 1), span: span,
		back: shade(theme.ColorNameInputBackground), grid: shade(theme.ColorNameSeparator),
		line: shade(colorGraph), fill: shade(colorGraphFill), gap: shade(colorGraphGap), target: shade(colorSecondary),
	}
}

// plotPoint is a moment of a show in a drawing.
type plotPoint struct {
	at            time.Duration
	value, target int  // no target: 0
	off           bool // viewers got nothing
}

// plot is one drawing of a show's history.
type plot struct {
	to     *image.RGBA
	points []plotPoint
	limit  int
	span   time.Duration

	back, grid, line, fill, gap, target color.Color
}

func (p plot) draw() {
	w, h := p.to.Rect.Dx(), p.to.Rect.Dy()
	draw.Draw(p.to, p.to.Rect, image.NewUniform(p.back), image.Point{}, draw.Src)
	for i := range 4 {
		y := i * h / 4
		draw.Draw(p.to, image.Rect(0, y, w, y+1), image.NewUniform(p.grid), image.Point{}, draw.Src)
	}
	if len(p.points) == 0 {
		return
	}
	for i, pt := range p.points {
		if !pt.off {
			continue
		}
		x0, x1 := p.x(pt.at), float32(w)
		if i+1 < len(p.points) {
			x1 = p.x(p.points[i+1].at)
		}
		x1 = max(x1, x0+2) // however short, it is seen
		draw.Draw(p.to, image.Rect(int(x0), 0, int(x1), h), image.NewUniform(p.gap), image.Point{}, draw.Over)
	}
	p.area()
	p.stroke(1.6, p.line)
	p.dashes()
}

// x is where a moment lies; the newest is at the right edge.
func (p plot) x(at time.Duration) float32 {
	newest := p.points[len(p.points)-1].at
	return float32(p.to.Rect.Dx()) * (1 - float32(newest-at)/float32(p.span))
}

func (p plot) y(value int) float32 {
	h := float32(p.to.Rect.Dy())
	return h - h*float32(min(value, p.limit))/float32(p.limit)
}

func (p plot) area() {
	w, h := p.to.Rect.Dx(), p.to.Rect.Dy()
	r := vector.NewRasterizer(w, h)
	r.MoveTo(p.x(p.points[0].at), float32(h))
	for _, pt := range p.points {
		r.LineTo(p.x(pt.at), p.y(pt.value))
	}
	r.LineTo(float32(w), float32(h))
	r.ClosePath()
	r.Draw(p.to, p.to.Rect, image.NewUniform(p.fill), image.Point{})
}

// stroke draws a line of the given width through every point.
func (p plot) stroke(width float32, c color.Color) {
	r := vector.NewRasterizer(p.to.Rect.Dx(), p.to.Rect.Dy())
	for i := 1; i < len(p.points); i++ {
		a, b := p.points[i-1], p.points[i]
		segment(r, p.x(a.at), p.y(a.value), p.x(b.at), p.y(b.value), width)
	}
	r.Draw(p.to, p.to.Rect, image.NewUniform(c), image.Point{})
}

// dashes draws the target.
func (p plot) dashes() {
	r := vector.NewRasterizer(p.to.Rect.Dx(), p.to.Rect.Dy())
	long := max(3*time.Second, p.span/100)
	for i := 1; i < len(p.points); i++ {
		a, b := p.points[i-1], p.points[i]
		if a.target > 0 && b.target > 0 && b.at/long%2 == 0 {
			segment(r, p.x(a.at), p.y(a.target), p.x(b.at), p.y(b.target), 1.2)
		}
	}
	r.Draw(p.to, p.to.Rect, image.NewUniform(p.target), image.Point{})
}

// segment adds a straight piece of line; height alone gives it width, which is
// right for lines that are nearly level and good enough for steps.
func segment(r *vector.Rasterizer, x0, y0, x1, y1, width float32) {
	d := width / 2
	if dy := y1 - y0; dy > x1-x0 || -dy > x1-x0 {
		r.MoveTo(x0-d, y0)
		r.LineTo(x0+d, y0)
		r.LineTo(x1+d, y1)
		r.LineTo(x1-d, y1)
	} else {
		r.MoveTo(x0, y0-d)
		r.LineTo(x1, y1-d)
		r.LineTo(x1, y1+d)
		r.LineTo(x0, y0+d)
	}
	r.ClosePath()
}
