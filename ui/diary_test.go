package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tally/app"
	"tally/app/machine"
)

// TestDiary follows a show with everything that can happen to it.
func TestDiary(t *testing.T) {
	now := time.Date(2026, 11, 25, 20, 14, 0, 0, time.Local)
	var d diary
	told := 0
	step := func(s app.Snapshot, after time.Duration, want ...string) {
		t.Helper()
		now = now.Add(after)
		var got []string
		for _, m := range d.read(s, now) {
			got = append(got, m.text)
			if m.tell {
				told++
			}
		}
		if strings.Join(got, " | ") != strings.Join(want, " | ") {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	step(ready(), 0)
	s := live()
	s.State, s.Outputs = app.Connecting, nil
	step(s, time.Second, "GO LIVE was pressed.")
	step(live(), time.Second, "On air.")
	step(live(), time.Second)
	s = live()
	s.Video.Dropped = 4
	step(s, time.Second)
	s.Video.Dropped = 7
	step(s, time.Second)
	step(s, 4*time.Second, "Viewers missed 7 pictures.")
	r := reconnecting()
	r.Video.Dropped = 7
	r.Outputs[0].Cause = r.Outputs[0].Problem.Title
	r.Problems = []app.Problem{r.Outputs[0].Problem}
	step(r, time.Second, "The server closed the connection.")
	step(r, time.Second)
	step(s, 12*time.Second, "Back on air after 13 s.")
	s.Video.TargetKbps, s.Video.Reason = 1600, "Your upload fell to 1.9 Mbit/s. Picture lowered to 1.6."
	step(s, time.Second, "Your upload fell to 1.9 Mbit/s. Picture lowered to 1.6.")
	s.Video.TargetKbps, s.Video.Reason = 2500, ""
	step(s, time.Second, "The picture is back at 2500 kbit/s.")
	s.Settings.Audio.Muted = true
	step(s, time.Second, "You muted the sound.")
	s.Problems = []app.Problem{{Title: "You are muted."}}
	step(s, time.Second, "You are muted.")
	s.Machine = machine.Status{Battery: true, OnMains: true, BatteryPercent: 40}
	step(s, time.Second)
	s.Machine.OnMains = false
	step(s, time.Second, "The charger is unplugged. The battery is at 40 %.")
	s.Recording = app.RecordingStatus{On: true, Path: "/home/alice/Videos/Tally.mkv"}
	step(s, time.Second, "The recording has begun: Tally.mkv")
	s.Recording.On = false
	step(s, time.Second, "The recording has ended: Tally.mkv")
	e := s
	e.State = app.Ending
	step(e, time.Second, "The show is ending.")
	over := ended()
	step(over, time.Second, "The show is over. It was on air for 1:01:40.")
	if told != 4 {
		t.Errorf("%d of them are for somebody who does not look; want 4", told)
	}
	if n := len(d.moments); n != 14 {
		t.Errorf("%d moments are kept", n)
	}
	s = live()
	s.State = app.Connecting
	step(s, time.Minute, "GO LIVE was pressed.")
	if n := len(d.moments); n != 1 {
		t.Errorf("%d moments are kept of the next show", n)
	}
}

// A show that is on air before the window looks again has left nothing.
func TestDiaryOfAShowThatBeginsAtOnce(t *testing.T) {
	var d diary
	now := time.Now()
	d.read(ready(), now)
	for range 2 {
		got := d.read(live(), now.Add(time.Second))
		if len(got) != 2 || got[0].text != "GO LIVE was pressed." || got[1].text != "On air." {
			t.Errorf("told %+v", got)
		}
		d.read(reconnecting(), now.Add(2*time.Second))
		d.read(ended(), now.Add(3*time.Second))
	}
}

func TestDiaryOfSeveralPlaces(t *testing.T) {
	var d diary
	now := time.Now()
	one := twoPlaces()
	one.Outputs[1].State, one.Outputs[1].Problem = app.Live, app.Problem{}
	d.read(one, now)
	lost := twoPlaces()
	got := d.read(lost, now)
	if len(got) != 1 || got[0].text != "YouTube: The server closed the connection." || !got[0].tell || !got[0].bad {
		t.Errorf("lost: %+v", got)
	}
	if got = d.read(one, now); len(got) != 1 || got[0].text != "YouTube gets the show again." {
		t.Errorf("back: %+v", got)
	}
}

func TestDiaryIsBounded(t *testing.T) {
	var d diary
	s := live()
	d.read(s, time.Now())
	for range 2 * diaryKept {
		s.Settings.Audio.Muted = !s.Settings.Audio.Muted
		d.read(s, time.Now())
	}
	if len(d.moments) != diaryKept {
		t.Errorf("%d moments", len(d.moments))
	}
}

func TestNotifications(t *testing.T) {
	var sent []string
	n := notifier{send: func(f *fyne.Notification) { sent = append(sent, f.Title+"/"+f.Content) }}
	now := time.Now()
	lost := []happening{{text: "Lost.", detail: "It comes back.", tell: true}}
	n.tell(lost, true, now)
	n.tell(nil, false, now)
	if len(sent) != 0 {
		t.Fatalf("told although the window was seen: %q", sent)
	}
	n.tell([]happening{{text: "You muted the sound."}}, false, now)
	n.tell(lost, false, now)
	if want := "Tally – Lost./It comes back."; fmt.Sprint(sent) != "["+want+"]" {
		t.Fatalf("sent %q", sent)
	}
	for i := range 40 { // a line that flaps: back, lost, back, …
		text := fmt.Sprint("number ", i)
		n.tell([]happening{{text: text, tell: true}}, false, now.Add(time.Duration(i)*250*time.Millisecond))
	}
	if len(sent) != 1 {
		t.Errorf("ten seconds of flapping are %q", sent)
	}
	n.tell(nil, false, now.Add(11*time.Second))
	if len(sent) != 2 || sent[1] != "Tally – number 39/" {
		t.Errorf("the newest is not told: %q", sent)
	}
}

// TestHiddenWindowTells: what happens to a show whose window nobody sees reaches
// the desktop, and is in the list when the window comes back.
func TestHiddenWindowTells(t *testing.T) {
	w, _ := open(t)
	var sent []string
	w.notify.send = func(f *fyne.Notification) { sent = append(sent, f.Title) }
	w.render(live())
	w.SetHidden(true)
	w.render(reconnecting())
	if len(sent) != 1 || sent[0] != "Tally – The server closed the connection." {
		t.Errorf("sent %q", sent)
	}
	w.SetHidden(false)
	w.showDiary()
	find(t, w, func(p *paragraph) bool { return p.text == "The server closed the connection." })
	s := reconnecting()
	s.Settings.Audio.Muted = true
	w.render(s) // while the list is open
	find(t, w, func(p *paragraph) bool { return p.text == "You muted the sound." })
	press(t, w, "Copy")
	if got := w.app.Clipboard().Content(); !strings.Contains(got, "The server closed the connection.\n") {
		t.Errorf("copied %q", got)
	}
	press(t, w, "Done")
	if w.sheet != nil || w.diary.changed != nil {
		t.Error("the list is still there")
	}
}

func TestGraphsOfTheShow(t *testing.T) {
	w, _ := open(t)
	s := threePlaces()
	for i := range 120 {
		s.Graph = append(s.Graph, app.GraphPoint{
			At: app.Seconds(time.Duration(i) * time.Second), SentKbps: 2600, TargetKbps: 2500, State: app.Live,
			DelayMs: 200 + i, Missed: i / 50, CPUPercent: 30, Outputs: []int{2600, 1200, 0},
		})
	}
	w.render(s)
	w.showGraphs()
	if got := w.graphs.graphs[0].now.text; got != "2600 kbit/s, at most 2600" {
		t.Errorf("bitrate: %q", got)
	}
	if got := w.graphs.graphs[1].now.text; got != "320 ms, at most 320 ms" {
		t.Errorf("delay: %q", got)
	}
	choose := find(t, w, func(*sheetSelect) bool { return true })
	choose.SetSelectedIndex(1)
	if got := w.graphs.graphs[0].now.text; got != "1200 kbit/s, at most 1200" {
		t.Errorf("of the second place: %q", got)
	}
	w.win.Resize(fyne.NewSize(853, 533))
	if top := w.sheet.popUp.MinSize(); top.Width > 853 || top.Height > 533 {
		t.Errorf("the sheet needs %v", top)
	}
	w.capture()
	w.sheet.close()
	if w.graphs != nil {
		t.Error("the graphs are still drawn")
	}
}

// TestDiaryHearsOfFactsOnly: the switch of the recording moves at once, but the
// recording has begun when the studio says so, with its name.
func TestDiaryHearsOfFactsOnly(t *testing.T) {
	w, _ := open(t)
	s := live()
	s.Recording = app.RecordingStatus{}
	w.render(s)
	w.setRecording(true)
	w.render(s) // it has not begun
	s.Recording = app.RecordingStatus{On: true, Path: "/videos/show.mkv"}
	w.render(s)
	var told []string
	for _, h := range w.diary.moments {
		if strings.Contains(h.text, "recording") {
			told = append(told, h.text)
		}
	}
	if len(told) != 1 || told[0] != "The recording has begun: show.mkv" {
		t.Errorf("told %q", told)
	}
}

// TestDiaryKnowsTheSources: a source that is opened as the show begins is no change,
// and one that is chosen during it is, although it has no name for a moment.
func TestDiaryKnowsTheSources(t *testing.T) {
	var d diary
	step := func(sound string, want ...string) {
		t.Helper()
		s := live()
		s.Sound.Name = sound
		var got []string
		for _, m := range d.read(s, time.Now()) {
			got = append(got, m.text)
		}
		if strings.Join(got, " | ") != strings.Join(want, " | ") {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	d.read(ready(), time.Now())
	step("", "GO LIVE was pressed.", "On air.")
	step("Microphone")
	step("")
	step("Headset", "The sound is now: Headset")
	step("")
	step("Headset")
}
