package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// showSize is the room for a sheet of shows; a small window has less.
func (w *Window) showSize(high float32) fyne.Size {
	s := w.win.Canvas().Size()
	return fyne.NewSize(min(720, s.Width-120), min(high, s.Height-330))
}

// showHistory lists all shows that there were. It is read from the disk, so it
// comes a moment later.
func (w *Window) showHistory() {
	s := w.newSheet()
	v := &historyView{window: w, sheet: s}
	v.list = newSheetList(&s.keys, func() int { return len(v.shows) }, func() fyne.CanvasObject { return newShowRow() },
		func(i int, o fyne.CanvasObject) { o.(*showRow).render(v.shows[i]) }, func(i int) { w.showReport(v.shows[i]) })
	v.room = container.New(fixedSize{}, v.list)
	v.room.Hide()
	v.said = newParagraph(tr("Reading…"), colorSecondary, theme.SizeNameText, 460)
	v.export = newSheetButton(&s.keys, tr("Export all…"), widget.MediumImportance, func() { w.export(tr("Tally shows"), v.shows, v.said) })
	v.export.Disable()
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	s.open(tr("Your shows"), column(8, v.room, v.said), done, v.export, done)
	w.studio.Shows(func(shows []app.Report, err error) { w.do(func() { v.render(shows, err) }) })
}

// historyView is the list while its sheet is open.
type historyView struct {
	window *Window
	sheet  *sheet
	shows  []app.Report
	list   *sheetList
	room   *fyne.Container // of the list: nothing while it is empty
	said   *paragraph
	export *sheetButton
}

func (v *historyView) render(shows []app.Report, err error) {
	if v.window.quitting.Load() {
		return
	}
	v.shows = shows
	switch {
	case err != nil && len(shows) == 0:
		v.said.set(tr("The history cannot be read: %s", err), colorBad)
	case err != nil:
		v.said.set(tr("Some reports cannot be read: %s", err), colorWarn)
	case len(shows) == 0:
		v.said.set(tr("No show yet. When you have been live, what viewers got and what they missed is kept here."), colorSecondary)
	default:
		v.said.set(tr("Open one to see its bitrate, and each time that viewers got nothing."), colorSecondary)
	}
	if len(shows) > 0 {
		room := v.window.showSize(360)
		room.Height = min(room.Height, float32(len(shows))*(newShowRow().MinSize().Height+theme.Padding()))
		v.room.Layout = fixedSize(room)
		v.room.Show()
		v.export.Enable()
	}
	v.sheet.grow()
	if len(shows) > 0 && v.window.sheet == v.sheet {
		v.window.win.Canvas().Focus(v.list)
	}
}

// showRow is one show of the list: when and where, how long, and how it went.
type showRow struct {
	widget.BaseWidget
	when, where, long, lost *line
}

func newShowRow() *showRow {
	r := &showRow{
		when:  newLine("", theme.ColorNameForeground, theme.SizeNameText).clipped(),
		where: newLine("", colorSecondary, sizeSmall).clipped(),
		long:  newLine("", theme.ColorNameForeground, theme.SizeNameText).roomFor(tr("%s on air", "88:88:88")).trailing(),
		lost:  newLine("", colorSecondary, sizeSmall).trailing(),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *showRow) CreateRenderer() fyne.WidgetRenderer {
	left, right := column(0, r.when, r.where), column(0, r.long, r.lost)
	return widget.NewSimpleRenderer(pad(4, 4, 8, 8, container.New(showRowLayout{}, left, right)))
}

// showRowLayout gives the right half what it needs at most.
type showRowLayout struct{}

func (showRowLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[0].MinSize().Width+240, max(o[0].MinSize().Height, o[1].MinSize().Height))
}

func (showRowLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	const right = 260
	o[0].Resize(fyne.NewSize(s.Width-right-12, s.Height))
	o[1].Resize(fyne.NewSize(right, s.Height))
	o[1].Move(fyne.NewPos(s.Width-right, 0))
}

func (r *showRow) render(show app.Report) {
	r.when.setText(moment(show.Started))
	r.where.setText(places(show))
	r.long.setText(tr("%s on air", clock(time.Duration(show.OnAir))))
	r.lost.set(lostText(show), verdictColor(show.OffAir > 0 || show.Crashed))
}

// lostText is how a show went, in one line.
func lostText(r app.Report) string {
	n := len(dropsOf(r))
	switch {
	case r.Crashed && r.OffAir > 0:
		return tr("%s on air, then cut off by a crash", share(r))
	case r.Crashed:
		return tr("cut off by a crash")
	case n == 0 && r.OffAir == 0:
		return tr("all of the time")
	default:
		return trn(n, "%[2]s of the time, %[1]d drop, %[3]s lost", "%[2]s of the time, %[1]d drops, %[3]s lost", share(r), seconds(time.Duration(r.OffAir)))
	}
}

// fixedSize is a layout that asks for a size, whatever its content does.
type fixedSize fyne.Size

func (f fixedSize) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size(f) }

func (f fixedSize) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, x := range o {
		x.Resize(s)
	}
}

// sheetList is a list in a sheet: arrows go through it, Return and Space open.
type sheetList struct {
	widget.List
	keys *sheetKeys
	at   int
}

func newSheetList(k *sheetKeys, length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject), open func(int)) *sheetList {
	l := &sheetList{keys: k}
	l.Length, l.CreateItem, l.UpdateItem = length, create, update
	l.OnHighlighted = func(i int) { l.at = i }
	l.OnSelected = func(i int) {
		l.UnselectAll() // so that it can be opened again
		open(i)
	}
	l.ExtendBaseWidget(l)
	return l
}

func (l *sheetList) TypedKey(e *fyne.KeyEvent) {
	switch {
	case l.keys.take(e, false):
	case e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter:
		l.Select(l.at)
	default:
		l.List.TypedKey(e)
	}
}
