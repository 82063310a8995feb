package ui

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"tally/app"
)

// pastShows are what a history has in it: a good one, one with drops to two
// places, and one that a crash has cut off.
func pastShows() []app.Report {
	at := func(d time.Duration) app.Seconds { return app.Seconds(d) }
	good := ended().Report
	good.Started, good.OffAir, good.OnAir = time.Date(2026, 11, 24, 20, 0, 0, 0, time.Local), 0, at(3700*time.Second)
	good.Events = []app.Event{{At: 0, State: app.Connecting}, {At: at(time.Second), State: app.Live}}
	good.Outputs = []app.OutputStatus{{Name: "Twitch", SentBytes: 1_250_000_000}}
	good.Video.Dropped, good.Video.Skipped = 0, 0

	bad := ended().Report
	for i := range 930 {
		p := app.GraphPoint{At: at(time.Duration(4*i) * time.Second), SentKbps: 2600 - i, TargetKbps: 2500, State: app.Live}
		bad.Graph = append(bad.Graph, p)
	}
	bad.Outputs = []app.OutputStatus{
		{Name: "Twitch", SentBytes: 1_250_000_000, OffAir: at(24 * time.Second), Losses: []app.Loss{{At: at(1800 * time.Second), Seconds: at(26 * time.Second), Cause: "The server closed the connection."}}},
		{Name: "A parish whose name is as long as its sermons on a Sunday", SentBytes: 1_100_000_000, OffAir: at(9 * time.Second), Losses: []app.Loss{{At: at(30 * time.Second), Seconds: at(9 * time.Second), Cause: "example.com has taken nothing for 5.2 s."}}},
	}

	cut := good
	cut.Started, cut.Crashed, cut.OnAir = time.Date(2026, 11, 20, 9, 30, 0, 0, time.Local), true, at(754*time.Second)
	return []app.Report{good, bad, cut}
}

func unfinished(ago time.Duration) app.Snapshot {
	s := ready()
	stopped := time.Now().Add(-ago)
	s.Unfinished = app.Unfinished{Started: stopped.Add(-12*time.Minute - 10*time.Second), Stopped: stopped, Destinations: []string{"Twitch", "YouTube"}}
	return s
}

// TestLookOfSheets compares the sheets of shows with what they looked like when
// somebody last looked at them; see TestLook.
func TestLookOfSheets(t *testing.T) {
	for name, open1 := range map[string]func(w *Window, r *recorder){
		"history":         func(w *Window, r *recorder) { r.shows = pastShows(); w.showHistory() },
		"history-empty":   func(w *Window, _ *recorder) { w.showHistory() },
		"show-good":       func(w *Window, _ *recorder) { w.showReport(pastShows()[0]) },
		"show-drops":      func(w *Window, _ *recorder) { w.showReport(pastShows()[1]) },
		"show-crashed":    func(w *Window, _ *recorder) { w.showReport(pastShows()[2]) },
		"export":          func(w *Window, _ *recorder) { w.export("Tally", pastShows()[:1], nil) },
		"unfinished":      func(w *Window, _ *recorder) { w.render(unfinished(40*time.Second + time.Second/2)) },
		"unfinished-long": func(w *Window, _ *recorder) { w.render(unfinished(5*time.Hour + time.Second)) },
	} {
		w, r := open(t)
		w.do = func(f func()) { f() }
		w.render(ready())
		open1(w, r)
		if w.sheet == nil {
			t.Fatalf("%s: nothing is open", name)
		}
		test.AssertObjectRendersToMarkup(t, "sheet/"+name+".xml", w.sheet.popUp.Content)
		w.sheet.close()
	}
}

// TestTheShowGoesOnByItself: somebody is asked, and after the countdown it goes on.
func TestTheShowGoesOnByItself(t *testing.T) {
	w, r := open(t)
	s := unfinished(40 * time.Second)
	w.render(s)
	if w.sheet == nil || r.took() != "" {
		t.Fatal("nobody was asked")
	}
	w.offer.at = time.Now().Add(4500 * time.Millisecond)
	w.render(s)
	if got := w.offer.count.text; got != "It goes on in 5 seconds." {
		t.Errorf("the countdown says %q", got)
	}
	w.preview.hide(true) // nobody can see it: it counts all the same
	w.offer.at = time.Now()
	w.render(s)
	if got := r.took(); got != "Resume" || w.sheet != nil {
		t.Fatalf("asked %q, the sheet is %v", got, w.sheet)
	}
	w.render(s) // the studio has not obeyed yet
	if got := r.took(); got != "" || w.sheet != nil {
		t.Errorf("asked again %q", got)
	}
}

// TestStayOffAir: Escape, and the harmless button, end the countdown for good;
// Return goes on at once. Who comes back after hours is never put on air by
// waiting.
func TestStayOffAir(t *testing.T) {
	key := func(w *Window, name fyne.KeyName) { w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name}) }
	for name, c := range map[string]struct {
		ago   time.Duration
		do    func(w *Window)
		asked string
	}{
		"Escape":         {time.Minute, func(w *Window) { key(w, fyne.KeyEscape) }, "ForgetUnfinished"},
		"a click":        {time.Minute, func(w *Window) { press(t, w, "Stay off air") }, "ForgetUnfinished"},
		"Return":         {time.Minute, func(w *Window) { key(w, fyne.KeyReturn) }, "Resume"},
		"Return, later":  {time.Hour, func(w *Window) { key(w, fyne.KeyReturn) }, "ForgetUnfinished"},
		"a click, later": {time.Hour, func(w *Window) { press(t, w, "Go on now") }, "Resume"},
	} {
		w, r := open(t)
		s := unfinished(c.ago)
		w.render(s)
		if late := w.offer.at.IsZero(); late != (c.ago == time.Hour) {
			t.Errorf("%s: it goes on by itself: %t", name, !late)
		}
		c.do(w)
		w.render(s)
		if got := r.took(); got != c.asked || w.sheet != nil {
			t.Errorf("%s: asked %q, the sheet is %v", name, got, w.sheet)
		}
	}
}

// TestTheOfferGoesWhenItIsDecidedElsewhere: GO LIVE by another way ends it.
func TestTheOfferGoesWhenItIsDecidedElsewhere(t *testing.T) {
	w, r := open(t)
	w.render(unfinished(time.Minute))
	w.render(live())
	if w.sheet != nil || r.took() != "" {
		t.Errorf("still asking: %v", w.sheet)
	}
}

// TestHistoryByKeyboard opens the second show of the list with arrows and Return,
// and finds every drop, with its cause, in words.
func TestHistoryByKeyboard(t *testing.T) {
	w, r := open(t)
	w.do = func(f func()) { f() }
	r.shows = pastShows()
	w.render(ready())
	choose(t, w.win.MainMenu().Items[1], "History of shows…")
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyReturn} {
		w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k})
	}
	for _, want := range []string{
		"A parish whose name is as long as its sermons on a Sunday at 0:30 for 9.0 s: example.com has taken nothing for 5.2 s.",
		"At 10:00 for 2.0 s: the server took nothing for that long, and then went on",
		"Twitch at 30:00 for 26 s: The server closed the connection.",
	} {
		find(t, w, func(p *paragraph) bool { return p.text == want })
	}
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if w.sheet != nil {
		t.Error("Escape leaves a sheet open")
	}
}

// TestExportForms writes each form, and reads it again.
func TestExportForms(t *testing.T) {
	shows := pastShows()
	for i, want := range []string{"Twitch at 30:00 for 26 s", "1800.0,26.0,The server closed the connection.", "4.0,2599,2500,live", `"cause": "The server closed the connection."`} {
		var b bytes.Buffer
		f := exportForms(1)[i]
		if err := f.write(&b, shows[1:2]); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v\n%s", f.label, err, b.String())
		}
		if f.ending == ".json" && !json.Valid(b.Bytes()) {
			t.Errorf("no JSON: %s", b.String())
		}
	}
	if n := len(exportForms(2)); n != 3 { // a graph is one show's
		t.Errorf("%d forms for several shows", n)
	}
}

// TestSaveAs: the file chooser gives a file, and the report is in it.
func TestSaveAs(t *testing.T) {
	open(t)
	path := filepath.Join(t.TempDir(), "show.txt")
	f, err := storage.Writer(storage.NewFileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	said := hintText("", 100)
	fill(f, said, func(f io.Writer) error { return exportForms(1)[0].write(f, pastShows()[:1]) })
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), "Show of 24 November 2026, 20:00") {
		t.Errorf("%v: %s", err, b)
	}
	if said.text != "Saved as "+path || said.color != colorGood {
		t.Errorf("it says %q", said.text)
	}
}

// TestDropsBetweenThePointsOfTheGraph: a long show has a point each few seconds,
// but a drop between two of them is drawn.
func TestDropsBetweenThePointsOfTheGraph(t *testing.T) {
	off := 0
	points := showPoints(pastShows()[1])
	for i, p := range points {
		if i > 0 && p.At < points[i-1].At {
			t.Fatalf("point %d goes back to %v", i, p.At)
		}
		if p.State == app.Stalled && p.SentKbps == 0 {
			off++
		}
	}
	if off != 2 {
		t.Errorf("%d drops are drawn", off)
	}
}
