package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// besideWidth is the least width of what stands beside the graph: of what a server
// received, or of the last show.
const besideWidth = 290

// reportView sums up the last show beside its graph, until the next one begins.
type reportView struct {
	root    fyne.CanvasObject
	rows    [3]*line
	worst   [2]*paragraph
	list    *fyne.Container
	more    *toolButton
	report  app.Report
	changed func() // it has come or gone
}

func newReportView(w *Window) *reportView {
	v := &reportView{changed: func() {}}
	v.more = newToolButton(tr("Report…"), theme.DocumentIcon(), func() { w.showReport(v.report) })
	names := [...]string{tr("On air"), tr("Off air"), tr("Pictures")}
	var objects []fyne.CanvasObject
	for i, name := range names {
		v.rows[i] = newLine("", theme.ColorNameForeground, sizeSmall).clipped()
		objects = append(objects, borderLeft(newLine(name, colorSecondary, sizeSmall).roomFor(longest(names[:])+"  "), v.rows[i]))
	}
	for i := range v.worst {
		v.worst[i] = newParagraph("", colorSecondary, sizeSmall, besideWidth)
		objects = append(objects, v.worst[i])
	}
	top := ends(caption(tr("Your last show")).clipped(), v.more)
	v.list = column(2, objects...)
	v.root = newCard(widthOf(besideWidth, container.NewBorder(top, nil, nil, nil, container.NewVScroll(v.list))))
	v.root.Hide()
	return v
}

func (v *reportView) render(s app.Snapshot) {
	r := s.Report
	visible := (s.State == app.Idle || s.State == "") && r.OnAir > 0
	if v.root.Visible() != visible {
		show(v.root, visible)
		v.changed()
	}
	if !visible {
		return
	}
	v.report = r
	gaps := gapsOf(r)
	v.rows[0].setText(clock(time.Duration(r.OnAir)))
	v.rows[1].set(offAir(r, gaps), verdictColor(r.OffAir > 0))
	v.rows[2].brief = missedText(r)
	v.rows[2].set(picturesText(r), verdictColor(r.Video.Dropped+r.Video.Skipped > 0))
	slices.SortStableFunc(gaps, func(a, b gapOf) int { return int(b.long - a.long) })
	anew := false
	for i, l := range v.worst {
		text := ""
		if i < len(gaps) {
			text = gaps[i].String()
		} else if i == 0 && r.Video.Dropped+r.Video.Skipped == 0 {
			text = tr("Nothing went wrong.")
		}
		anew = l.set(text, colorSecondary) || anew
	}
	if anew {
		v.list.Refresh()
	}
}

func verdictColor(bad bool) fyne.ThemeColorName {
	if bad {
		return colorWarn
	}
	return colorGood
}

func offAir(r app.Report, gaps []gapOf) string {
	if len(gaps) == 0 {
		return tr("never")
	}
	return trn(len(gaps), "%[2]s, %[1]d time", "%[2]s, %[1]d times", seconds(time.Duration(r.OffAir)))
}

// missedText is picturesText where there is little room.
func missedText(r app.Report) string {
	n := r.Video.Dropped + r.Video.Skipped
	if n == 0 {
		return tr("none missed")
	}
	return trn(n, "%d missed", "%d missed")
}

func picturesText(r app.Report) string {
	switch d, s := r.Video.Dropped, r.Video.Skipped; {
	case d+s == 0:
		return tr("none missed")
	case s == 0:
		return tr("%d missed: slow connection", d)
	case d == 0:
		return tr("%d missed: slow computer", s)
	default:
		return tr("%d missed: slow connection; %d: slow computer", d, s)
	}
}

// gapOf is a time in which viewers got nothing.
type gapOf struct {
	at, long time.Duration // since GO LIVE
	cause    app.Sentence
}

func (g gapOf) String() string {
	if g.cause != "" {
		return tr("At %s for %s: %s", clock(g.at), seconds(g.long), say(g.cause))
	}
	return tr("At %s for %s", clock(g.at), seconds(g.long))
}

// gapsOf reads the gaps from a show's events, one for each time that the show
// left the air, until it was back or over.
func gapsOf(r app.Report) (gaps []gapOf) {
	open := false
	for i, e := range r.Events {
		off := e.State == app.Stalled || e.State == app.Reconnecting
		if !off {
			open = false
			continue
		}
		until := r.Seconds
		if i+1 < len(r.Events) {
			until = r.Events[i+1].At
		}
		if !open {
			gaps = append(gaps, gapOf{at: time.Duration(e.At)})
		}
		g := &gaps[len(gaps)-1]
		g.long += time.Duration(until - e.At)
		if e.Cause != "" {
			g.cause = e.Cause
		}
		open = true
	}
	return gaps
}

// seconds writes a short time in words: "0.4 s", "12 s", "3:05".
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return tr("%.1f s", d.Seconds())
	case d < time.Minute:
		return tr("%.0f s", d.Seconds())
	}
	return clock(d)
}

// reportText is the whole report, to read and to hand on. There is no key in it:
// a report's addresses have none.
func reportText(r app.Report) string {
	gaps := gapsOf(r)
	lines := []string{
		tr("Show of %s", moment(r.Started)),
		tr("On air: %s", clock(time.Duration(r.OnAir))),
		tr("Off air: %s", offAir(r, gaps)),
		tr("Pictures: %s", picturesText(r)),
	}
	for _, o := range r.Outputs {
		facts := []string{tr("%s sent", dataSize(o.SentBytes))}
		if o.Reconnects > 0 || o.OffAir > 0 {
			facts = append(facts, trn(o.Reconnects, "connection lost %d time, without it %s", "connection lost %d times, without it %s", seconds(time.Duration(o.OffAir))))
		}
		if o.Dropped > 0 {
			facts = append(facts, trn(o.Dropped, "%d picture dropped", "%d pictures dropped"))
		}
		lines = append(lines, tr("%s: %s", o.Name, strings.Join(facts, ", ")))
	}
	if r.Record.Path != "" {
		lines = append(lines, tr("Recording: %s, %s", r.Record.Path, dataSize(r.Record.Bytes)))
	}
	for _, d := range dropsOf(r) {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

func (w *Window) showLastReport() {
	if !w.shown.Report.IsZero() {
		w.showReport(w.shown.Report)
	}
}
