package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"tally/app"
)

// signal is what the lamp says, in a word and a colour. quiet is the same within
// a line of text.
type signal struct {
	word, quiet string
	fill, text  fyne.ThemeColorName
}

// signalOf reads the lamp from a snapshot. Only a show that viewers can see is
// red.
func signalOf(s app.Snapshot) signal {
	switch {
	case s.State == app.Idle || s.State == "":
		return signal{tr("OFF AIR"), tr("off air"), colorOff, colorOnOff}
	case s.State == app.Connecting:
		return signal{tr("CONNECTING"), tr("connecting"), colorCaution, colorOnCaution}
	case s.State == app.Reconnecting:
		return signal{tr("RECONNECTING"), tr("reconnecting"), colorCaution, colorOnCaution}
	case s.State == app.Ending:
		return signal{tr("ENDING"), tr("ending"), colorOff, colorOnOff}
	case s.Rehearsal.Running:
		return signal{tr("REHEARSAL"), tr("rehearsal"), colorRehearse, colorOnLamp}
	case s.State == app.Refused:
		return signal{tr("REFUSED"), tr("refused"), colorCaution, colorOnCaution}
	case s.State == app.Stalled:
		return signal{tr("STALLED"), tr("stalled"), colorCaution, colorOnCaution}
	}
	if n := reached(s.Outputs); n < len(s.Outputs) {
		return signal{tr("ON AIR %d OF %d", n, len(s.Outputs)), tr("on air %d of %d", n, len(s.Outputs)), colorOnAir, colorOnOnAir}
	}
	return signal{tr("ON AIR"), tr("on air"), colorOnAir, colorOnOnAir}
}

// reached counts the destinations that take the show.
func reached(outputs []app.OutputStatus) (n int) {
	for _, o := range outputs {
		if o.State == app.Live {
			n++
		}
	}
	return n
}

// lamp is the tally light: a filled sign with one word.
type lamp struct {
	widget.BaseWidget
	signal signal
	size   fyne.ThemeSizeName
	room   string // the longest word
}

func newLamp(size fyne.ThemeSizeName, room string) *lamp {
	l := &lamp{signal: signalOf(app.Snapshot{}), size: size, room: room}
	l.ExtendBaseWidget(l)
	return l
}

func (l *lamp) set(s signal) {
	if l.signal != s {
		l.signal = s
		l.Refresh()
	}
}

func (l *lamp) CreateRenderer() fyne.WidgetRenderer {
	r := &lampRenderer{l: l, sign: &canvas.Rectangle{}, dot: &canvas.Circle{}, word: canvas.NewText("", nil)}
	r.update()
	return r
}

type lampRenderer struct {
	l    *lamp
	sign *canvas.Rectangle
	dot  *canvas.Circle
	word *canvas.Text
}

func (r *lampRenderer) update() {
	s := r.l.signal
	r.sign.FillColor, r.sign.CornerRadius = shade(s.fill), 8
	r.dot.FillColor = shade(s.text)
	r.word.Text, r.word.Color, r.word.TextSize = s.word, shade(s.text), size(r.l.size)
	r.word.TextStyle.Bold = true
}

func (r *lampRenderer) measure(text string) fyne.Size {
	return fyne.MeasureText(text, size(r.l.size), fyne.TextStyle{Bold: true})
}

func (r *lampRenderer) Layout(s fyne.Size) {
	r.sign.Resize(s)
	text := r.measure(r.l.signal.word)
	d := text.Height * 0.4
	x := (s.Width - text.Width - d - 8) / 2
	r.dot.Resize(fyne.NewSquareSize(d))
	r.dot.Move(fyne.NewPos(x, (s.Height-d)/2))
	r.word.Resize(text)
	r.word.Move(fyne.NewPos(x+d+8, (s.Height-text.Height)/2))
}

func (r *lampRenderer) MinSize() fyne.Size {
	text := r.measure(r.l.room).Max(r.measure(r.l.signal.word))
	return fyne.NewSize(text.Width+text.Height*0.4+8+28, text.Height+14)
}

func (r *lampRenderer) Refresh() {
	r.update()
	r.Layout(r.l.Size())
	canvas.Refresh(r.l)
}

func (r *lampRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.sign, r.dot, r.word}
}
func (r *lampRenderer) Destroy() {}
