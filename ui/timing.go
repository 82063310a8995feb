package ui

import (
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// timingStep is what one press of a key or button shifts the sound by, in ms: half
// of what the ear begins to notice.
const timingStep = 10

// showTiming shifts the sound of the source in use against the picture, live.
func (w *Window) showTiming() {
	const width = 330
	device := w.shown.Sound.Device
	if device == "" || w.shown.Sound.State == app.SourceOff {
		return
	}
	sh := w.newSheet()
	k := &sh.keys
	k.enter = sh.close
	says := newLine("", theme.ColorNameForeground, theme.SizeNameText).bold().centered()
	set := func(ms int) {
		w.apply(func(s *app.Settings) { s.SetOf(device, func(one *app.SourceSettings) { one.OffsetMs = ms }) })
	}
	start := w.shown.Settings.Of(device).OffsetMs
	slider := newSheetSlider(k, app.OffsetLeast, app.OffsetMost, timingStep, float64(start), nil)
	slider.OnChanged = func(v float64) {
		says.setText(shiftText(int(v)))
		set(int(v))
	}
	says.setText(shiftText(start))
	by := func(label string, ms float64) *sheetButton {
		return newSheetButton(k, label, widget.MediumImportance, func() { slider.SetValue(slider.Value + ms) })
	}
	none := newSheetButton(k, tr("No shift"), widget.MediumImportance, func() { slider.SetValue(0) })
	done := newSheetButton(k, tr("Done"), widget.HighImportance, sh.close)
	body := widthOf(width, column(10,
		hintText(tr("If lips move before the words are heard, shift the sound earlier; if the words come first, shift it later. It is kept for %s.", w.shown.Sound.Name), width),
		says,
		slider,
		container.New(layout.NewCustomPaddedHBoxLayout(8), layout.NewSpacer(),
			by(tr("– %d ms", timingStep), -timingStep), by(tr("+ %d ms", timingStep), timingStep), layout.NewSpacer()),
		hintText(tr("The keys + and – do the same. Clap your hands in front of the camera, record it, and look."), width),
	))
	sh.openBeside(tr("Timing of the sound"), width+40, body, slider, none, done)
}

// shiftText says what a shift does.
func shiftText(ms int) string {
	switch {
	case ms > 0:
		return tr("%d ms later than it was captured", ms)
	case ms < 0:
		return tr("%d ms earlier than it was captured", -ms)
	}
	return tr("As it was captured")
}

// timingText is the short form, on the button.
func timingText(ms int) string {
	switch {
	case ms > 0:
		return tr("+%d ms", ms)
	case ms < 0:
		return tr("–%d ms", -ms)
	}
	return tr("Timing")
}
