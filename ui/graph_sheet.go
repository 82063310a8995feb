package ui

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// graphSheet shows how the whole show was, in four graphs.
type graphSheet struct {
	graphs []*smallGraph
	from   *line
	to     *line
	only   int // the destination whose bitrate is shown; -1: the main one
}

// smallGraph is one figure over the show.
type smallGraph struct {
	root   fyne.CanvasObject
	plot   *canvas.Raster
	now    *line
	pixels *image.RGBA
	points []plotPoint
	limit  int // at the upper edge
	span   time.Duration
	least  int // of the scale's upper end
	value  func(before, p app.GraphPoint) int
	target func(p app.GraphPoint) int
	text   func(now, most int) string
}

func newSmallGraph(title string, least int, text func(now, most int) string) *smallGraph {
	g := &smallGraph{now: newLine("", colorSecondary, sizeSmall).trailing(), least: least, text: text}
	g.plot = canvas.NewRaster(g.paint)
	g.plot.ScaleMode = canvas.ImageScalePixels
	plot := container.New(leastSize{260, 74}, g.plot)
	g.root = container.NewBorder(pad(0, 3, 0, 0, ends(caption(title).clipped(), g.now)), nil, nil, nil, plot)
	return g
}

func (g *smallGraph) set(points []app.GraphPoint) {
	drawn := make([]plotPoint, len(points))
	most, highest := 0, 0
	for i, p := range points {
		before := p
		if i > 0 {
			before = points[i-1]
		}
		drawn[i] = plotPoint{at: time.Duration(p.At), value: g.value(before, p), off: p.State != app.Live}
		if g.target != nil {
			drawn[i].target = g.target(p)
		}
		most = max(most, drawn[i].value)
		highest = max(highest, drawn[i].value, drawn[i].target)
	}
	g.points, g.limit = drawn, max(highest*11/10, g.least)
	if n := len(drawn); n > 0 {
		g.span = max(drawn[n-1].at-drawn[0].at, 10*time.Second)
		g.now.setText(g.text(drawn[n-1].value, most))
	} else {
		g.now.setText("")
	}
	g.plot.Refresh()
}

func (g *smallGraph) paint(w, h int) image.Image {
	if g.pixels == nil || g.pixels.Rect.Dx() != w || g.pixels.Rect.Dy() != h {
		g.pixels = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	newPlot(g.pixels, g.points, g.limit, g.span).draw()
	return g.pixels
}

// showGraphs opens the graphs of the show that runs, or ran last.
func (w *Window) showGraphs() {
	s := w.newSheet()
	v := &graphSheet{only: -1, from: newLine("", colorSecondary, sizeSmall), to: newLine("", colorSecondary, sizeSmall)}
	rates := newSmallGraph(tr("Bitrate"), 200, func(now, most int) string { return tr("%d kbit/s, at most %d", now, most) })
	rates.value = func(_, p app.GraphPoint) int {
		if v.only >= 0 && v.only < len(p.Outputs) {
			return p.Outputs[v.only]
		}
		return p.SentKbps
	}
	rates.target = func(p app.GraphPoint) int { return p.TargetKbps + w.shown.Settings.Audio.BitrateKbps }
	delay := newSmallGraph(tr("Delay to the server"), 500, func(now, most int) string { return tr("%s, at most %s", delayText(now), delayText(most)) })
	delay.value = func(_, p app.GraphPoint) int { return p.DelayMs }
	lost := newSmallGraph(tr("Missed pictures"), 10, func(_, most int) string {
		return trn(most, "at most %d at once", "at most %d at once")
	})
	lost.value = func(before, p app.GraphPoint) int { return max(p.Missed-before.Missed, 0) }
	cpu := newSmallGraph(tr("Load of this computer"), 100, func(now, most int) string { return tr("%s, at most %s", percent(now), percent(most)) })
	cpu.value = func(_, p app.GraphPoint) int { return p.CPUPercent }
	v.graphs = []*smallGraph{rates, delay, lost, cpu}

	grid := container.NewGridWithColumns(2)
	for _, g := range v.graphs {
		grid.Add(pad(0, 6, 4, 4, g.root))
	}
	body := column(8, grid, ends(v.from, v.to))
	var focus fyne.Focusable
	if names := destinationNames(w.shown); len(names) > 1 {
		choose := newSheetSelect(&s.keys, names, nil)
		choose.OnChanged = func(string) {
			v.only = choose.SelectedIndex()
			v.render(w.shown)
		}
		choose.SetSelectedIndex(0)
		focus = choose
		body.Objects = append([]fyne.CanvasObject{field(tr("Bitrate of"), choose, nil)}, body.Objects...)
	}
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	if focus == nil {
		focus = done
	}
	w.graphs = v
	s.closed = func() { w.graphs = nil }
	v.render(w.shown)
	s.open(tr("How the show went"), body, focus, done)
}

func destinationNames(s app.Snapshot) []string {
	var names []string
	for _, o := range s.Outputs {
		names = append(names, o.Name)
	}
	return names
}

func (v *graphSheet) render(s app.Snapshot) {
	if len(s.Graph) == 0 {
		v.from.setText(tr("There is nothing to show before the first show."))
	} else {
		v.from.setText(clock(time.Duration(s.Graph[0].At)))
		v.to.setText(clock(time.Duration(s.Graph[len(s.Graph)-1].At)))
	}
	for _, g := range v.graphs {
		g.set(s.Graph)
	}
}
