package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/app/uplink"
	"tally/assets"
)

// measureView is the step of the guide that measures and proposes.
type measureView struct {
	guide       *guide
	destination app.Destination
	service     assets.Service

	line, machine *widget.ProgressBar // while it is measured
	lineText      *paragraph
	machineText   *line
	parts         *fyne.Container
	ask           *sheetButton // measures the line, where viewers might see it
	again, next   *sheetButton
	why           *paragraph
	choice        *sheetSelect
	motion        *sheetCheck

	proposal app.Proposal
	shown    app.MeasureStatus
	wishes   app.Wishes
	chosen   string // what the user has chosen of the list; empty: the proposal
	asNow    string // the choice that changes nothing
	asked    bool   // somebody wants the line to be measured
	drawn    bool
}

func (g *guide) showMeasure() {
	w := g.window
	v := &measureView{guide: g, wishes: app.Wishes{Motion: g.motion}}
	if i := indexOf(w.shown.Settings.Destinations, g.id); i >= 0 {
		v.destination = w.shown.Settings.Destinations[i]
	}
	v.service, _ = assets.ServiceByID(v.destination.Service)
	k := &g.sheet.keys
	v.line, v.machine = widget.NewProgressBar(), widget.NewProgressBar()
	v.lineText = newParagraph("", colorSecondary, sizeSmall, guideWidth)
	v.machineText = newLine("", colorSecondary, sizeSmall)
	v.why = newParagraph("", theme.ColorNameForeground, theme.SizeNameText, guideWidth)
	v.ask = newSheetButton(k, tr("Measure the upload"), widget.MediumImportance, v.measureLine)
	v.again = newSheetButton(k, tr("Measure again"), widget.LowImportance, v.measure)
	v.choice = newSheetSelect(k, nil, nil)
	v.motion = newSheetCheck(k, tr("Games or sport: smooth motion first"), func(on bool) {
		g.motion, v.wishes.Motion, v.chosen = on, on, ""
		v.propose(w.shown)
	})
	v.motion.Checked = g.motion
	g.measure = v
	v.parts = column(10,
		field(tr("Your upload"), v.line, v.lineText),
		row(0, v.ask),
		field(tr("This computer"), v.machine, v.machineText),
		v.why,
		container.NewGridWithColumns(2, field(tr("Send the picture as"), v.choice, nil), container.NewVBox(newLine(" ", colorSecondary, sizeSmall), v.motion)),
	)
	v.next = g.button(tr("Use this"), widget.HighImportance, func() { v.use(); g.show(stepGo) })
	g.open(tr("What your line and this computer can do"), v.parts, v.next, g.skip(), g.back(stepKey), v.again, v.next)
	v.render(w.shown)
	v.measure()
}

// measure measures what can be measured without asking.
func (v *measureView) measure() {
	v.asked = false
	if v.hidden() {
		v.measureLine()
	}
	v.guide.window.studio.MeasureMachine()
}

func (v *measureView) measureLine() {
	w := v.guide.window
	v.asked = true
	w.studio.MeasureUpload(v.destination.ID)
	v.render(w.shown)
	w.win.Canvas().Focus(v.next) // the button that was pressed is gone
}

// hidden tells whether the service takes a stream for a test, that nobody sees.
func (v *measureView) hidden() bool { return v.service.TestQuery != "" }

// known is the result that is about this destination.
func (v *measureView) known(m app.MeasureStatus) uplink.Result {
	if m.Destination != v.destination.ID {
		return uplink.Result{}
	}
	return m.Line
}

func (v *measureView) render(s app.Snapshot) {
	m := s.Measured
	v.renderLine(m)
	v.renderMachine(m)
	show(v.again, m.Running == "" && (v.known(m).Kbps > 0 || len(m.Machine.Steps) > 0))
	if !v.drawn || m.Running == "" && v.shown.Running != "" || v.known(m) != v.known(v.shown) || len(m.Machine.Steps) != len(v.shown.Machine.Steps) {
		v.drawn = true
		v.propose(s)
	}
	v.shown = m
}

func (v *measureView) renderLine(m app.MeasureStatus) {
	l := v.known(m)
	running := m.Running == app.MeasureLine
	value, text, color := 0.0, "", colorSecondary
	switch {
	case running && m.Kbps > 0:
		value, text = m.Share, tr("%.1f Mbit/s now. A test picture goes to %s for some seconds.", float64(m.Kbps)/1000, v.destination.Name)
	case running:
		value, text = m.Share, tr("Connecting to %s…", v.destination.Name)
	case !m.Problem.IsZero() && v.asked && l.Kbps == 0:
		text, color = problemText(m.Problem), colorBad
	case l.Kbps > 0 && l.AtLeast:
		text, color = tr("At least %.1f Mbit/s, measured to %s.", float64(l.Kbps)/1000, v.destination.Name), colorGood
	case l.Kbps > 0:
		text, color = tr("%.1f Mbit/s, measured to %s.", float64(l.Kbps)/1000, v.destination.Name), colorGood
	case v.asked:
		text = tr("Waiting for its turn…")
	case v.destination.ID == "":
		text = tr("There is no destination to measure to yet.")
	case v.service.ID == "":
		text = tr("To measure, Tally sends a test picture to your server for some seconds, under your key. Whoever watches there would see it.")
	default:
		text = tr("%s has no test that nobody sees: viewers would see a test picture for some seconds. Measure only with the key of a private or unlisted event; or go on, and Tally finds out while you are live.", v.service.Name)
	}
	v.line.SetValue(value)
	show(v.line, running)
	v.lineText.set(text, color)
	if ask := !running && !v.hidden() && !v.asked && l.Kbps == 0 && v.destination.ID != ""; v.ask.Visible() != ask {
		show(v.ask, ask)
	}
	v.guide.sheet.grow()
}

func (v *measureView) renderMachine(m app.MeasureStatus) {
	running := m.Running == app.MeasureMachine
	v.machine.SetValue(m.Share)
	show(v.machine, running)
	switch best := m.Machine.Best; {
	case running:
		v.machineText.set(tr("Encoding, as fast as it can…"), colorSecondary)
	case len(m.Machine.Steps) > 0 && m.Machine.Fits:
		v.machineText.set(tr("%dp at %d with ease, measured.", best.Height, best.FPS), colorGood)
	case len(m.Machine.Steps) > 0:
		v.machineText.set(tr("Slow, measured."), colorWarn)
	default:
		v.machineText.set(tr("Waiting for its turn…"), colorSecondary)
	}
}

// propose makes the proposal of what is known, and lists what would do as well.
func (v *measureView) propose(s app.Snapshot) {
	v.proposal = app.Propose(v.known(s.Measured), s.Measured.Machine, v.service, v.wishes, s.Settings.Audio.BitrateKbps)
	var why []string
	for _, sentence := range v.proposal.Why {
		why = append(why, say(sentence))
	}
	v.why.set(strings.Join(why, " "), theme.ColorNameForeground)
	var names []string
	for _, o := range v.proposal.Others {
		names = append(names, pictureName(o))
	}
	v.asNow = tr("As it is now: %dp at %d, %.1f Mbit/s", s.Settings.Video.Height, s.Settings.Video.FPS, float64(s.Settings.Video.BitrateKbps)/1000)
	names = append(names, v.asNow)
	chosen := v.chosen
	if chosen == "" {
		chosen = pictureName(v.proposal.Setting)
	}
	v.choice.OnChanged = nil
	v.choice.SetOptions(names)
	v.choice.SetSelected(chosen)
	v.choice.OnChanged = func(name string) { v.chosen = name }
	v.guide.sheet.grow()
}

func pictureName(s app.Setting) string {
	return tr("%dp at %d, %.1f Mbit/s", s.Height, s.FPS, float64(s.BitrateKbps)/1000)
}

// use takes what is chosen.
func (v *measureView) use() {
	for _, o := range v.proposal.Others {
		if pictureName(o) == v.choice.Selected {
			v.guide.window.apply(func(s *app.Settings) {
				o.Use(&s.Video)
				if d := v.service.KeyInterval(); d > 0 {
					s.Video.KeyInterval = min(s.Video.KeyInterval, d)
				}
				if most := v.service.AudioMaxKbps; most > 0 {
					s.Audio.BitrateKbps = min(s.Audio.BitrateKbps, most)
				}
			})
		}
	}
}
