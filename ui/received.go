package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// receivedView is what came out at the other end of a rehearsal: the truth about
// the stream, from a server's view.
type receivedView struct {
	root    fyne.CanvasObject
	rows    [4]*line
	verdict *paragraph
	list    *fyne.Container
	changed func() // it has come or gone
}

func newReceivedView() *receivedView {
	v := &receivedView{changed: func() {}, verdict: newParagraph("", colorSecondary, sizeSmall, besideWidth)}
	names := [...]string{tr("Picture"), tr("Key frames"), tr("Sound"), tr("Sync")}
	objects := []fyne.CanvasObject{pad(0, 4, 0, 0, v.verdict)}
	for i, name := range names {
		v.rows[i] = newLine("…", theme.ColorNameForeground, sizeSmall).clipped()
		label := newLine(name, colorSecondary, sizeSmall).roomFor(longest(names[:]) + "  ")
		objects = append(objects, borderLeft(label, v.rows[i]))
	}
	v.list = column(2, objects...)
	v.root = newCard(widthOf(besideWidth, container.NewBorder(pad(0, 4, 0, 0, caption(tr("What the server received")).clipped()), nil, nil, nil,
		container.NewVScroll(v.list))))
	return v
}

func (v *receivedView) render(s app.Snapshot) {
	r := s.Rehearsal
	if v.root.Visible() != r.Running {
		show(v.root, r.Running)
		v.changed()
	}
	if !r.Running {
		return
	}
	fg := theme.ColorNameForeground
	if r.VideoCodec == "" {
		v.rows[0].set(tr("waiting…"), colorSecondary)
		v.rows[1].set(tr("waiting…"), colorSecondary)
	} else {
		v.rows[0].brief = tr("%d × %d, %s fps", r.Width, r.Height, rate(r.FPS))
		v.rows[0].set(tr("%s, %d × %d, %s fps", r.VideoCodec, r.Width, r.Height, rate(r.FPS)), fg)
		v.rows[1].set(keyInterval(r.KeyIntervalMs), fg)
	}
	if r.AudioCodec == "" {
		v.rows[2].set(tr("waiting…"), colorSecondary)
		v.rows[3].set(tr("waiting…"), colorSecondary)
	} else {
		v.rows[2].set(r.AudioCodec, fg)
		v.rows[3].brief = fmt.Sprintf("%+d ms", r.AVOffsetMs)
		v.rows[3].set(offset(r.AVOffsetMs), fg)
	}
	verdict, color := tr("✓ A real service would take this."), colorGood
	switch {
	case len(r.Faults) > 0:
		var all []string
		for _, f := range r.Faults {
			all = append(all, say(f.Text))
		}
		verdict, color = strings.Join(all, "\n"), colorWarn
	case r.VideoCodec == "" && r.AudioCodec == "":
		verdict, color = tr("Nothing has arrived yet."), colorSecondary
	}
	if v.verdict.set(verdict, color) {
		v.list.Refresh()
	}
}

// longest is the widest of several small texts.
func longest(texts []string) (widest string) {
	width := float32(-1)
	for _, t := range texts {
		if w := fyne.MeasureText(t, size(sizeSmall), fyne.TextStyle{}).Width; w > width {
			widest, width = t, w
		}
	}
	return widest
}

func keyInterval(ms int) string {
	if ms < 100 { // none yet, or one that was asked for
		return tr("waiting for the second one…")
	}
	return tr("every %.1f s", float64(ms)/1000)
}

// offset says how far sound and picture are apart.
func offset(ms int) string {
	switch {
	case ms > 0:
		return tr("sound %d ms after picture", ms)
	case ms < 0:
		return tr("sound %d ms before picture", -ms)
	}
	return tr("sound and picture together")
}
