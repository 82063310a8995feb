package app

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/marker"
	"tally/rtmpout/rtmptest"
)

// liveTo is a studio with one destination, a server inside the process.
func liveTo(t *testing.T, state string) *Studio {
	t.Helper()
	server, err := rtmptest.Listen(rtmptest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return testStudio(t, func(o *Options) {
		o.StateDir = state
		o.Settings.Destinations = []Destination{{ID: "a", Name: "Own server", URL: server.URL("live"), Enabled: true}}
		o.Keys = MemoryKeys{"a": NewKey(testKey)}
	})
}

// A show leaves its mark while it runs, and its report when it has ended.
func TestHistoryOfShows(t *testing.T) {
	dir := t.TempDir()
	s := liveTo(t, dir)
	mark := filepath.Join(dir, "on-air.json")
	s.GoLive()
	await(t, s, "live", 20*time.Second, func(s Snapshot) bool { return s.State == Live })
	until(t, "the show is marked", func() bool { _, err := os.Stat(mark); return err == nil })
	if text, _ := os.ReadFile(mark); !strings.Contains(string(text), "Own server") || strings.Contains(string(text), testKey) {
		t.Errorf("the mark: %s", text)
	}
	time.Sleep(1200 * time.Millisecond)
	s.End()
	await(t, s, "ended", 5*time.Second, func(s Snapshot) bool { return s.State == Idle })
	until(t, "the mark is gone", func() bool { _, err := os.Stat(mark); return err != nil })
	shows, err := ReadShows(s.opts.ShowsDir())
	if err != nil || len(shows) != 1 {
		t.Fatalf("%d shows, %v", len(shows), err)
	}
	r := shows[0]
	if r.Crashed || r.OnAir < Seconds(time.Second) || len(r.Events) < 3 || len(r.Graph) < 1 || r.Outputs[0].Name != "Own server" {
		t.Errorf("%+v", r)
	}
	if text, _ := json.Marshal(r); strings.Contains(string(text), testKey) {
		t.Error("the report has the key in it")
	}
}

// After a crash the show is offered again, and its report goes on where it was.
func TestResumeAfterACrash(t *testing.T) {
	for _, what := range []string{"resume", "forget"} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			began := time.Now().Add(-time.Minute)
			a := openAccount(began)
			a.note(0, Connecting, "")
			a.note(2*time.Second, Live, "")
			text, err := json.Marshal(note{Account: a, Destinations: []string{"Own server"}})
			if err != nil {
				t.Fatal(err)
			}
			m, _, err := marker.Open(filepath.Join(dir, "on-air.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Write(marker.Session{Started: began, Alive: began.Add(40 * time.Second), Note: text}); err != nil {
				t.Fatal(err)
			}
			m.Close()

			s := liveTo(t, dir)
			got := await(t, s, "offered", 5*time.Second, func(s Snapshot) bool { return !s.Unfinished.IsZero() }).Unfinished
			if !got.Started.Equal(began) || got.Stopped.Sub(got.Started) != 40*time.Second || got.Destinations[0] != "Own server" {
				t.Errorf("%+v", got)
			}
			if what == "resume" {
				s.Resume()
				await(t, s, "live", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Unfinished.IsZero() })
				s.End()
				await(t, s, "ended", 5*time.Second, func(s Snapshot) bool { return s.State == Idle })
			} else {
				s.ForgetUnfinished()
				await(t, s, "forgotten", 5*time.Second, func(s Snapshot) bool { return s.Unfinished.IsZero() })
			}
			var shows []Report
			until(t, "the report is filed", func() bool { shows, _ = ReadShows(s.opts.ShowsDir()); return len(shows) == 1 })
			until(t, "the mark is gone", func() bool { _, err := os.Stat(filepath.Join(dir, "on-air.json")); return err != nil })
			r := shows[0]
			if !r.Started.Equal(began) || r.Crashed != (what == "forget") || r.OnAir < Seconds(38*time.Second) {
				t.Errorf("%+v", r)
			}
			if what == "resume" && (r.OffAir < Seconds(19*time.Second) || r.OffAir > Seconds(40*time.Second)) {
				t.Errorf("off air for %v: %+v", time.Duration(r.OffAir), r.Events)
			}
		})
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// However long a show is, its graph is not.
func TestTheGraphIsBounded(t *testing.T) {
	a := openAccount(time.Now())
	for second := range 24 * 3600 {
		a.plot(HistoryPoint{At: time.Duration(second) * time.Second, SentKbps: second, State: Live})
	}
	last := a.Graph[len(a.Graph)-1].At
	if n := len(a.Graph); n < graphKept/2 || n > graphKept || time.Duration(last) < 23*time.Hour+50*time.Minute {
		t.Errorf("%d points, the last at %v", n, time.Duration(last))
	}
}

func TestExports(t *testing.T) {
	dir := t.TempDir()
	for i := range showsKept + 5 {
		r := Report{Started: time.Date(2026, 1, 1, 20, 0, i, 0, time.UTC), Seconds: Seconds(time.Hour), Graph: []GraphPoint{{At: Seconds(time.Second), SentKbps: 2400, TargetKbps: 2500, State: Live}}}
		r.Outputs = []OutputStatus{{Name: "=evil()", Losses: []Loss{{At: Seconds(time.Minute), Seconds: Seconds(3500 * time.Millisecond), Cause: "A, \"quoted\" cause"}}}}
		if err := saveShow(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	shows, err := ReadShows(dir)
	if err != nil || len(shows) != showsKept || shows[0].Started.Second() != (showsKept+4)%60 {
		t.Fatalf("%d shows, %v", len(shows), err)
	}
	var losses, graph, all bytes.Buffer
	if err := ExportLosses(&losses, shows[:1]); err != nil {
		t.Error(err)
	}
	want := "2026-01-01T20:05:04Z,3600.0,0.0,'=evil(),0.0,0,0,,,\n2026-01-01T20:05:04Z,,,'=evil(),,,,60.0,3.5,\"A, \"\"quoted\"\" cause\"\n"
	if _, rows, _ := strings.Cut(losses.String(), "\n"); rows != want {
		t.Errorf("losses:\n%s", rows)
	}
	if err := ExportGraph(&graph, shows[0]); err != nil || !strings.HasSuffix(graph.String(), "\n1.0,2400,2500,live\n") {
		t.Errorf("%v, graph:\n%s", err, graph.String())
	}
	var again []Report
	if err := ExportShows(&all, shows); err != nil || json.Unmarshal(all.Bytes(), &again) != nil || len(again) != showsKept {
		t.Errorf("%v, %d shows read again", err, len(again))
	}
	os.WriteFile(filepath.Join(dir, "2027.json"), []byte("{"), 0o600)
	if shows, err := ReadShows(dir); err == nil || len(shows) != showsKept-1 {
		t.Errorf("with a damaged file: %d shows, %v", len(shows), err)
	}
}
