package ui

import (
	"slices"
	"strings"
	"time"

	"tally/app"
)

// drop is a time in which a destination, or everybody, got nothing of a show.
type drop struct {
	at, long time.Duration // since GO LIVE
	where    string        // empty where there was one destination, or it was everybody
	cause    string
}

func (d drop) String() string {
	at, long := clock(d.at), seconds(d.long)
	if d.where != "" {
		return tr("%s at %s for %s: %s", d.where, at, long, d.cause)
	}
	return tr("At %s for %s: %s", at, long, d.cause)
}

// dropsOf lists what was lost of a show, in order: what each destination has
// written down, and besides that what only the show itself knows, as a crash.
func dropsOf(r app.Report) []drop {
	var all []drop
	for _, o := range r.Outputs {
		for _, l := range o.Losses {
			d := drop{at: time.Duration(l.At), long: time.Duration(l.Seconds), cause: say(l.Cause)}
			if len(r.Outputs) > 1 {
				d.where = o.Name
			}
			all = append(all, d)
		}
	}
	known := all
	for _, g := range gapsOf(r) {
		if !slices.ContainsFunc(known, func(d drop) bool { return d.at < g.at+g.long && g.at < d.at+d.long }) {
			all = append(all, drop{at: g.at, long: g.long, cause: say(g.cause)})
		}
	}
	for i := range all {
		if all[i].cause == "" {
			all[i].cause = tr("the server took nothing for that long, and then went on")
		}
	}
	slices.SortStableFunc(all, func(a, b drop) int { return int(a.at - b.at) })
	return all
}

// share is how much of the time from the first picture to the end a show was on
// air, in percent. Only a show that lost nothing has 100.
func share(r app.Report) string {
	whole := r.OnAir + r.OffAir
	if whole <= 0 {
		return tr("%.0f %%", 0.0)
	}
	p := 100 * float64(r.OnAir) / float64(whole)
	if r.OffAir > 0 {
		return tr("%.1f %%", min(p, 99.9))
	}
	return tr("%.0f %%", 100.0)
}

// places are the destinations of a show.
func places(r app.Report) string {
	names := make([]string, len(r.Outputs))
	for i, o := range r.Outputs {
		names[i] = o.Name
	}
	return strings.Join(names, ", ")
}

// showPoints is the graph of a whole show. A long one has a point every few
// seconds only, so what was lost comes from the events: a drop between two points
// is seen too.
func showPoints(r app.Report) []app.HistoryPoint {
	var points []app.HistoryPoint
	graph, target := r.Graph, 0
	take := func(until app.Seconds) {
		for ; len(graph) > 0 && graph[0].At < until; graph = graph[1:] {
			g := graph[0]
			target = g.TargetKbps
			if g.State != app.Ending {
				points = append(points, app.HistoryPoint{At: time.Duration(g.At), SentKbps: g.SentKbps, TargetKbps: target, State: g.State})
			}
		}
	}
	for _, e := range r.Events {
		take(e.At)
		p := app.HistoryPoint{At: time.Duration(e.At), TargetKbps: target, State: e.State}
		if len(graph) > 0 {
			p.TargetKbps = graph[0].TargetKbps
		}
		if e.State == app.Live && len(graph) > 0 {
			p.SentKbps = graph[0].SentKbps
		}
		if e.State != app.Ending && (e.State != app.Live || len(graph) > 0) {
			points = append(points, p)
		}
	}
	take(r.Seconds + 1)
	return points
}
