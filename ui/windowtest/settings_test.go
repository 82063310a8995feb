package windowtest

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// where the settings' sheet lists what was found, below its first row.
var belowFirstRow = image.Rect(330, 260, 940, 640)

// lightText is what the window writes in, in the dark theme.
var lightText = color.NRGBA{0xe8, 0xea, 0xed, 255}

// openSettings opens the settings and searches them.
func (p *person) openSettings(search string) {
	p.t.Helper()
	p.keys("ctrl+comma")
	p.until(30*time.Second, "the settings open", sheetIsOpen)
	p.types(search)
}

// chooseOption opens the list that has the focus and chooses the nth option.
func (p *person) chooseOption(nth int) {
	p.t.Helper()
	p.keys("space")
	for range nth + 1 {
		p.keys("Down")
	}
	p.keys("Return")
}

// closedSettings closes the settings, and is what the screen shows then.
func (p *person) closedSettings() (img image.Image) {
	p.t.Helper()
	p.keys("Escape")
	p.until(30*time.Second, "the settings are gone", func(now image.Image) bool {
		img = now
		return lampIs(now, offAir)
	})
	return img
}

func (p *person) paceIsKept(fps string) {
	p.t.Helper()
	p.isKept(fps+" pictures a second are kept", func(s string) bool {
		now, _, _ := strings.Cut(s, `"profiles"`)
		return strings.Contains(now, `"fps": `+fps)
	})
}

// choosePace finds the pace by what many call it, and chooses the nth of the list.
func (p *person) choosePace(nth int) {
	p.t.Helper()
	p.openSettings("fps")
	p.keys("Tab")
	p.chooseOption(nth)
}

// TestSettingsAndProfiles: somebody looks for a setting by a word that is not its name,
// changes it by keyboard, keeps it under a name, and finds it again by that.
func TestSettingsAndProfiles(t *testing.T) {
	p := sit(t)
	p.openSettings("")
	p.until(5*time.Second, "the settings list more than one", func(img image.Image) bool { return words(img, belowFirstRow, lightText) })
	p.types("fps")
	p.until(5*time.Second, "one is left", func(img image.Image) bool { return !words(img, belowFirstRow, lightText) })
	p.picture("settings-search")
	p.keys("Tab")
	p.chooseOption(0)
	p.paceIsKept("60")
	p.closedSettings()

	p.keys("ctrl+shift+n")
	p.until(5*time.Second, "it asks for a name", sheetIsOpen)
	p.types("Games")
	p.keys("Return")
	p.isKept("the profile is kept", func(s string) bool { return strings.Contains(s, `"profile": "Games"`) })
	p.lamp(offAir, 5*time.Second, "OFF AIR")
	p.keys("ctrl+shift+n")
	p.until(5*time.Second, "it asks for another name", sheetIsOpen)
	p.types("Talk")
	p.keys("Return")
	p.lamp(offAir, 5*time.Second, "OFF AIR")
	p.choosePace(4)
	p.paceIsKept("24")
	p.closedSettings()
	p.keys("ctrl+alt+1")
	p.paceIsKept("60")
	p.keys("ctrl+alt+2")
	p.paceIsKept("24")

	p.openSettings("delete")
	p.picture("profile-delete")
	p.keys("Tab", "Tab", "Tab", "space")
	p.picture("profile-delete-sure")
	p.keys("Tab", "Return")
	p.isKept("the profile is gone", func(s string) bool {
		return strings.Contains(s, `"Games"`) && !strings.Contains(s, `"Talk"`)
	})
}

// TestSettingsGoToAnotherComputer: one file takes them there, without the key.
func TestSettingsGoToAnotherComputer(t *testing.T) {
	p := sit(t)
	p.saveDestination("rtmp://localhost/live", secret)
	p.choosePace(0)
	p.paceIsKept("60")
	p.closedSettings()
	p.keys("ctrl+shift+e")
	p.until(5*time.Second, "the export opens", sheetIsOpen)
	p.keys("Return")
	p.until(10*time.Second, "it asks where", func(img image.Image) bool { return words(img, image.Rect(238, 120, 640, 150), lightText) })
	time.Sleep(500 * time.Millisecond) // the name gets the focus
	p.picture("export-where")
	p.keys("Return")
	file := filepath.Join(filepath.Dir(p.desktop.Config()), "Tally.json")
	var exported []byte
	apptest.Until(t, 10*time.Second, "the file is written", func() bool {
		exported, _ = os.ReadFile(file)
		return strings.HasSuffix(strings.TrimSpace(string(exported)), "}")
	})
	if strings.Contains(string(exported), secret) {
		t.Error("the key is in the file")
	}
	p.keys("Escape", "ctrl+q")
	if status := p.tally.Wait(t, 10*time.Second); status != 0 {
		t.Fatalf("exit status %d", status)
	}

	if err := os.RemoveAll(p.config); err != nil { // another computer
		t.Fatal(err)
	}
	p.knowsTally()
	p.start()
	p.keys("ctrl+shift+i")
	listed, open, title := image.Rect(495, 215, 541, 272), image.Rect(998, 652, 1040, 672), image.Rect(238, 128, 310, 148)
	shown := func(area image.Rectangle) func(image.Image) bool {
		return func(img image.Image) bool { return words(img, area, lightText) }
	}
	p.until(10*time.Second, "the file is listed", shown(listed))
	p.click(middle(listed))
	p.until(10*time.Second, "it can be opened", shown(open))
	p.picture("import-which")
	p.click(middle(open))
	p.until(10*time.Second, "the list of files is gone", func(img image.Image) bool { return !shown(title)(img) })
	p.picture("import-sure")
	p.keys("Tab", "Return")
	p.isKept("the settings are the file's", func(s string) bool {
		return strings.Contains(s, "rtmp://localhost/live") && strings.Contains(s, `"fps": 60`)
	})
	p.lamp(offAir, 5*time.Second, "OFF AIR")
	p.keys("ctrl+l")
	p.until(5*time.Second, "it asks for the key", sheetIsOpen)
	p.picture("import-key")
}
