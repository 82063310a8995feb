package ui

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"tally/app"
	"tally/app/apptest"
)

const testKey = "live_9f3a-secret"

// fillForm opens the form for a new destination and types into it.
func fillForm(t *testing.T, w *Window, address, key string) {
	t.Helper()
	w.showDestination(app.Destination{})
	test.Type(find(t, w, func(e *sheetEntry) bool { return strings.HasPrefix(e.PlaceHolder, "rtmp://") }), address)
	if key != "" {
		test.Type(find(t, w, func(e *sheetEntry) bool { return e.Password }), key)
	}
}

func TestNewDestination(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	fillForm(t, w, "rtmp://stream.example.org/live", testKey)
	press(t, w, "Save")
	d := r.last().Destinations[0]
	if d.URL != "rtmp://stream.example.org/live" || d.Name != "stream.example.org" || !d.Enabled || d.ID == "" {
		t.Errorf("saved %+v", d)
	}
	if r.keys[d.ID].Reveal() != testKey {
		t.Error("the key was not stored")
	}
	if w.sheet != nil {
		t.Error("the form stays open")
	}
}

// A full address is what services offer to copy. The key in it must go out of
// sight as soon as it is pasted.
func TestPastedAddressIsTakenApart(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	w.showDestination(app.Destination{})
	address := find(t, w, func(e *sheetEntry) bool { return strings.HasPrefix(e.PlaceHolder, "rtmp://") })
	address.SetText("rtmp://stream.example.org/live/" + testKey)
	address.pasted()
	if address.Text != "rtmp://stream.example.org/live" {
		t.Errorf("the address is %q", strings.ReplaceAll(address.Text, testKey, "(the key)"))
	}
	if strings.Contains(test.RenderToMarkup(w.win.Canvas()), testKey) {
		t.Error("the key is on the screen")
	}
	press(t, w, "Save")
	d := r.last().Destinations[0]
	if d.URL != "rtmp://stream.example.org/live" || r.keys[d.ID].Reveal() != testKey {
		t.Errorf("saved %+v", d)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", r.last(), w.shown), testKey) {
		t.Error("the key is in the settings")
	}
}

func TestTypedKeyIsNotOnTheScreen(t *testing.T) {
	w, _ := open(t)
	w.render(idle())
	fillForm(t, w, "rtmp://stream.example.org/live", testKey)
	if strings.Contains(test.RenderToMarkup(w.win.Canvas()), testKey) {
		t.Error("the key is on the screen")
	}
}

func TestWrongAddressIsExplained(t *testing.T) {
	for _, address := range []string{"", "https://stream.example.org/live", "rtmp://", "stream", "rtmp://a b/c"} {
		w, r := open(t)
		w.render(idle())
		fillForm(t, w, address, testKey)
		press(t, w, "Save")
		if got := r.took(); got != "" || w.sheet == nil {
			t.Errorf("%q: saved", address)
		}
		note := find(t, w, func(p *paragraph) bool { return p.color == colorBad })
		if note.text == "" || strings.Contains(note.text, testKey) {
			t.Errorf("%q: says %q", address, note.text)
		}
	}
}

func TestServiceFillsInItsServer(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	w.showDestination(app.Destination{})
	find(t, w, func(s *sheetSelect) bool { return s.Selected == ownServer() }).SetSelected("Twitch")
	test.Type(find(t, w, func(e *sheetEntry) bool { return e.Password }), testKey)
	press(t, w, "Save")
	d := r.last().Destinations[0]
	if d.Service != "twitch" || d.Name != "Twitch" || !strings.HasPrefix(d.URL, "rtmps://") {
		t.Errorf("saved %+v", d)
	}
}

// TestEnhancedIsOfOwnServers: what an own server takes is ticked, kept, and let go of
// when the destination becomes a service, whose codecs Tally knows.
func TestEnhancedIsOfOwnServers(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	fillForm(t, w, "rtmp://stream.example.org/live", testKey)
	tick := func() *sheetCheck {
		t.Helper()
		return find(t, w, func(c *sheetCheck) bool { return strings.Contains(c.Text, "Enhanced RTMP") })
	}
	tick().SetChecked(true)
	press(t, w, "Save")
	d := r.last().Destinations[0]
	if !d.Enhanced {
		t.Fatalf("saved %+v", d)
	}
	s := idle()
	s.Settings.Destinations, s.Keys.Present = []app.Destination{d}, map[string]bool{d.ID: true}
	w.render(s)
	r.settings = func() app.Settings { return s.Settings }
	w.showDestination(d)
	if c := tick(); !c.Checked || !c.Visible() {
		t.Errorf("opened again: ticked %v, seen %v", c.Checked, c.Visible())
	}
	c := tick()
	find(t, w, func(s *sheetSelect) bool { return s.Selected == ownServer() }).SetSelected("Twitch")
	if c.Visible() {
		t.Error("what Twitch takes is asked")
	}
	press(t, w, "Save")
	if d := r.last().Destinations[0]; d.Service != "twitch" || d.Enhanced {
		t.Errorf("saved %+v", d)
	}
}

func TestEditKeepsTheKey(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	w.showDestination(w.shown.Settings.Destinations[0])
	name := find(t, w, func(e *sheetEntry) bool { return e.Text == "Twitch" })
	name.SetText("Sunday")
	press(t, w, "Save")
	if got := r.took(); got != "Apply" {
		t.Errorf("asked %q", got)
	}
	if d := r.last().Destinations; len(d) != 1 || d[0].Name != "Sunday" || d[0].ID != "t" || !d[0].Enabled {
		t.Errorf("saved %+v", d)
	}
}

func TestRemoveForgetsTheKey(t *testing.T) {
	w, r := open(t)
	w.render(ready())
	w.showDestinations()
	press(t, w, "Remove")
	press(t, w, "Remove")
	if got := r.took(); got != "ForgetKey(t) Apply" || len(r.last().Destinations) != 0 {
		t.Errorf("asked %q", got)
	}
}

func TestOneDestinationOrRehearsal(t *testing.T) {
	w, r := open(t)
	w.render(twoPlaces())
	choose(t, destinationMenu(w), "YouTube")
	if d := r.last().Destinations; d[0].Enabled || !d[1].Enabled {
		t.Errorf("YouTube: %+v", d)
	}
	choose(t, destinationMenu(w), "Rehearsal")
	if to := enabled(r.last()); len(to) != 0 {
		t.Errorf("rehearsal goes to %+v", to)
	}
}

// The file of a certificate authority is asked for where it matters, and checked
// before it is saved.
func TestOwnAuthority(t *testing.T) {
	w, r := open(t)
	w.render(idle())
	fillForm(t, w, "rtmp://stream.example.org/live", testKey)
	isCA := func(e *sheetEntry) bool { return strings.HasPrefix(e.PlaceHolder, "a PEM file") }
	if strings.Contains(test.RenderToMarkup(w.win.Canvas()), "Certificate authority") {
		t.Error("an authority is asked for where nothing is encrypted")
	}
	w.sheet.close()
	fillForm(t, w, "rtmps://stream.example.org/live", testKey)
	path := filepath.Join(t.TempDir(), "authority.pem")
	test.Type(find(t, w, isCA), path)
	press(t, w, "Save")
	if w.sheet == nil || !strings.Contains(test.RenderToMarkup(w.win.Canvas()), "There is no file") {
		t.Error("a missing file is saved")
	}
	path = apptest.NewAuthority(t).File
	find(t, w, isCA).SetText(path)
	press(t, w, "Save")
	if d := r.last().Destinations[0]; d.CA != path {
		t.Errorf("saved %+v", d)
	}
}
