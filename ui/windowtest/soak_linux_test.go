package windowtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/app/apptest"
)

var soak = flag.Duration("soak", time.Hour, "how long the window is watched on air for what it does not give back; make soak")

// What may grow within a minute, once the first quarter of the time has passed: a show
// keeps its history, a few hundred bytes a second. 64 bytes lost with each of 30 pictures
// a second are 113 KiB.
//
// It holds for all resident memory, for what Go holds after a collection, and for what C
// holds. The first alone may be the room that Go keeps for the most garbage that there
// ever was at once; the other two tell.
const soakKiB = 100

// BenchmarkSoak rehearses in the real window for a long time, and watches what it holds:
// memory, threads, files. It opens sheets and hides the window on the way, once a
// minute, as people do. At the end it counts the goroutines.
func BenchmarkSoak(b *testing.B) {
	d := apptest.StartDesktop(b, "1280x800")
	settings := `{"version":1,"video":{"source":"testcard","width":640,"height":360,"bitrate_kbps":800,"preset":"ultrafast","keep_up":false},"audio":{"source":"tone"}}`
	apptest.WriteFiles(b, d.Config(), map[string]string{"tally/settings.json": settings})
	p := apptest.Start(b, append(d.Env(), "FYNE_THEME=dark", "FYNE_SCALE=1", "GODEBUG=gctrace=1"), program)
	window := d.Window(b, "^Tally", 15*time.Second)
	d.Do(b, "windowactivate", "--sync", window)
	d.Do(b, "key", "ctrl+shift+f")
	d.Do(b, "key", "ctrl+l")
	d.Window(b, "rehearsal$", 20*time.Second)

	var all []held
	began := time.Now()
	fmt.Printf("%8s %10s %10s %10s %8s %6s %8s\n", "s", "RSS, KiB", "in Go", "in C", "threads", "files", "CPU, s")
	for n := 0; time.Since(began) < *soak; n++ {
		h := holds(b, p)
		h.at = time.Since(began)
		all = append(all, h)
		fmt.Printf("%8.0f %10d %10d %10d %8d %6d %8.1f\n", h.at.Seconds(), h.kib, h.inGo, h.inC, h.threads, h.files, p.CPU(b).Seconds())
		if n%6 == 5 { // each minute
			for _, keys := range [][]string{{"key", "ctrl+comma"}, {"key", "Escape"}, {"key", "ctrl+shift+g"}, {"key", "Escape"}, {"windowminimize", window}, {"windowactivate", window}} {
				d.Do(b, keys...)
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Until(began.Add(time.Duration(n+1) * 10 * time.Second)))
	}
	settled := all[len(all)/4:]
	first, last := settled[0], settled[len(settled)-1]
	resident := slope(settled, func(h held) int { return h.kib })
	inGo, inC := slope(settled, func(h held) int { return h.inGo }), slope(settled, func(h held) int { return h.inC })
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(resident, "KiB/minute")
	b.ReportMetric(inGo, "Go-KiB/minute")
	b.ReportMetric(inC, "C-KiB/minute")
	fmt.Printf("after the first quarter: %.1f KiB a minute in Go, %.1f in C, %.1f resident; threads %d to %d, files %d to %d\n",
		inGo, inC, resident, first.threads, last.threads, first.files, last.files)
	if resident > soakKiB || inGo > soakKiB || inC > soakKiB {
		b.Errorf("memory grows by %.1f KiB a minute: by %.1f in Go, and by %.1f in C", resident, inGo, inC)
	}
	if last.files > first.files+2 {
		b.Errorf("open files grow from %d to %d", first.files, last.files)
	}
	if last.threads > first.threads+4 {
		b.Errorf("threads grow from %d to %d", first.threads, last.threads)
	}
	p.Signal(syscall.SIGQUIT) // whereupon Go writes down all goroutines
	p.Wait(b, 10*time.Second)
	goroutines := regexp.MustCompile(`(?m)^goroutine \d+`).FindAllString(p.Output(), -1)
	fmt.Println(len(goroutines), "goroutines at the end")
	if n := len(goroutines); n == 0 || n > 150 {
		b.Errorf("%d goroutines at the end", n)
	}
}

// held is what a program has of the machine at a moment.
type held struct {
	at             time.Duration
	kib            int // resident
	inGo, inC      int // KiB
	threads, files int
}

// collected is the line that Go writes after a collection; in it, the MB that are left.
var collected = regexp.MustCompile(`(?m)^gc \d+ @.*->(\d+) MB,`)

func holds(t testing.TB, p *apptest.Process) (h held) {
	t.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(p.PID()))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatalf("Tally is gone: %v; it wrote: %s", err, p.Output())
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			h.kib = n
		case "Threads":
			h.threads = n
		}
	}
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	h.files = len(files)
	if all := collected.FindAllStringSubmatch(p.Output(), -1); len(all) > 0 {
		mb, _ := strconv.Atoi(all[len(all)-1][1])
		h.inGo = mb << 10
	}
	h.inC = heldByC(t, filepath.Join(proc, "smaps"))
	return h
}

// heldByC adds up what is resident, in KiB, of mappings without a file that are not
// Go's heap: that lies below where Linux puts all others, but for C's first.
func heldByC(t testing.TB, smaps string) (kib int) {
	t.Helper()
	text, err := os.ReadFile(smaps)
	if err != nil {
		t.Fatal(err)
	}
	const others = 0x7f0000000000
	counts := false
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if begin, _, ok := strings.Cut(fields[0], "-"); ok && len(fields) > 4 {
			at, _ := strconv.ParseUint(begin, 16, 64)
			counts = len(fields) == 5 && at >= others || len(fields) == 6 && fields[5] == "[heap]"
		} else if counts && fields[0] == "Rss:" {
			n, _ := strconv.Atoi(fields[1])
			kib += n
		}
	}
	return kib
}

// slope is how much of it grows, in KiB a minute, by the line that fits best.
func slope(all []held, of func(held) int) float64 {
	var x, y, xx, xy float64
	n := float64(len(all))
	for _, h := range all {
		m, k := h.at.Minutes(), float64(of(h))
		x, y, xx, xy = x+m, y+k, xx+m*m, xy+m*k
	}
	return (n*xy - x*y) / (n*xx - x*x)
}
