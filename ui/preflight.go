package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// readyView says over the big button whether all is well for a show. Pressed, it
// lists what was looked at.
type readyView struct {
	root    *toolButton
	changed func() // it has come or gone
}

func newReadyView(w *Window) *readyView {
	v := &readyView{changed: func() {}, root: newToolButton("", theme.ConfirmIcon(), func() { w.showChecks(false) })}
	v.root.fill, v.root.text = colorSurface, colorSecondary
	return v
}

func (v *readyView) render(s app.Snapshot) {
	text, color, icon := readyText(s.Preflight)
	if v.root.text != color {
		v.root.text = color
		v.root.Refresh()
	}
	v.root.set(text, icon, color == colorWarn)
	if idle := s.State == app.Idle || s.State == ""; v.root.Visible() != idle {
		show(v.root, idle)
		v.changed()
	}
}

// readyText is the sum of all checks.
func readyText(checks []app.Check) (string, fyne.ThemeColorName, fyne.Resource) {
	wrong := len(wrongChecks(checks))
	open := slices.ContainsFunc(checks, func(c app.Check) bool { return c.State == app.CheckOpen })
	switch {
	case wrong > 0:
		return trn(wrong, "%d thing to look at", "%d things to look at"), colorWarn, theme.WarningIcon()
	case open || len(checks) == 0:
		return tr("Checking…"), colorSecondary, theme.ViewRefreshIcon()
	}
	return tr("Ready"), colorGood, theme.ConfirmIcon()
}

func wrongChecks(all []app.Check) []app.Check {
	return slices.DeleteFunc(slices.Clone(all), func(c app.Check) bool { return !c.State.Wrong() })
}

// checkSheet lists checks, as long as it is open.
type checkSheet struct {
	window *Window
	sheet  *sheet
	asks   bool // somebody wants to go live: only what is wrong is listed
	list   *fyne.Container
	intro  *paragraph
	goLive *sheetButton
	done   *sheetButton
	rows   []checkRow
}

// checkRow is one check, with what can be done about it.
type checkRow struct {
	check  app.Check
	icon   *widget.Icon
	title  *paragraph
	advice *paragraph
}

const checksWidth = 470

// showChecks lists what was looked at for the next show: all of it, or, when
// somebody wants to go live, what is wrong.
func (w *Window) showChecks(asks bool) {
	v := &checkSheet{window: w, sheet: w.newSheet(), asks: asks, list: column(12)}
	k := &v.sheet.keys
	v.intro = newParagraph("", theme.ColorNameForeground, theme.SizeNameText, checksWidth)
	scroll := container.NewVScroll(pad(0, 0, lowEdge, lowEdge, v.list))
	v.sheet.closed = func() { w.checks = nil }
	title, back, buttons := tr("Before you go live"), tr("Fix first"), []*sheetButton(nil)
	if !asks {
		title, back = tr("Ready for a show?"), tr("Close")
		buttons = append(buttons, newSheetButton(k, tr("Look again"), widget.MediumImportance, w.studio.CheckAgain))
	}
	v.done = newSheetButton(k, back, widget.HighImportance, v.sheet.close)
	if asks {
		v.goLive = newSheetButton(k, tr("Go live anyway"), widget.MediumImportance, func() { v.sheet.close(); w.startShow() })
		buttons = append(buttons, v.goLive)
	}
	w.checks = v
	v.fill(w.studio.Preflight())
	body := column(14, v.intro, container.New(lowLayout{w, 40}, scroll))
	v.sheet.open(title, body, v.done, append(buttons, v.done)...)
}

func (v *checkSheet) render(s app.Snapshot) {
	if s.State != app.Idle && s.State != "" {
		v.sheet.close()
		return
	}
	v.fill(s.Preflight)
	v.sheet.grow()
}

// fill shows checks. Rows stay where they are while only their words change, so
// that the focus does, too.
func (v *checkSheet) fill(checks []app.Check) {
	wrong := wrongChecks(checks)
	listed := checks
	if v.asks {
		listed = wrong
	}
	switch {
	case len(wrong) > 0:
		v.intro.set(trn(len(wrong), "%d thing should be looked at first.", "%d things should be looked at first."), theme.ColorNameForeground)
	case slices.ContainsFunc(checks, func(c app.Check) bool { return c.State == app.CheckOpen }):
		v.intro.set(tr("So far all is well."), theme.ColorNameForeground)
	default:
		v.intro.set(tr("All is well."), theme.ColorNameForeground)
	}
	if v.goLive != nil {
		v.goLive.SetText(tr("Go live anyway"))
		if len(wrong) == 0 {
			v.goLive.SetText(tr("Go live"))
		}
	}
	same := slices.EqualFunc(v.rows, listed, func(r checkRow, c app.Check) bool {
		return r.check.ID == c.ID && r.check.About == c.About && r.check.State == c.State && r.check.Fix == c.Fix && r.check.Kbps == c.Kbps
	})
	if !same {
		v.rows = nil
		v.list.RemoveAll()
		for _, c := range listed {
			r, object := v.row(c)
			v.rows = append(v.rows, r)
			v.list.Add(object)
		}
	}
	for i, c := range listed {
		r := &v.rows[i]
		r.check = c
		r.title.set(say(c.Title), theme.ColorNameForeground)
		r.advice.set(say(c.Advice), colorSecondary)
		show(r.advice, c.Advice != "")
	}
}

func (v *checkSheet) row(c app.Check) (checkRow, fyne.CanvasObject) {
	const icon = 22
	width := float32(checksWidth - icon - 14)
	r := checkRow{
		icon:   widget.NewIcon(checkIcon(c.State)),
		title:  newParagraph(say(c.Title), theme.ColorNameForeground, theme.SizeNameText, width),
		advice: newParagraph(say(c.Advice), colorSecondary, sizeSmall, width),
	}
	text := column(1, r.title, r.advice)
	if label := fixLabel(c); label != "" {
		fix := newSheetButton(&v.sheet.keys, label, widget.MediumImportance, func() { v.fix(c) })
		text.Add(pad(4, 0, 0, 0, row(0, fix)))
	}
	return r, borderLeft(pad(0, 0, 0, 8, container.NewVBox(container.NewGridWrap(fyne.NewSquareSize(icon), r.icon))), text)
}

func checkIcon(s app.CheckState) fyne.Resource {
	switch s {
	case app.CheckGood:
		return iconIn(theme.ConfirmIcon(), colorGood)
	case app.CheckOpen:
		return iconIn(theme.ViewRefreshIcon(), colorSecondary)
	case app.CheckNote:
		return iconIn(theme.InfoIcon(), colorSecondary)
	case app.CheckDoubt:
		return iconIn(theme.WarningIcon(), colorWarn)
	}
	return iconIn(theme.ErrorIcon(), colorBad)
}

func fixLabel(c app.Check) string {
	switch c.Fix {
	case app.FixKey:
		return tr("Enter the key…")
	case app.FixDestination:
		return tr("Edit the destination…")
	case app.FixMeasure:
		return tr("Measure…")
	case app.FixBitrate:
		return tr("Use %d kbit/s", c.Kbps)
	case app.FixH264:
		return tr("Use H.264")
	case app.FixAAC:
		return tr("Use AAC")
	case app.FixUnmute:
		return tr("Unmute")
	case app.FixSound:
		return tr("Choose another microphone…")
	case app.FixPicture:
		return tr("Choose another picture…")
	case app.FixSettings:
		return tr("Settings…")
	case app.FixFolder:
		return tr("Choose another folder…")
	}
	return ""
}

// fix does what the button of a check says.
func (v *checkSheet) fix(c app.Check) {
	w := v.window
	switch c.Fix { // these are done in place
	case app.FixUnmute:
		w.apply(func(s *app.Settings) { s.Audio.Muted = false })
	case app.FixBitrate:
		w.apply(func(s *app.Settings) { s.Video.BitrateKbps = c.Kbps })
	case app.FixH264:
		w.apply(func(s *app.Settings) { s.Video.Use("h264") })
	case app.FixAAC:
		w.apply(func(s *app.Settings) { s.Audio.Codec = "aac" })
	default:
		v.sheet.close()
		w.fixElsewhere(c)
		return
	}
	v.fill(w.studio.Preflight())
	v.sheet.grow()
	w.win.Canvas().Focus(v.done) // the button that was pressed may be gone
}

func (w *Window) fixElsewhere(c app.Check) {
	switch c.Fix {
	case app.FixKey, app.FixDestination:
		if i := indexOf(w.shown.Settings.Destinations, c.About); i >= 0 {
			w.showDestination(w.shown.Settings.Destinations[i])
		}
	case app.FixMeasure:
		w.showGuide(stepMeasure)
	case app.FixSound:
		w.sound.picker.focusMe()
		w.sound.picker.open()
	case app.FixPicture:
		w.picture.picker.focusMe()
		w.picture.picker.open()
	case app.FixSettings:
		w.showSettings()
	case app.FixFolder:
		w.chooseFolder(func(dir string) { w.apply(func(s *app.Settings) { s.RecordDir = dir }) })
	}
}

// mayGoLive tells whether nothing is wrong, or a rehearsal is wanted, in which that
// would be found out. It asks the studio: the snapshot that is shown may be of before
// the last change, and a show would begin that was never checked.
func (w *Window) mayGoLive() bool {
	return len(enabled(w.studio.Settings())) == 0 || len(wrongChecks(w.studio.Preflight())) == 0
}

// firstDestination is where the show goes to, or would: the first that is chosen,
// else the first that is saved.
func firstDestination(s app.Settings) app.Destination {
	if all := append(enabled(s), s.Destinations...); len(all) > 0 {
		return all[0]
	}
	return app.Destination{}
}
