package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// tips explains what the pointer rests on. It is a layer over the window's
// content that takes no events, so that what lies beneath keeps working.
type tips struct {
	layer *fyne.Container
	box   *panel
	text  *paragraph
	wait  *fyne.Animation // the delay: an animation runs on Fyne's goroutine, a timer does not
}

const (
	tipDelay = 500 * time.Millisecond
	tipWidth = 300
)

func newTips() *tips {
	t := &tips{text: newParagraph("", theme.ColorNameForeground, sizeSmall, tipWidth)}
	t.box = newPanel(t.text, theme.ColorNameMenuBackground)
	t.box.edge, t.box.padX, t.box.padY, t.box.radius = theme.ColorNameInputBorder, 10, 8, 6
	t.box.Hide()
	t.layer = container.NewWithoutLayout(t.box)
	return t
}

// on gives an object an explanation.
func (t *tips) on(o fyne.CanvasObject, text string) *tipped {
	w := &tipped{content: o, text: text, tips: t}
	w.ExtendBaseWidget(w)
	return w
}

func (t *tips) start(over fyne.CanvasObject, text string) {
	t.stop()
	done := false
	t.wait = fyne.NewAnimation(tipDelay, func(f float32) {
		if f >= 1 && !done {
			done = true
			t.showOver(over, text)
		}
	})
	t.wait.Start()
}

func (t *tips) stop() {
	if t.wait != nil {
		t.wait.Stop()
		t.wait = nil
	}
	show(t.box, false)
}

func (t *tips) showOver(over fyne.CanvasObject, text string) {
	d := fyne.CurrentApp().Driver()
	c := d.CanvasForObject(over)
	if c == nil || len(c.Overlays().List()) > 0 {
		return
	}
	t.text.set(text, theme.ColorNameForeground)
	s := t.box.MinSize()
	origin := d.AbsolutePositionForObject(t.layer)
	at := d.AbsolutePositionForObject(over).Subtract(origin)
	x := min(at.X, t.layer.Size().Width-s.Width-gap)
	y := at.Y - s.Height - 6
	if y < 0 {
		y = at.Y + over.Size().Height + 6
	}
	t.box.Resize(s)
	t.box.Move(fyne.NewPos(max(x, gap), y))
	show(t.box, true)
	canvas.Refresh(t.layer)
}

// tipped is an object with an explanation.
type tipped struct {
	widget.BaseWidget
	content fyne.CanvasObject
	text    string
	tips    *tips
}

func (w *tipped) MouseIn(*desktop.MouseEvent)    { w.tips.start(w, w.text) }
func (w *tipped) MouseMoved(*desktop.MouseEvent) {}
func (w *tipped) MouseOut()                      { w.tips.stop() }

func (w *tipped) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.content) }
