package ui

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// TestLook compares every part of the window in every state with what it looked
// like when somebody last looked at it. Markup is written to testdata/failed
// when it differs; move it to testdata when the change is wanted.
func TestLook(t *testing.T) {
	for state, snapshot := range allStates {
		w, _ := open(t)
		w.render(snapshot())
		for part, root := range map[string]fyne.CanvasObject{
			"status": w.status.root, "live": w.live, "ready": w.ready.root, "banner": w.banner.root, "to": w.to.root,
			"record": w.record.root, "received": w.got.root, "report": w.report.root, "graph": w.graph.root,
		} {
			if root.Visible() {
				test.AssertObjectRendersToMarkup(t, part+"/"+state+".xml", root)
			}
		}
	}
}

// TestNoTraces: what the window shows follows from the snapshot alone, whatever
// it showed before.
func TestNoTraces(t *testing.T) {
	fresh := map[string]string{}
	for state, snapshot := range allStates {
		w, _ := open(t)
		w.render(snapshot())
		fresh[state] = visibleMarkup(w)
	}
	w, _ := open(t)
	for before, earlier := range allStates {
		for after, later := range allStates {
			w.render(earlier())
			w.render(later())
			if got := visibleMarkup(w); got != fresh[after] {
				t.Errorf("%s looks different after %s:\n%s", after, before, firstDifference(fresh[after], got))
			}
		}
	}
}

// visibleMarkup describes the window without what is hidden in it.
func visibleMarkup(w *Window) string { return test.RenderToMarkup(w.win.Canvas()) }

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return "one is longer"
}

// TestFits looks for text that is wider than what holds it, in every state and
// in the smallest window.
func TestFits(t *testing.T) {
	for state, snapshot := range allStates {
		w, _ := open(t)
		for _, s := range []fyne.Size{{Width: 1280, Height: 800}, {Width: 900, Height: 600}, {Width: 853, Height: 533}} {
			w.win.Resize(s)
			w.render(snapshot())
			if got := w.win.Canvas().Size(); got != s {
				t.Errorf("%s: the window wants %v instead of %v", state, got, s)
			}
			for _, o := range test.LaidOutObjects(w.win.Content()) {
				l, ok := o.(*line)
				if !ok || l.clip || !l.Visible() {
					continue
				}
				if need := l.measure(l.text).Width; need > l.Size().Width+1 {
					t.Errorf("%s at %v: %q needs %v, has %v", state, s, l.text, need, l.Size().Width)
				}
			}
		}
	}
}

// TestPicturesOfTheWindow paints the window of each state: nothing may panic,
// and the lamp's colour must be there.
func TestPicturesOfTheWindow(t *testing.T) {
	want := map[string]fyne.ThemeColorName{
		"idle": colorOff, "live": colorOnAir, "reconnecting": colorCaution, "rehearsing": colorRehearse, "stalled": colorCaution,
	}
	w, _ := open(t)
	for state, name := range want {
		w.render(allStates[state]())
		img := w.capture()
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.status.lamp)
		got := color.NRGBAModel.Convert(img.At(int(at.X)+12, int(at.Y)+12))
		if got != shade(name) {
			t.Errorf("%s: the lamp is %v, want %v", state, got, shade(name))
		}
	}
}

// TestSignals: only a show that viewers can see is red.
func TestSignals(t *testing.T) {
	for _, state := range []app.State{app.Idle, app.Connecting, app.Live, app.Stalled, app.Reconnecting, app.Ending} {
		for _, rehearsal := range []bool{false, true} {
			s := app.Snapshot{State: state, Rehearsal: app.RehearsalStatus{Running: rehearsal}}
			sig := signalOf(s)
			if red := sig.fill == colorOnAir; red != (state == app.Live && !rehearsal) {
				t.Errorf("%s, rehearsal %v: %+v", state, rehearsal, sig)
			}
			if sig.word == "" || titleOf(s) == "" || !strings.HasPrefix(titleOf(s), "Tally") {
				t.Errorf("%s: word %q, title %q", state, sig.word, titleOf(s))
			}
		}
	}
}

// TestContrast holds 4.5:1, which is what WCAG 2 asks of text, and 3:1 for the
// edges by which a tick box or a field is seen.
func TestContrast(t *testing.T) {
	pairs := [][2]fyne.ThemeColorName{
		{theme.ColorNameForeground, theme.ColorNameBackground},
		{theme.ColorNameForeground, colorSurface},
		{theme.ColorNameForeground, theme.ColorNameInputBackground},
		{theme.ColorNameForeground, theme.ColorNameButton},
		{theme.ColorNameForeground, theme.ColorNameMenuBackground},
		{theme.ColorNameForeground, theme.ColorNameOverlayBackground},
		{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground},
		{theme.ColorNameHyperlink, theme.ColorNameOverlayBackground},
		{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary},
		{theme.ColorNameForegroundOnError, theme.ColorNameError},
		{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning},
		{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess},
		{colorSecondary, colorSurface},
		{colorSecondary, theme.ColorNameBackground},
		{colorSecondary, theme.ColorNameInputBackground},
		{colorSecondary, theme.ColorNameOverlayBackground},
		{colorOnStage, colorStage},
		{colorOnOnAir, colorOnAir},
		{colorOnCaution, colorCaution},
		{colorOnLamp, colorRehearse},
		{colorOnOff, colorOff},
		{colorOnGo, colorGo},
		{colorGood, colorSurface},
		{colorWarn, theme.ColorNameOverlayBackground},
		{colorWarn, colorSurface},
		{colorBad, colorSurface},
		{colorWarn, theme.ColorNameInputBackground},
		{colorBad, theme.ColorNameInputBackground},
		{colorBad, theme.ColorNameOverlayBackground},
		{colorOnNotice, colorNotice},
		{colorOnAlarm, colorAlarm},
	}
	edges := [][2]fyne.ThemeColorName{
		{theme.ColorNameInputBorder, colorSurface},
		{theme.ColorNameInputBorder, theme.ColorNameOverlayBackground},
	}
	for name, v := range map[string]fyne.ThemeVariant{"dark": theme.VariantDark, "light": theme.VariantLight} {
		hold := func(pairs [][2]fyne.ThemeColorName, least float64) {
			for _, p := range pairs {
				a, b := luminance(Theme().Color(p[0], v)), luminance(Theme().Color(p[1], v))
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < least {
					t.Errorf("%s: %s on %s has only %.2f:1", name, p[0], p[1], ratio)
				}
			}
		}
		hold(pairs, 4.5)
		hold(edges, 3)
	}
}

// luminance is how bright a colour is, after WCAG 2.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// linear undoes sRGB's gamma.
func linear(v uint32) float64 {
	x := float64(v) / 0xffff
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}
