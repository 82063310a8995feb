package ui

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
)

// What a screen reader hears of our own widgets. Fyne 2.8 hands it to the system on
// macOS and Windows only, and only with the build tag accessibility: see the
// Makefile.
var (
	_ fyne.Accessible = (*liveButton)(nil)
	_ fyne.Accessible = (*picker)(nil)
	_ fyne.Accessible = (*switchBox)(nil)
	_ fyne.Accessible = (*toolButton)(nil)
	_ fyne.Accessible = (*lamp)(nil)
	_ fyne.Accessible = (*meter)(nil)
	_ fyne.Accessible = (*line)(nil)
	_ fyne.Accessible = (*paragraph)(nil)
	_ fyne.Accessible = (*partChooser)(nil)
)

func (b *liveButton) AccessibilityLabel() string {
	if b.detail == "" {
		return b.label
	}
	return tr("%s: %s", b.label, b.detail)
}
func (b *liveButton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (p *picker) AccessibilityLabel() string {
	if p.detail == "" {
		return tr("%s: %s", p.name, p.label)
	}
	return tr("%s: %s, %s", p.name, p.label, p.detail)
}
func (p *picker) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (b *switchBox) AccessibilityLabel() string {
	if b.on {
		return tr("%s: on", b.name)
	}
	return tr("%s: off", b.name)
}
func (b *switchBox) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (b *toolButton) AccessibilityLabel() string {
	if b.label == "" {
		return b.name
	}
	return b.label
}
func (b *toolButton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

func (l *lamp) AccessibilityLabel() string             { return l.signal.word }
func (l *lamp) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (m *meter) AccessibilityLabel() string {
	if m.muted {
		return tr("Sound level: muted")
	}
	return tr("Sound level: %s dB", fmt.Sprint(math.Round(m.ballistics.bar)))
}
func (m *meter) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (l *line) AccessibilityLabel() string             { return l.text }
func (l *line) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (p *paragraph) AccessibilityLabel() string             { return p.text }
func (p *paragraph) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (c *partChooser) AccessibilityLabel() string {
	return tr("Part of a screen, %d × %d", c.part.Dx(), c.part.Dy())
}
func (c *partChooser) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }
