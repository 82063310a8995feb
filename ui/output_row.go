package ui

import (
	"cmp"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// outputRow is one of several destinations of a running show: its own small
// lamp, its name, what it gets, and under that why it gets nothing.
type outputRow struct {
	root  *fyne.Container
	right *fyne.Container // main and state
	dot   *canvas.Circle
	name  *line
	main  *line
	state *line
	cause *line
}

func newOutputRow() *outputRow {
	r := &outputRow{
		dot:   canvas.NewCircle(shade(colorOff)),
		name:  newLine("", theme.ColorNameForeground, sizeSmall).clipped(),
		main:  newLine(tr("main"), colorSecondary, sizeSmall),
		state: newLine("", colorSecondary, sizeSmall),
		cause: newLine("", colorWarn, sizeSmall).clipped(),
	}
	dot := container.NewGridWrap(fyne.NewSquareSize(10), r.dot)
	r.right = row(8, r.main, r.state)
	top := borderLeft(pad(0, 0, 2, 6, vcenter(dot)), ends(r.name, r.right))
	r.root = column(0, top, pad(0, 0, 18, 0, r.cause))
	r.root.Objects[1].Hide()
	return r
}

// render tells whether the row needs another height.
func (r *outputRow) render(o app.OutputStatus) (resized bool) {
	r.name.setText(o.Name)
	show(r.main, o.Main)
	if c := shade(signalOf(app.Snapshot{State: o.State}).fill); r.dot.FillColor != c {
		r.dot.FillColor = c
		r.dot.Refresh()
	}
	r.state.set(outputText(o))
	if r.right.Size().Width != r.right.MinSize().Width { // the name gets the rest
		r.root.Objects[0].Refresh()
	}
	cause := r.root.Objects[1]
	var why app.Sentence
	if o.State != app.Live {
		why = cmp.Or(o.Problem.Title, o.Cause)
	}
	r.cause.setText(say(why))
	resized = cause.Visible() != (why != "")
	show(cause, why != "")
	return resized
}

// outputText is what a destination gets now, or what is done about it.
func outputText(o app.OutputStatus) (string, fyne.ThemeColorName) {
	text, color := signalOf(app.Snapshot{State: o.State}).quiet, colorWarn
	switch {
	case o.State == app.Live && o.QueueMs > slowQueue:
		text = tr("%s · %.1f s late", bitrate(o.BitrateKbps), float64(o.QueueMs)/1000)
	case o.State == app.Live:
		text, color = bitrate(o.BitrateKbps), colorSecondary
	case o.Attempt > 0 && o.State != app.Stalled && o.State != app.Refused && time.Duration(o.RetryIn) > 50*time.Millisecond:
		text = tr("next try in %.0f s", math.Ceil(time.Duration(o.RetryIn).Seconds()))
	}
	if o.Backup {
		text = tr("backup · %s", text)
	}
	return text, color
}
