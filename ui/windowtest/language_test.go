package windowtest

import (
	"image"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// where the window says something that does not move: the menu, the lamp's word and
// the big button's.
var (
	menuBar = image.Rect(0, 0, 400, 28)
	lampBox = image.Rect(0, 740, 230, 800)
	goBox   = image.Rect(930, 668, 1268, 728)
)

// TestLanguageWhileItRuns: somebody changes the language to German, from there to
// Japanese, and back. Window and tray follow at once; in the end all is as it was.
func TestLanguageWhileItRuns(t *testing.T) {
	apptest.Need(t, "fc-list")
	if fonts, err := exec.Command("fc-list", ":lang=ja").Output(); err != nil || len(fonts) == 0 {
		apptest.Missing(t, "a Japanese font")
	}
	bus := apptest.StartBus(t)
	bus.Offer(t, "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher", watcher{bus})
	p := sitWith(t, bus.Env()...)
	tray := trayOf(t, bus)
	tray.says("Show the window, Go live, Mute, Quit")
	english := p.look()

	// The list has "As the desktop", English, Deutsch, Español, Português, 日本語, 简体中文.
	p.chooseLanguage("language", 2)
	p.picture("language-german-settings")
	tray.says("Fenster zeigen, Live gehen, Stumm, Beenden")
	german := p.closedSettings()
	p.picture("language-german")
	p.chooseLanguage("übersetzung", 5)
	p.picture("language-japanese-settings")
	tray.says("ウィンドウを表示, 配信を開始, ミュート, 終了")
	japanese := p.closedSettings()
	p.picture("language-japanese")
	for _, box := range []image.Rectangle{menuBar, lampBox, goBox} {
		if differ(english, german, box) < 100 || differ(german, japanese, box) < 100 || differ(english, japanese, box) < 100 {
			t.Errorf("at %v two languages look the same", box)
		}
	}

	p.chooseLanguage("language", 0) // whoever cannot read it finds the way back
	tray.says("Show the window, Go live, Mute, Quit")
	again := p.closedSettings()
	p.picture("language-english")
	for _, box := range []image.Rectangle{menuBar, lampBox, goBox} {
		if n := differ(english, again, box); n > 0 {
			t.Errorf("back in English, %d pixels at %v are not what they were", n, box)
		}
	}
}

// chooseLanguage opens the settings, finds the language with a search, and chooses
// the nth of the list.
func (p *person) chooseLanguage(search string, nth int) {
	p.t.Helper()
	p.openSettings(search)
	p.keys("Tab")
	p.chooseOption(nth)
}

// says waits until the tray's menu has these items.
func (m trayMenu) says(want string) {
	m.t.Helper()
	var got string
	defer func() {
		if got != want {
			m.t.Logf("the tray says %q", got)
		}
	}()
	apptest.Until(m.t, 30*time.Second, "the tray says "+want, func() bool {
		var labels []string
		for _, i := range m.items() {
			labels = append(labels, i.label())
		}
		// A line between items has no label.
		labels = slices.DeleteFunc(labels, func(s string) bool { return s == "" || s == "<nil>" })
		got = strings.Join(labels, ", ")
		return got == want
	})
}
