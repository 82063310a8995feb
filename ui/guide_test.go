package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tally/app"
	"tally/app/uplink"
	"tally/encoder"
)

// fresh is the first snapshot of somebody who has set up nothing.
func fresh() app.Snapshot {
	s := idle()
	s.FirstStart = true
	return s
}

// Three presses with everything at its defaults lead to a rehearsal.
func TestGuideToARehearsal(t *testing.T) {
	w, r := open(t)
	w.render(fresh())
	if w.guide == nil || w.guide.step != stepPicture {
		t.Fatal("nobody is greeted")
	}
	press(t, w, "Next")
	if w.guide.step != stepService {
		t.Fatalf("at step %d", w.guide.step)
	}
	press(t, w, "Next")
	if w.guide.step != stepGo {
		t.Fatalf("at step %d", w.guide.step)
	}
	press(t, w, "Rehearse now")
	if got := r.took(); !strings.HasSuffix(got, "GoLive") || strings.Contains(got, "Measure ") || w.guide != nil || w.sheet != nil {
		t.Errorf("asked %q", got)
	}
	if len(enabled(r.last())) > 0 {
		t.Error("it is no rehearsal")
	}
}

// It comes by itself once, goes with Escape at each step, and then there are
// settings.
func TestGuideIsLeft(t *testing.T) {
	for step := stepPicture; step <= stepGo; step++ {
		w, r := open(t)
		w.render(fresh())
		w.guide.show(step)
		r.took()
		w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if w.guide != nil || w.sheet != nil {
			t.Fatalf("step %d is still open", step)
		}
		if got := r.took(); !strings.HasSuffix(got, "Apply") || !strings.Contains(got, "StopMeasuring") {
			t.Errorf("step %d: asked %q", step, got)
		}
		w.render(fresh()) // an old snapshot
		if w.guide != nil {
			t.Error("it comes again")
		}
	}
	w, _ := open(t)
	w.render(ready())
	if w.guide != nil {
		t.Error("somebody who has settings is greeted")
	}
	w.showGuide(stepPicture)
	if w.guide == nil || w.guide.service != "twitch" || w.guide.id != "t" {
		t.Errorf("begun again: %+v", w.guide)
	}
}

func measured(s app.Snapshot, id string) app.Snapshot {
	step := encoder.Step{Width: 1280, Height: 720, FPS: 60, Encoder: "x264", Preset: "veryfast", Rate: 150}
	s.Measured = app.MeasureStatus{
		Destination: id, Line: uplink.Result{Kbps: 7100, Lowest: 6800},
		Machine: encoder.Budget{Best: step, Fits: true, Steps: []encoder.Step{{Width: 1920, Height: 1080, FPS: 60, Encoder: "x264", Preset: "veryfast", Rate: 66}, step}},
	}
	return s
}

// The whole way: service, key, measurement, proposal.
func TestGuideToAService(t *testing.T) {
	w, r := open(t)
	w.render(fresh())
	press(t, w, "Next")
	press(t, w, "Twitch")
	press(t, w, "Next")
	key := find(t, w, func(e *sheetEntry) bool { return e.Password })
	press(t, w, "Next")
	if w.guide.step != stepKey {
		t.Fatal("went on without a key")
	}
	test.Type(key, "live_123_abc")
	r.took()
	press(t, w, "Next")
	set := r.last()
	if w.guide.step != stepMeasure || len(set.Destinations) != 1 || !set.Destinations[0].Enabled || set.Destinations[0].Service != "twitch" || !strings.HasPrefix(set.Destinations[0].URL, "rtmps://") {
		t.Fatalf("step %d: %+v", w.guide.step, set.Destinations)
	}
	id := set.Destinations[0].ID
	if got := r.took(); !strings.Contains(got, "SetKey") || !strings.Contains(got, "MeasureUpload("+id+") MeasureMachine") {
		t.Errorf("asked %q", got)
	}
	if r.keys[id].Reveal() != "live_123_abc" {
		t.Error("another key is stored")
	}

	s := idle()
	s.Settings = set
	s.Keys.Present = map[string]bool{id: true}
	s.Measured = app.MeasureStatus{Running: app.MeasureLine, Kbps: 3400, Share: 0.4}
	w.render(s)
	if got := w.guide.measure.lineText.text; !strings.Contains(got, "3.4 Mbit/s now") {
		t.Errorf("it says %q", got)
	}
	w.render(measured(s, id))
	for _, want := range []string{"Your upload carries 7.1 Mbit/s.", "Twitch takes 6.0 Mbit/s at most.", "720p at 60 with ease; 1080p at 60 would be too much"} {
		if got := w.guide.measure.why.text; !strings.Contains(got, want) {
			t.Errorf("it says %q, and not %q", got, want)
		}
	}
	w.guide.measure.choice.SetSelected("720p at 30, 3.5 Mbit/s")
	press(t, w, "Use this")
	if v := r.last().Video; v.Height != 720 || v.FPS != 30 || v.BitrateKbps != 3500 || w.guide.step != stepGo {
		t.Errorf("step %d: %+v", w.guide.step, v)
	}
	r.took()
	w.render(measured(s, id))
	press(t, w, "Go live now")
	if got := r.took(); !strings.HasSuffix(got, "GoLive") {
		t.Errorf("asked %q", got)
	}
	if len(enabled(r.last())) != 1 {
		t.Error("it would be a rehearsal")
	}
}

// Where viewers would see it, nothing is sent before somebody has said so.
func TestGuideAsksBeforeItMeasures(t *testing.T) {
	for _, service := range []string{"youtube", ""} {
		w, r := open(t)
		s := ready()
		s.Settings.Destinations[0].Service = service
		w.render(s)
		w.showGuide(stepMeasure)
		if got := r.took(); strings.Contains(got, "MeasureUpload") || !strings.Contains(got, "MeasureMachine") {
			t.Errorf("%q: asked %q", service, got)
		}
		press(t, w, "Measure the upload")
		if got := r.took(); got != "MeasureUpload(t)" {
			t.Errorf("%q: asked %q", service, got)
		}
		failed := s
		failed.Measured.Problem = app.Problem{Title: "The server refuses the stream key.", Advice: "Copy the key once more."}
		w.render(failed)
		if got := w.guide.measure.lineText.text; got != "The server refuses the stream key. Copy the key once more." {
			t.Errorf("it says %q", got)
		}
	}
}

// Every step fits the smallest window, and every control of it can be reached by
// keyboard.
func TestGuideFits(t *testing.T) {
	for step := stepPicture; step <= stepGo; step++ {
		w, _ := open(t)
		w.win.Resize(fyne.NewSize(853, 533))
		s := ready()
		s.Settings.Destinations[0].Service = "youtube" // the one with most to say
		w.render(measured(s, "t"))
		w.showGuide(step)
		top := w.sheet.popUp
		if got := top.Content.MinSize(); got.Height > 533-16 || got.Width > 853-16 {
			t.Errorf("step %d wants %v", step, got)
		}
		seen := map[fyne.Focusable]bool{}
		for range 40 {
			w.win.Canvas().FocusNext()
			seen[w.win.Canvas().Focused()] = true
		}
		if len(seen) < 3 {
			t.Errorf("step %d: the keyboard reaches %d controls", step, len(seen))
		}
		test.AssertObjectRendersToMarkup(t, "guide/"+[]string{"picture", "service", "key", "measure", "go"}[step]+".xml", top)
	}
}
