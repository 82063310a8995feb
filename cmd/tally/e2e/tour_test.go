package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// stop is one screen of the tour: the keys that lead there, and back.
type stop struct {
	name       string
	keys, back []string
	short      bool // also without -screenshots
}

var escape = []string{"Escape"}

// stops are the screens off the air, in this order.
var stops = []stop{
	{"idle", nil, nil, true},
	{"settings", []string{"ctrl+comma"}, escape, true},
	{"destinations", []string{"ctrl+d"}, escape, true},
	{"destination", []string{"ctrl+n"}, escape, true},
	{"sound", []string{"ctrl+2"}, escape, false},
	{"picture", []string{"ctrl+1"}, escape, false},
	{"timing", []string{"ctrl+shift+t"}, escape, false},
	{"recordings", []string{"ctrl+o"}, escape, false},
	{"history", []string{"ctrl+h"}, escape, false},
	{"profile", []string{"ctrl+shift+n"}, escape, false},
	{"preflight", []string{"ctrl+b"}, escape, true},
	{"guide-picture", []string{"ctrl+g"}, nil, true},
	{"guide-service", []string{"Return"}, nil, false},
	{"guide-end", []string{"Return"}, escape, false},
	{"hotkeys", []string{"ctrl+shift+k"}, escape, false},
}

// TestTour goes through the screens by keyboard and takes their pictures. With
// -screenshots it does so in both themes and two scales, and on air, too.
func TestTour(t *testing.T) {
	if *screenshots == "" {
		tour(t, t.TempDir(), "dark", "1", "1280x800")
		return
	}
	dir := filepath.Join(*screenshots, "screens")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"dark", "light"} {
		t.Run(theme+"-1", func(t *testing.T) { tour(t, dir, theme, "1", "1280x800") })
		t.Run(theme+"-1.5", func(t *testing.T) { tour(t, dir, theme, "1.5", "1920x1200") })
	}
}

func tour(t *testing.T, dir, theme, scale, size string) {
	n := apptest.StartNGINX(t)
	d := apptest.StartDesktop(t, size)
	for _, v := range d.Env() {
		if config, ok := strings.CutPrefix(v, "XDG_CONFIG_HOME="); ok {
			know(t, filepath.Join(config, "tally"))
		}
	}
	apptest.Start(t, append(d.Env(), "FYNE_THEME="+theme, "FYNE_SCALE="+scale), program)
	d.Do(t, "windowactivate", "--sync", d.Window(t, "^Tally", 15*time.Second))
	keys := func(keys []string) {
		for _, k := range keys {
			d.Do(t, "key", "--clearmodifiers", k)
			time.Sleep(300 * time.Millisecond)
		}
	}
	keys([]string{"ctrl+shift+f"})
	time.Sleep(2 * time.Second) // the window grows
	before := ""
	take := func(name string) {
		t.Helper()
		time.Sleep(500 * time.Millisecond) // it unfolds
		path := filepath.Join(dir, fmt.Sprintf("%s-%s-%s.png", name, theme, scale))
		d.Screenshot(t, path)
		if out, err := exec.Command("convert", path, "-colors", "200", "PNG8:"+path).CombinedOutput(); err != nil {
			t.Fatalf("convert: %v: %s", err, out)
		}
		if before != "" && differing(decode(t, before), decode(t, path)) < 5000 {
			t.Errorf("%s looks the same as %s", filepath.Base(path), filepath.Base(before))
		}
		before = path
	}
	for _, s := range stops {
		if *screenshots == "" && !s.short {
			continue
		}
		keys(s.keys)
		take(s.name)
		keys(s.back)
	}
	if *screenshots == "" {
		return
	}
	keys([]string{"ctrl+n"})
	d.Do(t, "type", "--delay", "10", "rtmp://"+n.Addr+"/live")
	keys([]string{"Tab"})
	d.Do(t, "type", "--delay", "10", secret)
	keys([]string{"Return", "ctrl+l"})
	n.WaitPublished(t, secret, 1, 15*time.Second)
	time.Sleep(5 * time.Second)
	take("on-air")
	keys([]string{"ctrl+shift+g"})
	take("graphs")
	keys([]string{"Escape", "ctrl+shift+h"})
	take("what-happened")
	keys(escape)
	n.Kill()
	d.Window(t, "reconnecting$", 20*time.Second)
	take("reconnecting")
	keys([]string{"ctrl+e", "Tab", "Return"})
	d.Window(t, "^Tally$", 15*time.Second)
	take("report")
}

// know writes settings, so that no guide greets.
func know(t *testing.T, config string) {
	t.Helper()
	if err := os.MkdirAll(config, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(config, "settings.json"), []byte(`{"version":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
}
