package windowtest

import (
	"image"
	"time"
)

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
