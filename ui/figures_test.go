package ui

import (
	"image"
	"image/color"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tally/app"
	"tally/app/program"
	"tally/capture"
)

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0:00", 7 * time.Second: "0:07", 754 * time.Second: "12:34", time.Hour: "1:00:00",
		25*time.Hour + 61*time.Second: "25:01:01", -time.Second: "0:00",
	} {
		if got := clock(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestDataSize(t *testing.T) {
	for n, want := range map[int64]string{-5: "0 B", 999: "999 B", 41_250: "41 kB", 2_500_000: "2.5 MB", 4_200_000_000: "4.20 GB"} {
		if got := dataSize(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestAcknowledgementInWords(t *testing.T) {
	w, _ := open(t)
	for _, c := range []struct {
		ack            app.AckStatus
		caption, value string
	}{
		{app.AckStatus{Window: 2_500_000, InFlight: 41_250, AgeMs: 130, Style: "cumulative"}, "Window 2.5 MB · confirmed 130 ms ago", "41 kB on the way"},
		{app.AckStatus{Window: 2_500_000, InFlight: 41_250, AgeMs: -1}, "Server has confirmed nothing yet", "41 kB on the way"},
		{app.AckStatus{Style: "none"}, "This server confirms nothing", "312.4 MB sent"},
		{app.AckStatus{InFlight: 9000, AgeMs: 61_000, Style: "incremental"}, "Confirmed 1 min ago", "9 kB on the way"},
	} {
		s := live()
		s.Outputs[0].Ack = c.ack
		w.render(s)
		if w.status.ack.caption.text != c.caption || w.status.ack.value.text != c.value {
			t.Errorf("%+v: %q, %q", c.ack, w.status.ack.caption.text, w.status.ack.value.text)
		}
	}
	w.render(reconnecting())
	if got := w.status.ack.value.text; got != "next try in 5 s" {
		t.Errorf("reconnecting: %q", got)
	}
}

func TestMeterFollowsTheSound(t *testing.T) {
	b := ballistics{bar: meterFloor, peak: meterFloor}
	now := time.Unix(1000, 0)
	b.step(program.Level{PeakDB: -10}, now)
	if b.bar != -10 || b.peak != -10 {
		t.Fatalf("a loud sound shows at once: %+v", b)
	}
	now = now.Add(500 * time.Millisecond)
	b.step(program.Level{PeakDB: -96}, now)
	if b.bar != -10-meterFall/2 || b.peak != -10 {
		t.Errorf("half a second later: bar %v, peak %v", b.bar, b.peak)
	}
	for range 50 {
		now = now.Add(100 * time.Millisecond)
		b.step(program.Level{PeakDB: -96}, now)
		if b.peak < b.bar {
			t.Fatalf("the highest peak is under the bar: %+v", b)
		}
	}
	if b.bar != meterFloor || b.peak != meterFloor || !b.silent() {
		t.Errorf("after five silent seconds: %+v", b)
	}
	b.step(program.Level{PeakDB: -30}, now)
	if b.silent() {
		t.Error("still silent")
	}
}

func TestSilenceIsSaid(t *testing.T) {
	w, r := open(t)
	w.render(live())
	w.sound.meter.ballistics.step(r.level, time.Now().Add(-10*time.Second))
	w.move()
	if got := w.sound.hint.text; got != "Silent – is the microphone on?" {
		t.Errorf("the hint is %q", got)
	}
	r.level = program.Level{PeakDB: 0, Clipped: true}
	w.move()
	if got := w.sound.hint.text; got != "Too loud – turn the microphone down" {
		t.Errorf("the hint is %q", got)
	}
}

func TestSameSource(t *testing.T) {
	all := []capture.Device{
		{Kind: capture.KindCamera, ID: "a"}, {Kind: capture.KindCamera, ID: "b", Default: true}, {Kind: capture.KindMicrophone, ID: "m"},
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"camera", "camera:b", true},
		{"camera", "camera:a", false},
		{"mic", "mic:m", true},
		{"testcard", "testcard", true},
		{"none", "", false},
		{"file:/a", "file:/b", false},
		{"screen", "screen", true},
	} {
		if got := sameSource(c.a, c.b, all); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// TestGraph looks at the drawing itself: the line lies where the numbers say.
func TestGraph(t *testing.T) {
	white, black, blue, clear := color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{}
	img := image.NewRGBA(image.Rect(0, 0, 300, 100))
	p := plot{to: img, limit: 4000, span: 300 * time.Second, back: white, grid: white, line: black, fill: clear, gap: blue, target: clear}
	for i := range 301 {
		p.points = append(p.points, plotPoint{at: time.Duration(i) * time.Second, value: 1000, off: i >= 100 && i < 120})
	}
	p.draw()
	if got := img.RGBAAt(250, 75); got.R > 80 {
		t.Errorf("1000 of 4000 is not drawn at three quarters: %v", got)
	}
	if got := img.RGBAAt(250, 30); got != white {
		t.Errorf("there is something over the line: %v", got)
	}
	if got := img.RGBAAt(110, 30); got != blue {
		t.Errorf("the gap is not marked: %v", got)
	}
	if got := img.RGBAAt(130, 30); got != white {
		t.Errorf("the gap is too wide: %v", got)
	}
}

func TestGraphLimit(t *testing.T) {
	for most, want := range map[int]int{0: 200, 1000: 2000, 2660: 3000, 6000: 8000, 50_000: 60_000, 90_000: 99_000} {
		if got := graphLimit([]plotPoint{{value: most}}); got != want {
			t.Errorf("%d: %d, want %d", most, got, want)
		}
	}
}

func TestGraphShowsFiveMinutes(t *testing.T) {
	var all []app.HistoryPoint
	for i := range 600 {
		all = append(all, app.HistoryPoint{At: time.Duration(i) * time.Second})
	}
	span, _ := graphSpan(599 * time.Second)
	if got := recent(all, span); len(got) != 301 || got[0].At != 299*time.Second {
		t.Errorf("%d points from %v", len(got), got[0].At)
	}
}

func TestEllipsis(t *testing.T) {
	w, _ := open(t)
	l := w.graph.detail
	full := l.measure("a rather long text").Width
	if got := ellipsis("a rather long text", full, l.measure); got != "a rather long text" {
		t.Errorf("what fits was cut: %q", got)
	}
	got := ellipsis("a rather long text", full*0.7, l.measure)
	if l.measure(got).Width > full*0.7 || len(got) < 8 {
		t.Errorf("cut to %q", got)
	}
	if got := ellipsis("text", 0, l.measure); got != "…" {
		t.Errorf("no room: %q", got)
	}
}

// TestLongNamesAreWhole: a path is broken at its folders, and a name that is wider
// than the paragraph anywhere. Nothing of it is left out.
func TestLongNamesAreWhole(t *testing.T) {
	open(t) // for the sizes of letters
	path := filepath.Join(string(filepath.Separator), "home", "somebody", "Videos", "a night", strings.Repeat("x", 120)+".mp4")
	p := newParagraph("Saved as "+path+" today", colorGood, sizeSmall, 300)
	lines := p.lines(300)
	if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(p.text, " ", "") {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if w := fyne.MeasureText(l, size(sizeSmall), p.style).Width; w > 300 {
			t.Errorf("%q is %.0f wide", l, w)
		}
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, string(filepath.Separator)) }) {
		t.Errorf("not broken at a folder: %q", lines)
	}
	if got := newParagraph("128 kbit/s", colorGood, sizeSmall, 60).lines(40); len(got) != 2 {
		t.Errorf("a unit is broken: %q", got)
	}
}
