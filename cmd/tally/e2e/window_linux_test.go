package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// windowSeconds is how long each state of the window is measured.
const windowSeconds = 12

// BenchmarkWindow measures what the real window takes of a core, on a screen of
// 1280x800 that the processor paints, while a film of 720p30 is its source: off air in
// all the states that a window can be in, and on air beside tally stream, and OBS
// where it is installed, which send the same film in the same way.
func BenchmarkWindow(b *testing.B) {
	film := apptest.MakeFilm(b, "1280x720", benchFPS, 60)
	b.Run("off air", func(b *testing.B) { benchOffAir(b, film) })
	b.Run("on air", func(b *testing.B) { benchOnAir(b, film) })
}

// taken is what was taken of a core, in percent.
type taken struct {
	program, server float64 // by what has the window, and by the X server
	moving          float64 // share of the pictures that viewers got that were new
}

// takenBy are the measurements of several, in turns.
type takenBy map[string][]taken

// mean is what one of them took on average.
func (all takenBy) mean(name string) (m taken) {
	n := float64(len(all[name]))
	for _, t := range all[name] {
		m.program, m.server, m.moving = m.program+t.program/n, m.server+t.server/n, m.moving+t.moving/n
	}
	return m
}

// report writes them down, in that order.
func (all takenBy) report(b *testing.B, names ...string) {
	b.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-12s %16s %16s\n", "", "program, % core", "X, % core")
	for _, name := range names {
		m := all.mean(name)
		fmt.Fprintf(&table, "%-12s %16.1f %16.1f\n", name, m.program, m.server)
		b.ReportMetric(m.program, name+"-%core")
	}
	b.ReportMetric(0, "ns/op") // how long all that takes says nothing
	b.Log(table.String())
}

// take measures a program that runs, and the X server that it runs on.
func take(b *testing.B, d *apptest.Desktop, p *apptest.Process) taken {
	b.Helper()
	own, server, began := p.CPU(b), d.Server.CPU(b), time.Now()
	time.Sleep(windowSeconds * time.Second)
	long := time.Since(began).Seconds()
	return taken{program: 100 * (p.CPU(b) - own).Seconds() / long, server: 100 * (d.Server.CPU(b) - server).Seconds() / long}
}

// benchOffAir brings the window into one state after the other.
func benchOffAir(b *testing.B, film string) {
	d := apptest.StartDesktop(b, "1280x800")
	states := []struct {
		name, preview string
		enter, leave  func(window string)
	}{
		{name: "preview"},
		{name: "smooth", preview: "smooth"}, // 30 pictures a second, whoever paints
		{name: "no-preview", preview: "off"},
		{
			name:  "minimised",
			enter: func(window string) { d.Do(b, "windowminimize", window) },
		},
		{
			name:  "elsewhere",
			enter: func(window string) { d.Do(b, "set_desktop", "1") },
			leave: func(window string) { d.Do(b, "set_desktop", "0") },
		},
	}
	all := takenBy{}
	for b.Loop() {
		for _, s := range states {
			p, window := openWindow(b, d, film, s.preview, "")
			if s.enter != nil {
				s.enter(window)
				time.Sleep(time.Second)
			}
			all[s.name] = append(all[s.name], take(b, d, p))
			if s.leave != nil {
				s.leave(window)
			}
			p.Stop()
		}
	}
	var names []string
	for _, s := range states {
		names = append(names, s.name)
	}
	all.report(b, names...)
}

// openWindow opens Tally's window over the film, as large as the screen, with the
// preview as chosen, and with a server, if one is given.
func openWindow(b *testing.B, d *apptest.Desktop, film, preview, server string) (*apptest.Process, string) {
	b.Helper()
	config := filepath.Join(b.TempDir(), "config")
	destinations := "[]"
	if server != "" {
		destinations = fmt.Sprintf(`[{"id":"own","name":"Own server","url":%q,"enabled":true}]`, server)
	}
	apptest.WriteFiles(b, config, map[string]string{
		"tally/settings.json": fmt.Sprintf(`{"version":1,"video":{"source":%q,"encoder":"x264","keep_up":false},"audio":{"source":%q},
			"sources":{%q:{"loop":true}},"adapt":false,"destinations":%s}`, "file:"+film, "file:"+film, "file:"+film, destinations),
		"tally/keys.json":                          `{"own":"bench"}`,
		"fyne/studio.tally.Tally/preferences.json": fmt.Sprintf(`{"preview":%q}`, preview),
	})
	p := apptest.Start(b, append(d.Env(), "XDG_CONFIG_HOME="+config, "FYNE_THEME=dark", "FYNE_SCALE=1"), program)
	window := d.Window(b, "^Tally", 15*time.Second)
	d.Do(b, "windowactivate", "--sync", window)
	d.Do(b, "key", "ctrl+shift+f")
	time.Sleep(3 * time.Second) // until all that happens at a start is over
	return p, window
}

// sender is a program that sends the film, and how to start it.
type sender struct {
	name  string
	start func() *apptest.Process
}

// benchOnAir sends the film without a window, with it, with its preview off, with it
// minimised, and with OBS.
func benchOnAir(b *testing.B, film string) {
	d, n := apptest.StartDesktop(b, "1280x800"), apptest.StartNGINX(b)
	server := "rtmp://" + n.Addr + "/live"
	open := func(preview string, hide bool) func() *apptest.Process {
		return func() *apptest.Process {
			p, window := openWindow(b, d, film, preview, server)
			d.Do(b, "key", "ctrl+l")
			if hide {
				d.Do(b, "windowminimize", window)
			}
			return p
		}
	}
	senders := []sender{
		{"headless", func() *apptest.Process {
			return apptest.Start(b, apptest.Env(b.TempDir()), program, "stream", "--video", "file:"+film, "--audio", "file:"+film, "--loop",
				"--url", server+"/bench", "--encoder", "x264", "--keep-up", "off", "--adapt", "off")
		}},
		{"window", open("", false)},
		{"no-preview", open("off", false)},
		{"minimised", open("", true)},
	}
	if apptest.HasOBS() {
		senders = append(senders, sender{"OBS", func() *apptest.Process { return openOBS(b, d, film, server) }})
	}
	all, turn := takenBy{}, 0
	for b.Loop() {
		for k := range senders {
			s := senders[(k+turn)%len(senders)] // whoever is first does not stay so
			all[s.name] = append(all[s.name], measureOnAir(b, d, n, s))
		}
		turn++
	}
	var names []string
	for _, s := range senders {
		names = append(names, s.name)
	}
	all.report(b, names...)
	b.ReportMetric(all.mean("window").program-all.mean("headless").program, "window-adds-%core")
	if m := all.mean("OBS"); m.moving > 0 {
		b.ReportMetric(100*m.moving, "OBS-new-%") // less than 80: it did not do the work
	}
}

// openOBS opens OBS with its preview, about as large as the screen.
func openOBS(b *testing.B, d *apptest.Desktop, film, server string) *apptest.Process {
	b.Helper()
	home := b.TempDir()
	o := apptest.OBS{
		Server: server, Key: "bench", Film: film, Width: 1280, Height: 720, Kbps: 2500,
		Preset: "veryfast", X264: fmt.Sprint("keyint=", 2*benchFPS), Preview: true,
	}
	command := o.Command(b, home)
	p := apptest.Start(b, append(d.Env(), "XDG_CONFIG_HOME="+home), command[0], command[1:]...)
	window := d.Window(b, "^OBS", 30*time.Second)
	d.Do(b, "windowactivate", "--sync", window)
	d.Do(b, "windowsize", window, "1270", "770")
	return p
}

// measureOnAir starts a sender and measures it once it is on air. Tally is measured
// again if it did not do the work: then the machine was not its own. OBS is taken as
// it is: where the processor paints for it, it may not be able to.
func measureOnAir(b *testing.B, d *apptest.Desktop, n *apptest.NGINX, s sender) taken {
	b.Helper()
	for try := 1; ; try++ {
		before := len(n.Publications())
		p := s.start()
		n.WaitPublished(b, "bench", before+1, 30*time.Second)
		time.Sleep(3 * time.Second) // until its encoder has found its pace
		viewer := n.Watch(b, "bench", (windowSeconds-2)*time.Second)
		t := take(b, d, p)
		seen := viewer.File(b)
		p.Stop()
		m := apptest.Probe(b, seen)
		if m.Video == nil {
			b.Fatalf("%s: the viewer got no picture", s.name)
		}
		c := cost{fps: m.Video.FPS, moving: apptest.Moving(b, seen)}
		if t.moving = c.moving; c.didTheWork() || s.name == "OBS" {
			return t
		}
		if try == benchTries {
			c.giveUp(b, s.name)
		}
	}
}
