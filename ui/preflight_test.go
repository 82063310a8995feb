package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tally/app"
)

// When all is well, the big button is as quick as ever.
func TestGoLiveWhenAllIsWell(t *testing.T) {
	w, r := open(t)
	s := ready()
	r.checks = s.Preflight
	w.render(s)
	if w.ready.root.label != "Ready" {
		t.Errorf("it says %q", w.ready.root.label)
	}
	test.Tap(w.live)
	if got := r.took(); got != "Apply GoLive" || w.sheet != nil {
		t.Errorf("asked %q, sheet %v", got, w.sheet)
	}
}

func TestWhatIsWrongIsListedFirst(t *testing.T) {
	w, r := open(t)
	s := doubtful()
	r.checks = s.Preflight
	w.render(s)
	if w.ready.root.label != "3 things to look at" || !w.ready.root.lit {
		t.Errorf("it says %q", w.ready.root.label)
	}
	test.Tap(w.live)
	if got := r.took(); got != "" || w.checks == nil {
		t.Fatalf("asked %q, sheet %v", got, w.checks)
	}
	if len(w.checks.rows) != 3 || w.checks.rows[0].check.State != app.CheckBad {
		t.Errorf("listed: %+v", w.checks.rows)
	}
	press(t, w, "Fix first")
	if got := r.took(); got != "" || w.checks != nil || w.sheet != nil {
		t.Fatalf("asked %q", got)
	}
	test.Tap(w.live)
	press(t, w, "Go live anyway")
	if got := r.took(); got != "Apply GoLive" || w.sheet != nil {
		t.Errorf("asked %q", got)
	}
}

// Each button does what it says.
func TestFixes(t *testing.T) {
	w, r := open(t)
	s := doubtful()
	r.checks = s.Preflight
	w.render(s)
	test.Tap(w.live)
	press(t, w, "Use 1300 kbit/s")
	if r.last().Video.BitrateKbps != 1300 || w.checks == nil {
		t.Errorf("applied %+v", r.last().Video)
	}
	press(t, w, "Unmute")
	if r.last().Audio.Muted {
		t.Error("still muted")
	}
	r.took()
	// The next snapshot says that all but the server is in order.
	s.Preflight = []app.Check{s.Preflight[0]}
	r.checks = s.Preflight
	w.render(s)
	if len(w.checks.rows) != 1 {
		t.Errorf("listed: %+v", w.checks.rows)
	}
	press(t, w, "Edit the destination…")
	if w.checks != nil || w.sheet == nil {
		t.Fatal("the form is not open")
	}
	w.sheet.close()

	for _, c := range []app.Check{
		{ID: app.CheckSound, State: app.CheckDoubt, Title: "x", Fix: app.FixSound},
		{ID: app.CheckPicture, State: app.CheckDoubt, Title: "x", Fix: app.FixPicture},
	} {
		r.checks = []app.Check{c}
		w.render(s)
		test.Tap(w.live)
		press(t, w, fixLabel(c))
		if w.sheet != nil || w.win.Canvas().Overlays().Top() == nil {
			t.Errorf("%s: no menu is open", c.Fix)
		}
		w.win.Canvas().Overlays().Remove(w.win.Canvas().Overlays().Top())
	}
}

func TestNothingIsAskedBeforeARehearsal(t *testing.T) {
	w, r := open(t)
	s := doubtful()
	s.Settings.Destinations = nil
	r.checks = s.Preflight
	w.render(s)
	test.Tap(w.live)
	if got := r.took(); got != "GoLive" {
		t.Errorf("asked %q", got)
	}
}

// The list of everything, by keyboard, in the smallest window.
func TestListOfChecks(t *testing.T) {
	w, r := open(t)
	w.win.Resize(fyne.NewSize(853, 533))
	s := doubtful()
	s.Preflight = append(s.Preflight, ready().Preflight...)
	r.checks = s.Preflight
	w.render(s)
	w.showChecks(false)
	if got := w.sheet.popUp.Content.MinSize(); got.Height > 533 || got.Width > 853 {
		t.Errorf("the list wants %v", got)
	}
	test.AssertObjectRendersToMarkup(t, "checks/all.xml", w.checks.list)
	press(t, w, "Look again")
	if got := r.took(); got != "CheckAgain" {
		t.Errorf("asked %q", got)
	}
	w.typedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.checks != nil || w.sheet != nil {
		t.Error("Escape does not close it")
	}
}

func TestChecksGoWithTheShow(t *testing.T) {
	w, r := open(t)
	r.checks = doubtful().Preflight
	w.render(doubtful())
	w.showChecks(true)
	w.render(live())
	if w.sheet != nil || w.checks != nil {
		t.Error("the list is still there on air")
	}
	if w.ready.root.Visible() {
		t.Error("it says whether all is ready although the show runs")
	}
	if text, _, _ := readyText(nil); !strings.HasPrefix(text, "Checking") {
		t.Errorf("before anything is known: %q", text)
	}
}

// A codec that the service does not take is changed in place, and an encoder of it
// that was chosen by name goes with it.
func TestUseH264(t *testing.T) {
	w, r := open(t)
	s := doubtful()
	s.Settings.Video.Codec, s.Settings.Video.Encoder = "hevc", "libx265"
	s.Preflight = []app.Check{{ID: app.CheckService, State: app.CheckDoubt, Title: "x", Fix: app.FixH264}}
	r.checks = s.Preflight
	w.render(s)
	test.Tap(w.live)
	press(t, w, "Use H.264")
	if v := r.last().Video; v.Codec != "h264" || v.Encoder != "auto" || w.checks == nil {
		t.Errorf("applied %+v", v)
	}
}

// Nor does sound that may not be taken have to be looked for.
func TestUseAAC(t *testing.T) {
	w, r := open(t)
	s := doubtful()
	s.Settings.Audio.Codec = "opus"
	s.Preflight = []app.Check{{ID: app.CheckService, State: app.CheckDoubt, Title: "x", Fix: app.FixAAC}}
	r.checks = s.Preflight
	w.render(s)
	test.Tap(w.live)
	press(t, w, "Use AAC")
	if a := r.last().Audio; a.Coded() != "aac" || w.checks == nil {
		t.Errorf("applied %+v", a)
	}
}
