package ui

import (
	"image"
	"image/color"
	"math"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app/program"
)

const (
	meterFloor  = -60.0 // dBFS at the left end
	meterYellow = -18.0 // speech belongs here and a little above
	meterRed    = -6.0  // close to distortion
	meterFall   = 26.0  // dB a second by which the bar falls at most
	peakHold    = 1500 * time.Millisecond
	silentAfter = 4 * time.Second // of nothing above silentLevel
	silentLevel = -57.0
)

// meter shows how loud the sound is. The coloured scale is painted once; only a
// cover that hides its right part moves, and the mark of the highest peak.
type meter struct {
	widget.BaseWidget
	ballistics ballistics
	muted      bool
	compact    bool // without figures
}

func newMeter() *meter {
	m := &meter{ballistics: ballistics{bar: meterFloor, peak: meterFloor}}
	m.ExtendBaseWidget(m)
	return m
}

// update moves the bar; nothing is painted when it stays.
func (m *meter) update(l program.Level, now time.Time, muted bool) {
	before := m.ballistics
	m.ballistics.step(l, now)
	if m.muted == muted && m.ballistics.bar == before.bar && m.ballistics.peak == before.peak {
		return
	}
	m.muted = muted
	m.Refresh()
}

func (m *meter) setCompact(compact bool) {
	if m.compact != compact {
		m.compact = compact
		m.Refresh()
	}
}

// ballistics is how the bar follows the sound: up at once, down slowly, and the
// highest peak stands for a moment.
type ballistics struct {
	bar, peak float64 // dBFS, never under meterFloor
	peakAt    time.Time
	last      time.Time
	loudAt    time.Time // when it was last above silentLevel
	clipped   bool
	dead      bool // exactly nothing comes
}

func (b *ballistics) step(l program.Level, now time.Time) {
	if b.last.IsZero() {
		b.last, b.loudAt = now, now
	}
	level := max(l.PeakDB, meterFloor)
	fallen := b.bar - meterFall*now.Sub(b.last).Seconds()
	b.bar = max(level, fallen, meterFloor)
	if level >= b.peak || now.Sub(b.peakAt) > peakHold {
		b.peak, b.peakAt = b.bar, now // which is still on its way down, or at level
	}
	if l.PeakDB > silentLevel {
		b.loudAt = now
	}
	b.clipped, b.dead = l.Clipped, l.Mute
	b.last = now
}

// silent tells whether nothing was heard for a while.
func (b *ballistics) silent() bool { return b.last.Sub(b.loudAt) >= silentAfter }

// position is where on a bar of the given length a level lies.
func position(db float64, length float32) float32 {
	return length * float32((min(max(db, meterFloor), 0)-meterFloor)/-meterFloor)
}

var meterMarks = [...]float64{-50, -40, -30, -20, -10, 0}

const meterBar = 14 // height

func (m *meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{m: m, scale: canvas.NewRaster(paintScale), cover: &canvas.Rectangle{}, peak: &canvas.Rectangle{}}
	r.scale.ScaleMode = canvas.ImageScalePixels
	r.objects = []fyne.CanvasObject{r.scale, r.cover, r.peak}
	for _, db := range meterMarks {
		t := canvas.NewText(strconv.Itoa(int(db)), nil)
		t.TextSize, t.Alignment = 10, fyne.TextAlignCenter
		r.marks = append(r.marks, t)
		r.objects = append(r.objects, t)
	}
	r.color()
	return r
}

type meterRenderer struct {
	m           *meter
	scale       *canvas.Raster
	cover, peak *canvas.Rectangle
	marks       []*canvas.Text
	objects     []fyne.CanvasObject
}

func (r *meterRenderer) color() {
	r.cover.FillColor = withAlpha(shade(theme.ColorNameInputBackground), 225)
	r.peak.FillColor = shade(theme.ColorNameForeground)
	for _, t := range r.marks {
		t.Color = shade(colorSecondary)
	}
}

func (r *meterRenderer) Layout(s fyne.Size) {
	r.scale.Resize(fyne.NewSize(s.Width, meterBar))
	for i, t := range r.marks {
		m := t.MinSize()
		x := min(position(meterMarks[i], s.Width)-m.Width/2, s.Width-m.Width)
		t.Resize(m)
		t.Move(fyne.NewPos(x, meterBar+1))
	}
	r.place(s.Width)
}

// place moves what shows the level.
func (r *meterRenderer) place(width float32) {
	b := r.m.ballistics
	if r.m.muted {
		b.bar, b.peak = meterFloor, meterFloor
	}
	x := position(b.bar, width)
	r.cover.Move(fyne.NewPos(x, 0))
	r.cover.Resize(fyne.NewSize(width-x+1, meterBar)) // one more: at a broken scale a sliver would stay
	show(r.peak, b.peak > meterFloor+1)
	r.peak.Resize(fyne.NewSize(2, meterBar))
	r.peak.Move(fyne.NewPos(min(position(b.peak, width), width-2), 0))
}

func (r *meterRenderer) MinSize() fyne.Size {
	if r.m.compact {
		return fyne.NewSize(120, meterBar)
	}
	return fyne.NewSize(120, meterBar+15)
}

func (r *meterRenderer) Refresh() {
	if c := withAlpha(shade(theme.ColorNameInputBackground), 225); c != r.cover.FillColor {
		r.color()
		canvas.Refresh(r.m)
	}
	for _, t := range r.marks {
		show(t, !r.m.compact)
	}
	r.place(r.m.Size().Width)
}

func (r *meterRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *meterRenderer) Destroy()                     {}

func withAlpha(c color.Color, a uint8) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = a
	return n
}

// paintScale draws the whole coloured scale: green, yellow where speech peaks,
// red where it distorts.
func paintScale(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	green, yellow, red := color.RGBA{0x2f, 0xb4, 0x67, 255}, color.RGBA{0xf0, 0xb4, 0x29, 255}, color.RGBA{0xe0, 0x3b, 0x30, 255}
	for x := range w {
		db := meterFloor * (1 - float64(x)/float64(max(w-1, 1)))
		c := green
		switch {
		case db >= meterRed:
			c = mix(yellow, red, (db-meterRed)/2)
		case db >= meterYellow:
			c = mix(green, yellow, (db-meterYellow)/4)
		}
		for y := range h {
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	t = min(max(t, 0), 1)
	f := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + t*(float64(y)-float64(x)))) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}
