package ui

import (
	"fmt"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"tally/app"
	"tally/app/machine"
)

// statusBar answers at a glance: are we live, for how long, does it arrive, and
// does this computer keep up?
type statusBar struct {
	root                                              *panel
	lamp                                              *lamp
	time, rate, ack, delay, fps, dropped, cpu, charge *cell
	cpuTip, chargeTip                                 *tipped
	cells                                             *fyne.Container
	battery                                           bool // there is one
}

func newStatusBar(t *tips, more fyne.CanvasObject) *statusBar {
	b := &statusBar{
		lamp:    newLamp(sizeLamp, tr("RECONNECTING")),
		time:    newCell(longest([]string{tr("Rehearsing"), tr("On air")}), "0:00:00"),
		rate:    newCell(longest([]string{tr("Bitrate"), tr("Bitrate, lowered from %d", 8888)}), ofRate(8888, 8888)),
		ack:     newCell(ackText(app.AckStatus{Window: 88_800_000, AgeMs: 880}), tr("%s on the way", dataSize(88_800_000))),
		delay:   newCell(tr("Delay"), tr("%d ms", 888)),
		fps:     newCell(tr("FPS"), rate(60)),
		dropped: newCell(tr("Dropped"), "888"),
		cpu:     newCell(longest([]string{tr("CPU"), tr("CPU, slowed"), tr("CPU, hot")}), "100 %"),
		charge:  newCell(longest([]string{tr("Plugged in"), tr("Battery, %s", "88:88")}), "100 %"),
	}
	b.ack.caption.setText(tr("Confirmed by server"))
	b.cpuTip = t.on(b.cpu.root, "")
	b.chargeTip = t.on(b.charge.root, "")
	b.cells = container.New(&cellLayout{b}, b.lamp,
		t.on(b.time.root, tr("Time since the first server took the show.")),
		t.on(b.rate.root, tr("What is sent each second, and what was asked for. A simple picture needs less.")),
		t.on(b.ack.root, tr("Sent, and not yet confirmed by the server. About as much as it confirms at a time is normal; more and more means that viewers do not get the stream.")),
		t.on(b.delay.root, tr("From your camera to the server: the time that a picture needs to be encoded, to wait for its turn, and to travel. What the service adds on its way to viewers is not in it.")),
		t.on(b.dropped.root, tr("Pictures that viewers missed: the connection was too slow, or this computer was.")),
		t.on(b.fps.root, tr("Frames per second: pictures encoded each second.")),
		b.cpuTip,
		b.chargeTip,
	)
	b.root = newPanel(ends(b.cells, more), colorSurface)
	b.root.radius, b.root.padY = 0, 8
	return b
}

func (b *statusBar) render(s app.Snapshot) {
	b.lamp.set(signalOf(s))
	b.renderMachine(s.Machine)
	on := s.State.OnAir() && s.State != ""
	if !on {
		b.time.caption.setText(tr("On air"))
		b.time.set(clock(0), colorSecondary)
		b.rate.caption.setText(tr("Bitrate"))
		b.ack.caption.setText(tr("Confirmed by server"))
		for _, c := range []*cell{b.rate, b.ack, b.delay, b.fps, b.dropped} {
			c.set("–", colorSecondary)
		}
		return
	}
	b.time.caption.setText(tr("On air"))
	if s.Rehearsal.Running {
		b.time.caption.setText(tr("Rehearsing"))
	}
	b.time.set(clock(time.Duration(s.Uptime)), theme.ColorNameForeground)
	b.renderRate(s)
	b.renderDelay(s)

	fps := theme.ColorNameForeground
	if want := s.Settings.Video.FPS; want > 0 && s.State == app.Live && settled(s) && s.Video.FPS < 0.9*float64(want) {
		fps = colorWarn
	}
	b.fps.set(rate(s.Video.FPS), fps)

	n := missed(s)
	b.dropped.set(fmt.Sprint(n), warnWhen(n > 0))
	b.renderAck(s)
}

func warnWhen(bad bool) fyne.ThemeColorName {
	if bad {
		return colorWarn
	}
	return theme.ColorNameForeground
}

// slowDelay is how many ms from camera to server are marked.
const slowDelay = 1500

// renderDelay shows the slowest server.
func (b *statusBar) renderDelay(s app.Snapshot) {
	worst := 0
	for _, o := range s.Outputs {
		worst = max(worst, o.DelayMs)
	}
	if worst == 0 {
		b.delay.set("–", colorSecondary)
		return
	}
	b.delay.set(delayText(worst), warnWhen(worst >= slowDelay))
}

// delayText writes a delay in steps of 10 ms, so that it does not flicker.
func delayText(ms int) string {
	if ms < 1000 {
		return tr("%d ms", (ms+5)/10*10)
	}
	return tr("%.1f s", float64(ms)/1000)
}

// Percentages from which on the processor and the battery are marked.
const (
	cpuBusy    = 90
	batteryLow = 20
)

// renderMachine shows how this computer is doing, as far as it is known.
func (b *statusBar) renderMachine(m machine.Status) {
	if m.CPUPercent == 0 {
		b.cpu.set("–", colorSecondary)
		b.cpuTip.text = tr("How busy this computer is. It is not known here.")
	} else {
		b.cpu.set(percent(m.CPUPercent), warnWhen(m.CPUPercent >= cpuBusy || m.Throttled || m.Hot))
		b.cpuTip.text = tr("How busy this computer is. Tally itself takes %s of it.", percent(m.TallyPercent))
		if m.TemperatureC > 0 {
			b.cpuTip.text = tr("How busy this computer is. Tally itself takes %s of it. Its processor has %d °C.", percent(m.TallyPercent), m.TemperatureC)
		}
	}
	switch {
	case m.Throttled:
		b.cpu.caption.setText(tr("CPU, slowed"))
	case m.Hot:
		b.cpu.caption.setText(tr("CPU, hot"))
	default:
		b.cpu.caption.setText(tr("CPU"))
	}
	if b.battery != m.Battery {
		b.battery = m.Battery
		b.cells.Refresh()
	}
	if !m.Battery {
		return
	}
	b.charge.set(percent(m.BatteryPercent), warnWhen(m.Running() && m.BatteryPercent < batteryLow))
	switch {
	case m.OnMains:
		b.charge.caption.setText(tr("Plugged in"))
		b.chargeTip.text = tr("This computer runs on mains power.")
	case m.BatteryMinutes > 0:
		b.charge.caption.setText(tr("Battery, %s", clockMinutes(m.BatteryMinutes)))
		b.chargeTip.text = tr("This computer runs on its battery. At this rate it lasts for %s hours.", clockMinutes(m.BatteryMinutes))
	default:
		b.charge.caption.setText(tr("Battery"))
		b.chargeTip.text = tr("This computer runs on its battery.")
	}
}

func percent(n int) string { return tr("%d %%", n) }

// clockMinutes writes minutes as hours and minutes: 1:07.
func clockMinutes(n int) string { return fmt.Sprintf("%d:%02d", n/60, n%60) }

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
	// Less bitrate alone may be a simple picture.
	b.rate.set(ofRate(sent, target), warnWhen(waiting > slowQueue))
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
		b.ack.set(tr("%s on the way", dataSize(worst.Ack.InFlight)), warnWhen(worst.State == app.Stalled))
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
type cellLayout struct{ bar *statusBar }

// Between two cells: at most cellGap, less where the window is narrow.
const cellGap, cellGapLeast = 28, 12

func (l *cellLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	s := fyne.Size{Width: o[0].MinSize().Width + cellGapLeast + o[1].MinSize().Width}
	for _, c := range o {
		s.Height = max(s.Height, c.MinSize().Height)
	}
	return s
}

func (l *cellLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, c := range o {
		c.Resize(c.MinSize())
	}
	if battery := o[len(o)-1]; !l.bar.battery {
		show(battery, false)
		o = o[:len(o)-1]
	}
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
		c.Move(fyne.NewPos(x, (s.Height-m.Height)/2))
		x += m.Width + between
	}
}
