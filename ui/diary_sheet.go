package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// showDiary lists what has happened in the show, the newest first.
func (w *Window) showDiary() {
	const width = 560
	s := w.newSheet()
	list := column(8)
	scroll := newReading(&s.keys, list, fyne.NewSize(width, 300))
	fill := func() {
		list.Objects = nil
		for i := len(w.diary.moments) - 1; i >= 0; i-- {
			list.Add(momentRow(w.diary.moments[i], width-20))
		}
		if len(list.Objects) == 0 {
			list.Add(newParagraph(tr("Nothing has happened yet. When you are live, this tells what goes well and what goes wrong, and when."), colorSecondary, theme.SizeNameText, width-20))
		}
		scroll.Refresh()
	}
	fill()
	w.diary.changed = fill
	s.closed = func() { w.diary.changed = nil }
	copyAll := newSheetButton(&s.keys, tr("Copy"), widget.MediumImportance, func() { w.app.Clipboard().SetContent(diaryText(w.diary.moments)) })
	done := newSheetButton(&s.keys, tr("Done"), widget.HighImportance, s.close)
	s.open(tr("What happened"), scroll, scroll, copyAll, done)
}

func momentRow(m happening, width float32) fyne.CanvasObject {
	const clockWidth = 64
	color := theme.ColorNameForeground
	if m.bad {
		color = colorWarn
	}
	text := column(0, newParagraph(m.text, color, theme.SizeNameText, width-clockWidth))
	if m.detail != "" {
		text.Add(newParagraph(m.detail, colorSecondary, sizeSmall, width-clockWidth))
	}
	at := newLine(m.at.Local().Format("15:04:05"), colorSecondary, sizeSmall)
	return borderLeft(widthOf(clockWidth, pad(2, 0, 0, 0, at)), text)
}

// diaryText is the diary to hand on, the oldest first.
func diaryText(all []happening) string {
	var b strings.Builder
	for _, m := range all {
		b.WriteString(m.at.Local().Format("15:04:05") + "  " + m.text + "\n")
	}
	return b.String()
}

// reading is text in a sheet that may be longer than its room, and that the keys
// scroll.
type reading struct {
	container.Scroll
	keys  *sheetKeys
	focus bool
}

func newReading(k *sheetKeys, content fyne.CanvasObject, least fyne.Size) *reading {
	r := &reading{keys: k}
	r.Content, r.Direction = content, container.ScrollVerticalOnly
	r.ExtendBaseWidget(r)
	r.SetMinSize(least)
	return r
}

func (r *reading) FocusGained()   { r.focus = true }
func (r *reading) FocusLost()     { r.focus = false }
func (r *reading) TypedRune(rune) {}

func (r *reading) TypedKey(e *fyne.KeyEvent) {
	if r.keys.take(e, true) {
		return
	}
	const line = 24
	by := float32(0)
	switch e.Name {
	case fyne.KeyDown:
		by = line
	case fyne.KeyUp:
		by = -line
	case fyne.KeyPageDown:
		by = r.Size().Height - line
	case fyne.KeyPageUp:
		by = line - r.Size().Height
	case fyne.KeyEnd:
		r.ScrollToBottom()
	case fyne.KeyHome:
		r.ScrollToTop()
	}
	if by != 0 {
		r.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -by)})
	}
}
