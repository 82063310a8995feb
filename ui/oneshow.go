package ui

import (
	"image"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// showReport opens one show: its bitrate, and each time that viewers got nothing.
func (w *Window) showReport(r app.Report) {
	s := w.newSheet()
	size := w.showSize(320)
	said := hintText(" ", 480)
	var rows []fyne.CanvasObject
	drops := dropsOf(r)
	for _, d := range drops {
		rows = append(rows, newParagraph(d.String(), theme.ColorNameForeground, theme.SizeNameText, size.Width-24))
	}
	if len(rows) == 0 {
		rows = append(rows, newParagraph(tr("Viewers got everything, from the first picture to the last."), colorGood, theme.SizeNameText, size.Width-24))
	}
	high := min(size.Height/2, column(4, rows...).MinSize().Height)
	parts := []fyne.CanvasObject{newParagraph(reportSummary(r), theme.ColorNameForeground, theme.SizeNameText, size.Width)}
	if len(r.Graph) > 1 {
		parts = append(parts, container.New(fixedSize(fyne.NewSize(size.Width, size.Height/2)), newShowGraph(r)))
	}
	parts = append(parts, container.New(fixedSize(fyne.NewSize(size.Width, high)), container.NewVScroll(column(4, rows...))), said)
	copyAll := newSheetButton(&s.keys, tr("Copy"), widget.MediumImportance, func() {
		w.app.Clipboard().SetContent(reportText(r))
		said.set(tr("Copied."), colorGood)
	})
	export := newSheetButton(&s.keys, tr("Export…"), widget.MediumImportance, func() { w.export(fileNameOf(r), []app.Report{r}, said) })
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	buttons := []*sheetButton{copyAll, export, done}
	if s.window.sheet == nil { // else it was opened from there
		all := newSheetButton(&s.keys, tr("All shows…"), widget.MediumImportance, func() { s.close(); w.showHistory() })
		buttons = append([]*sheetButton{all}, buttons...)
	}
	s.open(tr("Show of %s", moment(r.Started)), column(10, parts...), done, buttons...)
}

// fileNameOf proposes a name for what is exported of a show.
func fileNameOf(r app.Report) string { return "Tally " + r.Started.Local().Format("2006-01-02 15-04") }

// reportSummary is a show in a few lines.
func reportSummary(r app.Report) string {
	lines := []string{
		tr("On air %s, %s of the time. Pictures: %s.", clock(time.Duration(r.OnAir)), share(r), picturesText(r)),
	}
	if r.Crashed {
		lines = append(lines, tr("It was cut off when Tally or the computer stopped unexpectedly."))
	}
	for _, o := range r.Outputs {
		if o.OffAir > 0 {
			lines = append(lines, tr("%s: %s sent, %s without it", o.Name, dataSize(o.SentBytes), seconds(time.Duration(o.OffAir))))
		} else {
			lines = append(lines, tr("%s: %s sent", o.Name, dataSize(o.SentBytes)))
		}
	}
	return strings.Join(lines, "\n")
}

// newShowGraph is the bitrate of a whole show, with the times off air marked.
func newShowGraph(r app.Report) fyne.CanvasObject {
	points := bitratePoints(nil, showPoints(r), r.Audio.BitrateKbps)
	limit, span := graphLimit(points), time.Second
	if n := len(points); n > 1 {
		span = max(span, points[n-1].at-points[0].at)
	}
	var pixels *image.RGBA
	raster := canvas.NewRaster(func(w, h int) image.Image {
		if pixels == nil || pixels.Rect.Dx() != w || pixels.Rect.Dy() != h {
			pixels = image.NewRGBA(image.Rect(0, 0, w, h))
		}
		newPlot(pixels, points, limit, span).draw()
		return pixels
	})
	raster.ScaleMode = canvas.ImageScalePixels
	label := func(text string) *line { return newLine(text, colorSecondary, sizeSmall) }
	plot := container.New(plotLayout{}, raster, plotMark(label(bitrate(limit))), plotMark(label(bitrate(limit/2))), container.NewStack())
	return container.NewBorder(nil, ends(label(clock(0)), label(clock(span))), nil, nil, plot)
}
