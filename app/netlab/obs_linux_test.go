package netlab

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// obs is OBS Studio without hands, on a screen that nobody looks at; dynamic is
// "Dynamically change bitrate", which is off out of the box.
func obs(dynamic bool) func(testing.TB, *lane, string) func() []change {
	return func(t testing.TB, l *lane, film string) func() []change {
		desktop := apptest.StartDesktop(t, "1100x750")
		home := filepath.Join(l.dir, fmt.Sprint("obs-", dynamic))
		o := apptest.OBS{
			Server: strings.TrimSuffix(l.url(), "/"+key), Key: key, Film: film, Width: 640, Height: 360,
			Kbps: 2500, Preset: "ultrafast", X264: "keyint=60 tune=zerolatency", Dynamic: dynamic,
		}
		env := append(desktop.Env(), "XDG_CONFIG_HOME="+home, "LIBGL_ALWAYS_SOFTWARE=1", "TZ=UTC")
		p := apptest.Start(t, env, "ip", append([]string{"netns", "exec", fmt.Sprint("studio", l.n)}, o.Command(t, home)...)...)
		return func() []change {
			p.Kill()
			return obsLamp(t, filepath.Join(home, "obs-studio"))
		}
	}
}

// obsLamp reads from its log when OBS itself said that it was connected, and when
// that it was not. Each line begins with the time of day.
func obsLamp(t testing.TB, config string) []change {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(config, "logs", "*.txt"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("OBS has left no log: %v", err)
	}
	f, err := os.Open(logs[len(logs)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	changes := []change{}
	now := time.Now().UTC()
	for s := bufio.NewScanner(f); s.Scan(); {
		stamp, text, _ := strings.Cut(s.Text(), ": ")
		at, err := time.Parse("15:04:05.000", stamp)
		live, dark := strings.Contains(text, "Connection to rtmp") && strings.HasSuffix(text, "successful"),
			strings.Contains(text, "Reconnecting in") || strings.Contains(text, "Disconnected from")
		if err != nil || !live && !dark {
			continue
		}
		day := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		if day.After(now) { // the run began yesterday
			day = day.AddDate(0, 0, -1)
		}
		changes = append(changes, change{day, live})
	}
	return changes
}
