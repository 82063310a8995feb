package ui

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// destinationView chooses where the show goes, and shows each destination of a
// show that goes to several.
type destinationView struct {
	root   fyne.CanvasObject
	title  *line
	picker *picker
	list   *fyne.Container
	rows   []*outputRow

	changed func() // it needs another height
}

func newDestinationView(w *Window) *destinationView {
	v := &destinationView{title: caption(tr("Stream to")), list: column(tight)}
	v.picker = newPicker(tr("Stream to"), func() *fyne.Menu { return destinationMenu(w) })
	v.list.Hide()
	v.root = newCard(column(tight, v.title, v.picker, v.list))
	return v
}

func (v *destinationView) render(s app.Snapshot) {
	icon, label, detail, color := destinationText(s)
	v.picker.set(icon, label, detail, color, s.State.OnAir() && s.State != "")
	v.renderRows(s.Outputs)
}

func destinationText(s app.Snapshot) (icon fyne.Resource, label, detail string, color fyne.ThemeColorName) {
	to := enabled(s.Settings)
	switch len(to) {
	case 0:
		return iconRehearsal, tr("Rehearsal"), tr("only this computer sees it"), colorSecondary
	case 1:
		d := to[0]
		if !s.Keys.Present[d.ID] {
			return iconBroadcast, d.Name, tr("no stream key yet"), colorWarn
		}
		return iconBroadcast, d.Name, wayTo(d), colorSecondary
	}
	var names []string
	for _, d := range to {
		names = append(names, d.Name)
	}
	return iconBroadcast, strings.Join(names, ", "), trn(len(to), "%d place", "%d places at the same time"), colorSecondary
}

// wayTo tells destinations apart: a service's servers have names that nobody
// knows.
func wayTo(d app.Destination) string {
	encrypted := strings.HasPrefix(d.URL, "rtmps:")
	switch {
	case d.Name == host(d.URL) && encrypted:
		return tr("own server, encrypted")
	case d.Name == host(d.URL):
		return tr("own server")
	case d.Service != "" && encrypted:
		return tr("encrypted, key stored")
	case d.Service != "":
		return tr("not encrypted, key stored")
	case encrypted:
		return tr("%s, encrypted", host(d.URL))
	}
	return host(d.URL)
}

// host is the part of a URL that people recognise.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return address
	}
	return u.Hostname()
}

// destinationsListed bounds the menu; the sheet has all.
const destinationsListed = 10

func destinationMenu(w *Window) *fyne.Menu {
	s := w.shown.Settings
	on := enabled(s)
	items := []*fyne.MenuItem{
		{Label: tr("Rehearsal – nobody sees it"), Icon: iconRehearsal, Checked: len(on) == 0, Action: func() { w.enable("") }},
	}
	if len(s.Destinations) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	recent := s.Recent()
	for _, d := range recent[:min(len(recent), destinationsListed)] {
		items = append(items, &fyne.MenuItem{Label: clipName(d.Name), Icon: iconBroadcast, Checked: d.Enabled, Action: func() { w.enable(d.ID) }})
	}
	items = append(items, fyne.NewMenuItemSeparator(),
		&fyne.MenuItem{Label: tr("Add a destination…"), Icon: theme.ContentAddIcon(), Action: func() { w.showDestination(app.Destination{}) }})
	if len(s.Destinations) > 0 {
		items = append(items, &fyne.MenuItem{Label: tr("Edit destinations…"), Icon: theme.DocumentCreateIcon(), Action: w.showDestinations})
	}
	return fyne.NewMenu("", items...)
}

// enable makes one destination the only one; none means rehearsal.
func (w *Window) enable(id string) {
	w.apply(func(s *app.Settings) {
		for i := range s.Destinations {
			s.Destinations[i].Enabled = s.Destinations[i].ID == id
		}
	})
}

func (v *destinationView) renderRows(outputs []app.OutputStatus) {
	if len(outputs) < 2 {
		outputs = nil
	}
	for len(v.rows) < len(outputs) {
		r := newOutputRow()
		r.root.Hide()
		v.rows = append(v.rows, r)
		v.list.Add(r.root)
	}
	shown := 0
	for _, r := range v.rows {
		if r.root.Visible() {
			shown++
		}
	}
	resized := shown != len(outputs)
	for i, r := range v.rows {
		show(r.root, i < len(outputs))
		if i < len(outputs) {
			resized = r.render(outputs[i]) || resized
		}
	}
	if show(v.list, len(outputs) > 0); resized {
		v.changed()
	}
}

// showDestinations lists what is saved: to stream to several places at once, to
// edit, and to remove.
func (w *Window) showDestinations() {
	s := w.newSheet()
	const width = 560
	list := column(6)
	for _, d := range w.shown.Settings.Destinations {
		list.Add(w.destinationRow(s, d))
	}
	text := tr("Ticked destinations get the show at the same time. With none ticked, GO LIVE is a rehearsal.")
	if len(w.shown.Settings.Destinations) == 0 {
		text = tr("Nothing saved yet. Until you add a destination, GO LIVE is a rehearsal that only this computer sees.")
	}
	body := column(12, newParagraph(text, theme.ColorNameForeground, theme.SizeNameText, width), list)
	add := newSheetButton(&s.keys, tr("Add…"), widget.MediumImportance, func() { s.close(); w.showDestination(app.Destination{}) })
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	s.open(tr("Destinations"), body, done, add, done)
}

func (w *Window) destinationRow(s *sheet, d app.Destination) fyne.CanvasObject {
	tick := newSheetCheck(&s.keys, "", func(on bool) {
		w.apply(func(set *app.Settings) {
			if i := indexOf(set.Destinations, d.ID); i >= 0 {
				set.Destinations[i].Enabled = on
			}
		})
	})
	tick.Checked = d.Enabled
	if w.onAir() {
		tick.Disable()
	}
	edit := newSheetButton(&s.keys, tr("Edit…"), widget.MediumImportance, func() { s.close(); w.showDestination(d) })
	remove := newSheetButton(&s.keys, tr("Remove"), widget.MediumImportance, func() {
		w.confirm(tr("Remove %s?", d.Name), tr("Its server address and its stream key are forgotten."), tr("Remove"), tr("Keep"), true, func() {
			s.close()
			w.studio.ForgetKey(d.ID)
			w.apply(func(set *app.Settings) {
				set.Destinations = slices.DeleteFunc(set.Destinations, func(o app.Destination) bool { return o.ID == d.ID })
			})
		})
	})
	detail := d.URL
	if d.Main && len(w.shown.Settings.Destinations) > 1 {
		detail = tr("main · %s", detail)
	}
	text := column(0, newLine(d.Name, theme.ColorNameForeground, theme.SizeNameText).clipped(), newLine(detail, colorSecondary, sizeSmall).clipped())
	return borderLeft(vcenter(tick), ends(text, row(6, edit, remove)))
}

func indexOf(all []app.Destination, id string) int {
	return slices.IndexFunc(all, func(d app.Destination) bool { return d.ID == id })
}

// newID names a destination for ever.
func newID() string { return strings.ToLower(rand.Text())[:12] }
