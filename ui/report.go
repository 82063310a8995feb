package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// reportView sums up the last show beside its graph, until the next one begins.
type reportView struct {
	root    fyne.CanvasObject
	rows    [3]*line
	worst   [2]*line
	more    *toolButton
	report  app.Report
	changed func() // it has come or gone
}

func newReportView(w *Window) *reportView {
	v := &reportView{changed: func() {}}
	v.more = newToolButton("Report…", theme.DocumentIcon(), func() { w.showReport(v.report) })
	names := [...]string{"On air", "Off air", "Pictures"}
	var objects []fyne.CanvasObject
	for i, name := range names {
		v.rows[i] = newLine("", theme.ColorNameForeground, sizeSmall).clipped()
		objects = append(objects, borderLeft(newLine(name, colorSecondary, sizeSmall).roomFor("Pictures  "), v.rows[i]))
	}
	for i := range v.worst {
		v.worst[i] = newLine("", colorSecondary, sizeSmall).clipped()
		objects = append(objects, v.worst[i])
	}
	top := ends(caption("Your last show").clipped(), v.more)
	v.root = newCard(widthOf(200, container.NewBorder(top, nil, nil, nil, container.NewVScroll(column(2, objects...)))))
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
	v.rows[2].set(picturesText(r), verdictColor(r.Video.Dropped+r.Video.Skipped > 0))
	slices.SortStableFunc(gaps, func(a, b gapOf) int { return int(b.long - a.long) })
	for i, l := range v.worst {
		text := ""
		if i < len(gaps) {
			text = gaps[i].String()
		} else if i == 0 && r.Video.Dropped+r.Video.Skipped == 0 {
			text = "Nothing went wrong."
		}
		l.setText(text)
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
		return "never"
	}
	return fmt.Sprintf("%s, %s", seconds(time.Duration(r.OffAir)), plural(len(gaps), "time", "times"))
}

func picturesText(r app.Report) string {
	switch d, s := r.Video.Dropped, r.Video.Skipped; {
	case d+s == 0:
		return "none missed"
	case s == 0:
		return fmt.Sprintf("%d missed: slow connection", d)
	case d == 0:
		return fmt.Sprintf("%d missed: slow computer", s)
	default:
		return fmt.Sprintf("%d missed: slow connection; %d: slow computer", d, s)
	}
}

// gapOf is a time in which viewers got nothing.
type gapOf struct {
	at, long time.Duration // since GO LIVE
	cause    string
}

func (g gapOf) String() string {
	text := "At " + clock(g.at) + " for " + seconds(g.long)
	if g.cause != "" {
		text += ": " + g.cause
	}
	return text
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
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return clock(d)
}

// reportText is the whole report, to read and to hand on. There is no key in it:
// a report's addresses have none.
func reportText(r app.Report) string {
	var b strings.Builder
	gaps := gapsOf(r)
	fmt.Fprintf(&b, "Show of %s\n", startOf(r))
	fmt.Fprintf(&b, "On air: %s\nOff air: %s\nPictures: %s\n", clock(time.Duration(r.OnAir)), offAir(r, gaps), picturesText(r))
	for _, o := range r.Outputs {
		fmt.Fprintf(&b, "%s: %s sent", o.Name, dataSize(o.SentBytes))
		if o.Reconnects > 0 || o.OffAir > 0 {
			fmt.Fprintf(&b, ", connection lost %s, without it %s", plural(o.Reconnects, "time", "times"), seconds(time.Duration(o.OffAir)))
		}
		if o.Dropped > 0 {
			fmt.Fprintf(&b, ", %s dropped", plural(o.Dropped, "picture", "pictures"))
		}
		b.WriteByte('\n')
	}
	if r.Record.Path != "" {
		fmt.Fprintf(&b, "Recording: %s, %s\n", r.Record.Path, dataSize(r.Record.Bytes))
	}
	for _, d := range dropsOf(r) {
		b.WriteString(d.String() + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}
