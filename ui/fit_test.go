package ui

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/assets"
)

// TestTextsFit: in no language and at no size is a text of Tally's own cut off. Names
// that people and makers have given may end in "…".
func TestTextsFit(t *testing.T) {
	var given []string
	for _, snapshot := range allStates {
		given = append(given, names(snapshot())...)
	}
	for _, language := range append([]string{"en"}, assets.Languages...) {
		t.Run(language, func(t *testing.T) {
			speakFor(t, language, nil)
			for _, size := range []fyne.Size{{Width: 900, Height: 600}, {Width: 1280, Height: 800}} {
				cut := map[string]string{}
				w, _ := openIn(t, language, size)
				for state, snapshot := range allStates {
					w.render(snapshot())
					collectCut(cut, state, w.win.Content(), given)
				}
				for state, hear := range allHints {
					w.render(live())
					w.sound.meter.ballistics = ballistics{last: time.Now(), loudAt: time.Now()}
					hear(w.sound)
					w.sound.renderHint()
					collectCut(cut, state, w.sound.root, given)
				}
				w.render(live())
				for what, open := range allSheets {
					open(w)
					top := w.win.Canvas().Overlays().Top()
					if top == nil {
						t.Fatalf("%s did not open", what)
					}
					collectCut(cut, what, top, given)
					for w.sheet != nil {
						w.sheet.close()
					}
				}
				for _, text := range slices.Sorted(maps.Keys(cut)) {
					t.Errorf("at %.0f × %.0f, %s", size.Width, size.Height, cut[text])
				}
			}
		})
	}
}

// allHints are what can be said of the sound under its meter.
var allHints = map[string]func(*soundView){
	"muted":            func(v *soundView) { v.muted = true },
	"no sound":         func(v *soundView) { v.source.State = app.SourceOff },
	"broken sound":     func(v *soundView) { v.source.State, v.source.Problem = app.SourceFailed, app.Problem{} },
	"too loud":         func(v *soundView) { v.meter.ballistics.clipped = true },
	"computer's sound": func(v *soundView) { v.source.Desktop = true },
	"dead":             func(v *soundView) { v.meter.ballistics.dead = true },
	"silent":           func(v *soundView) { v.meter.ballistics.loudAt = time.Time{} },
	"speech":           func(*soundView) {},
}

// allSheets are what can lie over the window of a running show.
var allSheets = map[string]func(*Window){
	"settings":     func(w *Window) { w.openSettings("", true) },
	"destinations": (*Window).showDestinations,
	"destination":  func(w *Window) { w.showDestination(app.Destination{}) },
	"hotkeys":      (*Window).showHotkeys,
	"graphs":       (*Window).showGraphs,
	"diary":        (*Window).showDiary,
	"files":        (*Window).showFiles,
	"export":       (*Window).exportSettings,
	"profile":      (*Window).newProfile,
	"checks":       func(w *Window) { w.showChecks(false) },
	"end":          (*Window).askToEnd,
	"close":        (*Window).askToClose,
}

// names are what people and makers have called something in a snapshot.
func names(s app.Snapshot) []string {
	all := []string{s.Picture.Name, s.Sound.Name, filepath.Base(s.Recording.Path), filepath.Base(s.Report.Record.Path)}
	for _, f := range s.Files {
		all = append(all, filepath.Base(f.Path))
	}
	for _, d := range s.Devices {
		all = append(all, d.Name)
	}
	for _, o := range s.Outputs {
		all = append(all, o.Name)
	}
	for _, d := range s.Settings.Destinations {
		all = append(all, d.Name)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" || s == "." })
}

// collectCut adds what is cut off in an object, by its text.
func collectCut(cut map[string]string, where string, root fyne.CanvasObject, names []string) {
	for _, o := range test.LaidOutObjects(root) {
		text, need := "", float32(0)
		switch o := o.(type) {
		case *line:
			text = o.fitting(o.Size().Width)
			need = o.measure(text).Width
		case *paragraph:
			for _, l := range o.lines(max(o.Size().Width, o.width)) {
				if strings.HasSuffix(l, "…") && !strings.Contains(o.text, strings.Fields(l)[len(strings.Fields(l))-1]) {
					text, need = o.text, o.Size().Width+1000
				}
			}
		case *widget.Label:
			text, need = o.Text, fyne.MeasureText(o.Text, theme.TextSize(), o.TextStyle).Width
		case *sheetSelect:
			text = o.Selected
			if text == "" {
				text = o.PlaceHolder
			}
			need = fyne.MeasureText(text, theme.TextSize(), fyne.TextStyle{}).Width + theme.IconInlineSize() + 3*theme.InnerPadding()
		case *sheetButton, *sheetCheck, *toolButton, *widget.Button, *widget.Check:
			text, need = fmt.Sprintf("%T", o), o.MinSize().Width
			for _, x := range test.LaidOutObjects(o) {
				if c, ok := x.(*canvas.Text); ok && c.Text != "" {
					text = c.Text
				}
			}
		default:
			continue
		}
		if o.Size().Width > 0 && text != "" && need > o.Size().Width+0.5 && !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name) }) {
			cut[text] = fmt.Sprintf("%s: %q has %.0f of the %.0f it needs", where, text, o.Size().Width, need)
		}
	}
}
