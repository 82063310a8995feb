package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tally/app"
)

func TestGoLiveWithOnePress(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	test.Tap(w.live)
	if got := r.took(); got != "Apply GoLive" {
		t.Errorf("asked %q", got)
	}
}

// TestGoLiveKnowsTheLastChange: settings have changed a moment ago, and what is shown
// is still of before. A show to a server is then checked, not taken for a rehearsal.
func TestGoLiveKnowsTheLastChange(t *testing.T) {
	w, r := open(t)
	before := ready()
	before.Settings.Destinations = nil
	w.render(before)
	r.settings = func() app.Settings { return ready().Settings }
	r.checks = []app.Check{{ID: app.CheckKey, State: app.CheckBad, Title: "x", Fix: app.FixKey}}
	test.Tap(w.live)
	if got := r.took(); got != "" || w.sheet == nil {
		t.Errorf("asked %q without showing what is wrong", got)
	}
}

func TestEndAsksWhenSomebodyMayBeWatching(t *testing.T) {
	w, r := open(t)
	w.render(live())
	w.wentLiveAt = time.Time{}
	test.Tap(w.live)
	if got := r.took(); got != "" {
		t.Fatalf("ended without asking: %q", got)
	}
	press(t, w, "Keep streaming")
	if got := r.took(); got != "" || w.sheet != nil {
		t.Fatalf("asked %q, sheet %v", got, w.sheet)
	}
	test.Tap(w.live)
	press(t, w, "End the show")
	if got := r.took(); got != "End" {
		t.Errorf("asked %q", got)
	}
}

func TestRehearsalAndConnectingEndAtOnce(t *testing.T) {
	connecting := ready()
	connecting.State = app.Connecting
	for name, s := range map[string]app.Snapshot{"rehearsal": rehearsing(), "connecting": connecting} {
		w, r := open(t)
		w.render(s)
		w.wentLiveAt = time.Time{}
		test.Tap(w.live)
		if got := r.took(); got != "End" {
			t.Errorf("%s: asked %q", name, got)
		}
	}
}

func TestDoubleClickDoesNotEnd(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	test.Tap(w.live)
	s := ready()
	s.State = app.Connecting
	w.render(s)
	test.Tap(w.live)
	if got := r.took(); got != "Apply GoLive" {
		t.Errorf("asked %q", got)
	}
}

func TestNoButtonWhileEnding(t *testing.T) {
	w, r := open(t)
	s := live()
	s.State = app.Ending
	w.render(s)
	w.wentLiveAt = time.Time{}
	test.Tap(w.live)
	if got := r.took(); got != "" || w.sheet != nil {
		t.Errorf("asked %q", got)
	}
}

func TestRetryNow(t *testing.T) {
	w, r := open(t)
	w.render(reconnecting())
	if !w.banner.root.Visible() {
		t.Fatal("there is no banner")
	}
	test.Tap(w.banner.retry)
	if got := r.took(); got != "RetryNow" {
		t.Errorf("asked %q", got)
	}
}

func TestMute(t *testing.T) {
	w, r := open(t)
	w.render(live())
	test.Tap(w.sound.mute)
	if got := r.took(); got != "Apply" || !r.last().Audio.Muted {
		t.Fatalf("asked %q, muted %v", got, r.last().Audio.Muted)
	}
	if w.sound.hint.text != "Muted – viewers hear nothing" {
		t.Errorf("the hint is %q", w.sound.hint.text)
	}
	test.Tap(w.sound.mute)
	if r.last().Audio.Muted {
		t.Error("still muted")
	}
}

func TestRecordSwitch(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	test.Tap(w.record.toggle)
	if got := r.took(); got != "SetRecording(true)" || !w.record.toggle.on {
		t.Errorf("asked %q, the switch is %t", got, w.record.toggle.on)
	}
}

// TestRecordInMidShow: the switch shows what is, pausing and marking are beside it.
func TestRecordInMidShow(t *testing.T) {
	w, r := open(t)
	s := live()
	s.Settings.Record = true
	w.render(s)
	if w.record.toggle.on || w.record.buttons.Visible() {
		t.Error("it looks as if a show were recorded that is not")
	}
	test.Tap(w.record.toggle)
	w.render(recorded())
	test.Tap(w.record.pause)
	test.Tap(w.record.chapter)
	test.Tap(w.record.replay)
	s = recorded()
	s.Recording.Paused = true
	w.render(s)
	test.Tap(w.record.pause)
	test.Tap(w.record.toggle)
	if got := r.took(); got != "SetRecording(true) PauseRecording Mark() SaveReplay ResumeRecording SetRecording(false)" {
		t.Errorf("asked %q", got)
	}
}

// TestFiles: what was cut off is listed, and a repair that failed can be tried again.
func TestFiles(t *testing.T) {
	w, r := open(t)
	w.render(recovered())
	w.showFiles()
	press(t, w, "Finish it now")
	w.showFiles()
	press(t, w, "Make an MP4")
	w.showFiles()
	press(t, w, "Save what viewers missed")
	if got := r.took(); got != "RepairFile(/home/alice/Videos/Tally 2026-11-20 21-00-00.mkv) RemuxFile(/home/alice/Videos/Tally 2026-11-22 10-00-00.mkv) ExportMissed(/home/alice/Videos/Tally 2026-11-22 10-00-00.mkv)" {
		t.Errorf("asked %q", got)
	}
}

// choose picks an item of a menu.
func choose(t *testing.T, m *fyne.Menu, label string) {
	t.Helper()
	for _, i := range m.Items {
		if strings.HasPrefix(i.Label, label) {
			i.Action()
			return
		}
	}
	t.Fatalf("no %q in the menu", label)
}

func TestSourceMenus(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	for label, want := range map[string]string{
		"A camera whose": "camera:two", "Screen 1": "screen:0", "Test card": "testcard", "No picture": "none",
	} {
		choose(t, pictureMenu(w), label)
		if got := r.last().Video.Source; got != want {
			t.Errorf("%s: source %q, want %q", label, got, want)
		}
		w.render(idle())
	}
	for label, want := range map[string]string{"Built-in": "mic:m", "Test tone": "tone", "No sound": "none"} {
		choose(t, soundMenu(w), label)
		if got := r.last().Audio.Source; got != want {
			t.Errorf("%s: source %q, want %q", label, got, want)
		}
		w.render(idle())
	}
	var checked []string
	for _, i := range pictureMenu(w).Items {
		if i.Checked {
			checked = append(checked, i.Label)
		}
	}
	if len(checked) != 1 || checked[0] != "Integrated Camera" {
		t.Errorf("ticked: %q", checked)
	}
}

func TestOpenMenuFollowsDevices(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	test.Tap(w.picture.picker)
	if got := r.took(); got != "RefreshDevices" {
		t.Errorf("asked %q", got)
	}
	before := w.picture.picker.popUp
	s := idle()
	s.Devices = s.Devices[1:]
	w.render(s)
	if after := w.picture.picker.popUp; after == before || len(after.Items) != len(before.Items)-1 {
		t.Error("the open menu still lists what was unplugged")
	}
}

func TestEscapeAndReturnInSheets(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	for _, show := range []func(){w.showSettings, w.showDestinations, func() { w.showDestination(app.Destination{}) }, func() { w.showDestination(w.shown.Settings.Destinations[0]) }} {
		show()
		// Whatever has the focus: Escape closes.
		c := w.win.Canvas()
		for range 12 {
			c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if w.sheet != nil {
				t.Fatalf("%T keeps Escape to itself", c.Focused())
			}
			show()
			c.FocusNext()
		}
		w.sheet.close()
	}
	w.showSettings()
	w.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if got := r.took(); got != "" || w.sheet != nil {
		t.Errorf("Return: asked %q", got)
	}
}

func TestFullScreenKeyWorksWithAnyFocus(t *testing.T) {
	w, _ := open(t)
	w.render(ready())
	c := w.win.Canvas()
	for range 8 {
		c.FocusNext()
		before := w.win.FullScreen()
		c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyF11})
		if w.win.FullScreen() == before {
			t.Errorf("%T keeps F11 to itself", c.Focused())
		}
	}
}

func TestShortcutsRestBehindASheet(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	w.showSettings()
	for _, m := range w.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.Shortcut != nil {
				i.Action()
			}
		}
	}
	if got := r.took(); got != "" {
		t.Errorf("asked %q", got)
	}
	w.sheet.close()
	choose(t, w.win.MainMenu().Items[1], "Go live")
	if got := r.took(); got != "Apply GoLive" {
		t.Errorf("asked %q", got)
	}
}

func TestRefusedChangeSaysWhy(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	r.refuse = errors.New("this cannot be")
	test.Tap(w.record.toggle)
	if w.record.toggle.on {
		t.Error("a change that was refused looks as if it had been made")
	}
	if !w.banner.root.Visible() || w.banner.title.text != app.Explain(r.refuse).Title.String() {
		t.Errorf("the banner says %q", w.banner.title.text)
	}
	w.render(idle())
	if !w.banner.root.Visible() {
		t.Error("the next snapshot took the banner away")
	}
	r.refuse = nil
	test.Tap(w.record.toggle)
	if w.banner.root.Visible() {
		t.Error("the banner stays although the change was made")
	}
}

func TestCloseWhileLive(t *testing.T) {
	w, r := open(t)
	w.render(live())
	w.askToClose()
	if got := r.took(); got != "" || w.sheet == nil {
		t.Fatalf("asked %q", got)
	}
	press(t, w, "End the show and close")
	if got := r.took(); got != "End" || w.quitting.Load() {
		t.Fatalf("asked %q, quit before the show was over: %v", got, w.quitting.Load())
	}
	s := live()
	s.State = app.Ending
	w.render(s)
	if w.quitting.Load() {
		t.Fatal("quit before the goodbye")
	}
	w.render(idle())
	if !w.quitting.Load() {
		t.Error("the window stays after the show")
	}
}

func TestCloseWhenIdle(t *testing.T) {
	w, _ := open(t)
	w.render(idle())
	w.askToClose()
	if !w.quitting.Load() {
		t.Error("the window stays")
	}
}
