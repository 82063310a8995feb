package ui

import (
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// statusBar answers at a glance: are we live, for how long, and does it arrive?
type statusBar struct {
	root                          *panel
	lamp                          *lamp
	time, rate, fps, dropped, ack *cell
}

func newStatusBar(t *tips) *statusBar {
	b := &statusBar{
		lamp:    newLamp(sizeLamp, tr("RECONNECTING")),
		time:    newCell(tr("Rehearsing"), "0:00:00"),
		rate:    newCell(tr("Bitrate"), ofRate(8888, 8888)),
		fps:     newCell(tr("FPS"), rate(120)),
		dropped: newCell(tr("Dropped"), "8888"),
		ack:     newCell(ackText(app.AckStatus{Window: 88_800_000, AgeMs: 880}), tr("%s on the way", dataSize(88_800_000))),
	}
	b.ack.caption.setText(tr("Confirmed by server"))
	cells := container.New(&cellLayout{}, b.lamp,
		t.on(b.time.root, tr("Time since the first server took the show.")),
		t.on(b.rate.root, tr("What is sent each second, and what was asked for. A simple picture needs less.")),
		t.on(b.ack.root, tr("Sent, and not yet confirmed by the server. About as much as it confirms at a time is normal; more and more means that viewers do not get the stream.")),
		t.on(b.fps.root, tr("Frames per second: pictures encoded each second.")),
		t.on(b.dropped.root, tr("Pictures that viewers missed: the connection was too slow, or this computer was.")),
	)
	b.root = newPanel(cells, colorSurface)
	b.root.radius, b.root.padY = 0, 8
	return b
}

func (b *statusBar) render(s app.Snapshot) {
	b.lamp.set(signalOf(s))
	on := s.State.OnAir() && s.State != ""
	if !on {
		b.time.caption.setText(tr("On air"))
		b.time.set(clock(0), colorSecondary)
		b.rate.caption.setText(tr("Bitrate"))
		b.rate.set("–", colorSecondary)
		b.fps.set("–", colorSecondary)
		b.dropped.set("–", colorSecondary)
		b.ack.caption.setText(tr("Confirmed by server"))
		b.ack.set("–", colorSecondary)
		return
	}
	b.time.caption.setText(tr("On air"))
	if s.Rehearsal.Running {
		b.time.caption.setText(tr("Rehearsing"))
	}
	b.time.set(clock(time.Duration(s.Uptime)), theme.ColorNameForeground)
	b.renderRate(s)

	fps := theme.ColorNameForeground
	if want := s.Settings.Video.FPS; want > 0 && s.State == app.Live && settled(s) && s.Video.FPS < 0.9*float64(want) {
		fps = colorWarn
	}
	b.fps.set(rate(s.Video.FPS), fps)

	n := missed(s)
	dropped := theme.ColorNameForeground
	if n > 0 {
		dropped = colorWarn
	}
	b.dropped.set(fmt.Sprint(n), dropped)
	b.renderAck(s)
}

// settled tells whether a show runs long enough for its numbers to mean
// something.
func settled(s app.Snapshot) bool { return time.Duration(s.Uptime) > 4*time.Second }

// missed counts the pictures that viewers did not get.
func missed(s app.Snapshot) int { return s.Video.Dropped + s.Video.Skipped }

// slowQueue is how many ms of the show may wait for the network before the
// bitrate is marked.
const slowQueue = 500

func (b *statusBar) renderRate(s app.Snapshot) {
	sent, waiting, target := 0, 0, s.Video.TargetKbps+s.Settings.Audio.BitrateKbps
	for _, o := range s.Outputs {
		if o.State == app.Live || o.State == app.Stalled {
			sent, waiting = max(sent, o.BitrateKbps), max(waiting, o.QueueMs)
		}
	}
	color := theme.ColorNameForeground
	if waiting > slowQueue { // less bitrate alone may be a simple picture
		color = colorWarn
	}
	b.rate.set(ofRate(sent, target), color)
	if s.Video.ChosenKbps > 0 && s.Video.TargetKbps < s.Video.ChosenKbps {
		b.rate.caption.setText(tr("Bitrate, lowered from %d", s.Video.ChosenKbps))
	} else {
		b.rate.caption.setText(tr("Bitrate"))
	}
}

// renderAck shows the slowest server: the one that most is on its way to.
func (b *statusBar) renderAck(s app.Snapshot) {
	worst, found := app.OutputStatus{}, false
	retry := math.MaxFloat64
	for _, o := range s.Outputs {
		if o.State == app.Live || o.State == app.Stalled {
			if !found || o.Ack.InFlight > worst.Ack.InFlight {
				worst, found = o, true
			}
		} else if o.Attempt > 0 {
			retry = min(retry, time.Duration(o.RetryIn).Seconds())
		}
	}
	switch {
	case !found && retry < math.MaxFloat64:
		b.ack.caption.setText(tr("Nothing arrives now"))
		if retry < 0.05 {
			b.ack.set(tr("connecting…"), colorWarn)
		} else {
			b.ack.set(tr("next try in %.0f s", math.Ceil(retry)), colorWarn)
		}
	case !found:
		b.ack.caption.setText(tr("Confirmed by server"))
		b.ack.set("–", colorSecondary)
	case worst.Ack.Style == "none" && settled(s):
		b.ack.caption.setText(tr("This server confirms nothing"))
		b.ack.set(tr("%s sent", dataSize(worst.SentBytes)), theme.ColorNameForeground)
	case worst.Ack.AgeMs < 0 || worst.Ack.Style == "none":
		b.ack.caption.setText(tr("Server has confirmed nothing yet"))
		b.ack.set(tr("%s on the way", dataSize(worst.Ack.InFlight)), theme.ColorNameForeground)
	default:
		b.ack.caption.setText(ackText(worst.Ack))
		color := theme.ColorNameForeground
		if worst.State == app.Stalled {
			color = colorWarn
		}
		b.ack.set(tr("%s on the way", dataSize(worst.Ack.InFlight)), color)
	}
}

// ackText is the caption of what is on the way. What changes most stands last, so
// that nothing moves.
func ackText(a app.AckStatus) string {
	if a.Window == 0 {
		return tr("Confirmed %s", ago(a.AgeMs))
	}
	return tr("Window %s · confirmed %s", dataSize(int64(a.Window)), ago(a.AgeMs))
}

// cell is one figure with its caption over it.
type cell struct {
	root           *fyne.Container
	caption, value *line
}

func newCell(title, room string) *cell {
	c := &cell{
		caption: newLine(title, colorSecondary, sizeSmall).clipped(),
		value:   newLine("–", colorSecondary, sizeFigure).bold().roomFor(room),
	}
	c.caption.roomFor(title)
	c.root = column(1, c.caption, c.value)
	return c
}

func (c *cell) set(text string, color fyne.ThemeColorName) { c.value.set(text, color) }

// cellLayout sets the lamp and as many cells side by side as there is room for;
// those at the end give way first.
type cellLayout struct{}

// Between two cells: at most cellGap, less where the window is narrow.
const cellGap, cellGapLeast = 28, 12

func (cellLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	s := fyne.Size{Width: o[0].MinSize().Width + cellGapLeast + o[1].MinSize().Width}
	for _, c := range o {
		s.Height = max(s.Height, c.MinSize().Height)
	}
	return s
}

func (cellLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	var x, all float32
	for _, c := range o {
		all += c.MinSize().Width
	}
	between := min(max((s.Width-all)/float32(len(o)-1), cellGapLeast), cellGap)
	full := false
	for i, c := range o {
		m := c.MinSize()
		if i > 1 && x+m.Width > s.Width+1 {
			full = true
		}
		show(c, !full)
		if full {
			continue
		}
		c.Resize(fyne.NewSize(m.Width, m.Height))
		c.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		x += m.Width + between
	}
}
