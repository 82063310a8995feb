package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tally/app/machine"
	"tally/app/program"
	"tally/rtmpout/rtmptest"
)

// allWell is somebody with everything in order.
func allWell() facts {
	set := DefaultSettings()
	set.Video.Source, set.Audio.Source, set.Record = "camera:one", "mic:m", true
	set.Destinations = []Destination{
		{ID: "t", Name: "Twitch", Service: "twitch", URL: "rtmps://ingest.example/app", Enabled: true},
		{ID: "off", Name: "Not now", URL: "rtmp://nowhere/app"},
	}
	now := time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC)
	return facts{
		now: now, settings: set, keys: KeyStatus{Present: map[string]bool{"t": true}},
		picture: SourceStatus{Source: "camera:one", Name: "Webcam", State: SourceRunning},
		sound:   SourceStatus{Source: "mic:m", Name: "Headset", State: SourceRunning},
		sight:   program.Sight{At: time.Minute, Still: 20 * time.Millisecond}, sighted: true,
		reached:      map[string]reached{"t": {at: now}},
		line:         LineFigure{When: now.Add(-3 * time.Hour), Kbps: 7100},
		encoderTried: true, room: 100 << 30, machine: machine.Status{Battery: true, OnMains: true, BatteryPercent: 90},
	}
}

func TestPreflight(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*facts)
		id     CheckID
		state  CheckState
		fix    Fix
		says   string
	}{
		{"no key", func(f *facts) { f.keys.Present = map[string]bool{"t": false} }, CheckKey, CheckBad, FixKey, "There is no stream key for Twitch."},
		{"the key is on its way", func(f *facts) { f.keys.Present, f.storing = map[string]bool{}, map[string]bool{"t": true} }, CheckKey, CheckOpen, "", "being stored"},
		{"the keyring is slow", func(f *facts) { f.keys.Present = nil }, CheckKey, CheckOpen, "", "Looking for"},
		{"nobody answers", func(f *facts) { f.reached["t"] = reached{err: context.DeadlineExceeded} }, CheckServer, CheckBad, FixDestination, "too long"},
		{"not called yet", func(f *facts) { f.reached = nil }, CheckServer, CheckOpen, "", "Calling"},
		{"an own server is not called", func(f *facts) { f.reached, f.settings.Destinations[0].Service = nil, "" }, CheckServer, CheckGood, "", "when you go live"},
		{"too much for the service", func(f *facts) { f.settings.Video.BitrateKbps, f.line.Kbps = 8000, 20_000 }, CheckService, CheckDoubt, FixBitrate, "Twitch takes 6000 kbit/s at most; you have chosen 8000."},
		{"a codec that the service does not take", func(f *facts) { f.settings.Video.Codec = "hevc" }, CheckService, CheckDoubt, FixH264, "Twitch does not take HEVC."},
		{"a codec that it takes", func(f *facts) { f.settings.Destinations[0].Service, f.settings.Video.Codec = "youtube", "hevc" }, CheckService, CheckGood, "", "YouTube takes"},
		{"a service of which it is not known", func(f *facts) { f.settings.Destinations[0].Service, f.settings.Video.Codec = "trovo", "av1" }, CheckService, CheckNote, FixH264, "may not take AV1."},
		{"an own server", func(f *facts) { f.settings.Destinations[0].Service, f.settings.Video.Codec = "", "hevc" }, CheckService, CheckNote, FixH264, "may not take HEVC."},
		{"Opus", func(f *facts) { f.settings.Audio.Codec = "opus" }, CheckService, CheckNote, FixAAC, "may not take Opus."},
		{"Opus, and too much for the service", func(f *facts) {
			f.settings.Audio.Codec, f.settings.Video.BitrateKbps, f.line.Kbps = "opus", 8000, 20_000
		}, CheckService, CheckDoubt, FixBitrate, "Twitch takes 6000 kbit/s at most"},
		{"Opus, and no sound", func(f *facts) { f.settings.Audio.Codec, f.settings.Audio.Source = "opus", "none" }, CheckService, CheckGood, "", "Twitch takes what"},
		{"Opus, and no picture", func(f *facts) { f.settings.Audio.Codec, f.settings.Video.Source = "opus", "none" }, CheckService, CheckNote, FixAAC, "may not take Opus."},
		{"a service that is known to take Enhanced RTMP", func(f *facts) { f.settings.Destinations[0].Enhanced, f.settings.Audio.Codec = true, "opus" }, CheckService, CheckGood, "", "Twitch takes what"},
		{"no codec chosen", func(f *facts) { f.settings.Video.Codec = "" }, CheckService, CheckGood, "", "Twitch takes"},
		{"too much for the line", func(f *facts) { f.line.Kbps = 2000 }, CheckUpload, CheckDoubt, FixBitrate, "Your upload carried only 2.0 Mbit/s 3 hours ago; the show needs 2.7."},
		{"the line is not known", func(f *facts) { f.line = LineFigure{} }, CheckUpload, CheckNote, FixMeasure, "not known yet"},
		{"nobody has tried as much", func(f *facts) { f.line = LineFigure{When: f.now, Kbps: 1500, AtLeast: true} }, CheckUpload, CheckNote, FixMeasure, "just now"},
		{"two places need twice as much", func(f *facts) {
			f.settings.Destinations[1].Enabled, f.line.Kbps = true, 5000
			f.reached["off"], f.keys.Present["off"] = reached{}, true
		}, CheckUpload, CheckDoubt, FixBitrate, "the show needs 5.3"},
		{"black", func(f *facts) { f.sight.Black = true }, CheckPicture, CheckDoubt, FixPicture, "The picture is black."},
		{"a black screen", func(f *facts) { f.sight.Black, f.picture.Source = true, "screen:0" }, CheckPicture, CheckDoubt, FixPicture, "The screen is black."},
		{"frozen", func(f *facts) { f.sight.Still = 5 * time.Second }, CheckPicture, CheckDoubt, FixPicture, "The picture of Webcam has been frozen for 5 s."},
		{"a still screen is no fault", func(f *facts) { f.sight.Still, f.picture.Source = time.Hour, "screen:0" }, CheckPicture, CheckGood, "", "The screen is shown."},
		{"nobody looks", func(f *facts) { f.sighted, f.sight.Black = false, true }, CheckPicture, CheckGood, "", "Webcam delivers."},
		{"no camera any more", func(f *facts) {
			f.picture.State, f.picture.Problem = SourceFailed, Problem{Title: "Webcam: the device was unplugged.", Advice: "Plug it in again."}
		}, CheckPicture, CheckBad, FixPicture, "unplugged"},
		{"the test card", func(f *facts) { f.picture.Source, f.picture.Name = "testcard", "Test card" }, CheckPicture, CheckNote, FixPicture, "test card"},
		{"muted", func(f *facts) { f.settings.Audio.Muted = true }, CheckSound, CheckDoubt, FixUnmute, "The sound is muted."},
		{"silent", func(f *facts) { f.silent = 12 * time.Second }, CheckSound, CheckDoubt, FixSound, "Headset has been silent for 12 s."},
		{"a moment of silence", func(f *facts) { f.silent = 5 * time.Second }, CheckSound, CheckGood, "", "Headset is heard."},
		{"no encoder", func(f *facts) { f.encoder = Problem{Title: "Tally could not open the video encoder."} }, CheckEncoder, CheckBad, FixSettings, "could not open"},
		{"half an hour of disk", func(f *facts) { f.room = 600 << 20 }, CheckDisk, CheckDoubt, FixFolder, "minutes of recording"},
		{"little disk", func(f *facts) { f.room = 60 << 20 }, CheckDisk, CheckBad, FixFolder, "2 minutes"},
		{"no disk", func(f *facts) { f.room = 20 << 20 }, CheckDisk, CheckBad, FixFolder, "no room for a recording"},
		{"nobody has looked at the disk yet", func(f *facts) { f.room = -1 }, CheckDisk, CheckOpen, "", "Looking for room"},
		{"a folder of others", func(f *facts) { f.roomErr = os.ErrPermission }, CheckDisk, CheckBad, FixFolder, "may not write there"},
		{"a low battery", func(f *facts) { f.machine = machine.Status{Battery: true, BatteryPercent: 22} }, CheckPower, CheckDoubt, "", "22 % left"},
		{"an empty one soon", func(f *facts) { f.machine = machine.Status{Battery: true, BatteryPercent: 80, BatteryMinutes: 30} }, CheckPower, CheckDoubt, "", "30 minutes"},
		{"a full one", func(f *facts) { f.machine = machine.Status{Battery: true, BatteryPercent: 90, BatteryMinutes: 200} }, CheckPower, CheckNote, "", "90 % left"},
		{"the clock", func(f *facts) { f.clockBehind = f.now.AddDate(0, 2, 0) }, CheckClock, CheckDoubt, "", "2026-11-25, but Tally was used here on 2027-01-25"},
	} {
		f := allWell()
		c.change(&f)
		all := preflight(f)
		at := slices.IndexFunc(all, func(got Check) bool { return got.ID == c.id && (got.About == "" || got.About == "t") })
		if at < 0 {
			t.Errorf("%s: there is no check %s", c.name, c.id)
			continue
		}
		got := all[at]
		if got.State != c.state || got.Fix != c.fix || !strings.Contains(got.Title.String(), c.says) || got.State == CheckBad && got.Advice == "" && c.id != CheckEncoder {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.state > CheckGood && at != 0 && all[0].State < c.state {
			t.Errorf("%s: the worst is not the first: %+v", c.name, all)
		}
		if n := wrongOnes(all); (n > 0) != c.state.Wrong() {
			t.Errorf("%s: %d are wrong: %+v", c.name, n, all)
		}
	}
	f := allWell()
	d := &f.settings.Destinations[0]
	d.Service, d.Enhanced, f.settings.Video.Codec = "", true, "hevc"
	if at := slices.IndexFunc(preflight(f), func(c Check) bool { return c.ID == CheckService }); at >= 0 {
		t.Errorf("a server with Enhanced RTMP: %+v", preflight(f)[at])
	}
	if n := wrongOnes(preflight(allWell())); n != 0 {
		t.Errorf("all is well, and %d are wrong", n)
	}
}

func wrongOnes(all []Check) (n int) {
	for _, c := range all {
		if c.State.Wrong() {
			n++
		}
	}
	return n
}

// A rehearsal is asked for nothing that it does not need.
func TestPreflightOfARehearsal(t *testing.T) {
	f := allWell()
	f.settings.Destinations[0].Enabled = false
	f.reached, f.keys.Present, f.line = nil, nil, LineFigure{}
	for _, c := range preflight(f) {
		if c.State != CheckGood || slices.Contains([]CheckID{CheckKey, CheckServer, CheckService, CheckUpload}, c.ID) {
			t.Errorf("%+v", c)
		}
	}
}

func check(all []Check, id CheckID) Check {
	for _, c := range all {
		if c.ID == id {
			return c
		}
	}
	return Check{State: -1}
}

// What takes time is found out while nothing happens, on real sockets.
func TestPreflightInTheBackground(t *testing.T) {
	server, err := rtmptest.Listen(rtmptest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s := testStudio(t, func(o *Options) {
		o.Settings.Destinations = []Destination{{ID: "a", Name: "A", URL: server.URL("live"), Enabled: true}}
		o.Settings.Record, o.Settings.RecordDir = true, filepath.Join(t.TempDir(), "not", "there yet")
		o.Keys = MemoryKeys{"a": NewKey(testKey)}
	})
	s.Preview().Resize(320, 180)
	time.Sleep(2 * lookEach)
	if n := server.Connections(); n != 0 {
		t.Errorf("an own server was called %d times although nobody has asked", n)
	}
	s.CheckAgain()
	got := await(t, s, "looked at", 20*time.Second, func(s Snapshot) bool {
		return len(s.Preflight) > 0 && check(s.Preflight, CheckServer).State == CheckGood && check(s.Preflight, CheckEncoder).State == CheckGood && check(s.Preflight, CheckPicture).State == CheckNote
	})
	if n := wrongOnes(got.Preflight); n > 0 || check(got.Preflight, CheckDisk).State != CheckGood {
		t.Errorf("%d are wrong: %+v", n, got.Preflight)
	}
	set := s.Snapshot().Settings
	set.Audio.Muted = true
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	if c := check(s.Preflight(), CheckSound); c.Fix != FixUnmute { // at once
		t.Errorf("%+v", c)
	}
	server.Close()
	s.CheckAgain()
	await(t, s, "without a server", 10*time.Second, func(s Snapshot) bool {
		c := check(s.Preflight, CheckServer)
		return c.State == CheckBad // refused, or cut while the server was closing
	})
}

// The line is measured on a real socket, and what it carries is remembered.
func TestMeasureUpload(t *testing.T) {
	keys := make(chan string, 10)
	server, err := rtmptest.Listen(rtmptest.Config{Publish: func(p rtmptest.Publication) (rtmptest.Receiver, error) {
		keys <- p.Key
		return nil, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	state := t.TempDir()
	s := testStudio(t, func(o *Options) {
		o.StateDir = state
		o.Settings.Destinations = []Destination{{ID: "a", Name: "A", Service: "twitch", URL: server.URL("app"), Enabled: true}}
		o.Keys = MemoryKeys{"a": NewKey(testKey)}
	})
	s.MeasureUpload("a")
	await(t, s, "measuring", 5*time.Second, func(s Snapshot) bool { return s.Measured.Running == MeasureLine && s.Measured.Kbps > 0 })
	got := await(t, s, "measured", 15*time.Second, func(s Snapshot) bool { return s.Measured.Running == "" && s.Measured.Line.Kbps > 0 })
	if l := got.Measured.Line; !l.AtLeast || l.Kbps < 6000 || got.Measured.Destination != "a" || !got.Measured.Problem.IsZero() {
		t.Errorf("%+v", got.Measured)
	}
	if key := <-keys; key != testKey+"?bandwidthtest=true" {
		t.Error("the measurement would have been seen by viewers") // the key itself is not to be printed
	}
	if c := check(s.Preflight(), CheckUpload); c.State != CheckGood || !strings.Contains(c.Title.String(), "just now") {
		t.Errorf("%+v", c)
	}
	again := newWatchman()
	again.load(state)
	if again.lines[again.network].Kbps != got.Measured.Line.Kbps {
		t.Errorf("remembered: %+v", again.lines)
	}
	data, err := os.ReadFile(again.path(state))
	if err != nil || strings.Contains(string(data), testKey) {
		t.Errorf("the file: %v", err)
	}

	// A show has the line for itself.
	s.MeasureUpload("a")
	await(t, s, "measuring again", 5*time.Second, func(s Snapshot) bool { return s.Measured.Running == MeasureLine && s.Measured.Kbps > 0 })
	s.GoLive()
	live := await(t, s, "live", 10*time.Second, func(s Snapshot) bool { return s.State == Live })
	if live.Measured.Running != "" {
		t.Error("something is measured beside a show")
	}
	s.MeasureMachine()
	await(t, s, "refused", 5*time.Second, func(s Snapshot) bool { return strings.Contains(s.Measured.Problem.Title.String(), "on air") })
	s.End()
	await(t, s, "ended", 5*time.Second, func(s Snapshot) bool { return s.State == Idle })
}

func TestMeasureUploadFails(t *testing.T) {
	s := testStudio(t, func(o *Options) {
		o.Settings.Destinations = []Destination{{ID: "a", Name: "A", URL: "rtmp://127.0.0.1:1/live", Enabled: true}, {ID: "b", Name: "B", URL: "rtmp://127.0.0.1:1/live"}}
		o.Keys = MemoryKeys{"a": NewKey(testKey)}
	})
	s.MeasureUpload("a")
	await(t, s, "told why", 10*time.Second, func(s Snapshot) bool { return strings.Contains(s.Measured.Problem.Title.String(), "nothing listens") })
	s.MeasureUpload("b")
	await(t, s, "told that there is no key", 10*time.Second, func(s Snapshot) bool { return strings.Contains(s.Measured.Problem.Title.String(), "no stream key") })
}

// What a show has carried is remembered, too.
func TestCarried(t *testing.T) {
	graph := func(n, sent, target int) (points []GraphPoint) {
		for i := range n {
			points = append(points, GraphPoint{At: Seconds(time.Duration(i) * time.Second), SentKbps: sent, TargetKbps: target, State: Live})
		}
		return points
	}
	if l, ok := carried(Report{Graph: graph(60, 2600, 2500)}); !ok || l.Kbps != 2600 || !l.AtLeast {
		t.Errorf("%+v, %t", l, ok)
	}
	if l, ok := carried(Report{Graph: append(graph(60, 2600, 2500), graph(40, 1400, 1300)...)}); !ok || l.Kbps != 1400 || l.AtLeast {
		t.Errorf("%+v, %t", l, ok)
	}
	if _, ok := carried(Report{Graph: graph(5, 2600, 2500)}); ok {
		t.Error("five seconds say nothing")
	}
	w := newWatchman()
	w.learn(LineFigure{When: time.Now(), Kbps: 7000, Measured: true}, "")
	w.learn(LineFigure{When: time.Now(), Kbps: 2600, AtLeast: true}, "")
	if got := w.lines[w.network]; got.Kbps != 7000 {
		t.Errorf("a show that needed less has the last word: %+v", got)
	}
	for i := range 2 * linesKept {
		w.network = strings.Repeat("x", i)
		w.learn(LineFigure{When: time.Now().Add(time.Duration(i) * time.Second), Kbps: 1000}, "")
	}
	if len(w.lines) != linesKept {
		t.Errorf("%d networks are remembered", len(w.lines))
	}
}

func TestClockIsCheckedAgainstFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := SaveSettings(path, DefaultSettings()); err != nil {
		t.Fatal(err)
	}
	w := newWatchman()
	if w.lookAtClock(Options{SettingsPath: path}); !w.behind.IsZero() {
		t.Errorf("behind %v", w.behind)
	}
	future := time.Now().AddDate(0, 1, 0)
	if err := errors.Join(os.Chtimes(path, future, future)); err != nil {
		t.Fatal(err)
	}
	if w.lookAtClock(Options{SettingsPath: path}); w.behind.IsZero() {
		t.Error("not noticed")
	}
}

// Another codec is another encoder, whatever else stays as it was.
func TestAnotherCodecIsTried(t *testing.T) {
	v := DefaultSettings().Video
	w := newWatchman()
	w.tried = videoParams(v)
	if w.untried(v) {
		t.Error("the encoder is tried twice")
	}
	v.Use("hevc")
	if !w.untried(v) {
		t.Error("the encoder of the codec before counts as tried")
	}
}
