package app

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tally/app/apptest"
)

const (
	// sleepServer tells the test in the machine where the server is.
	sleepServer = "TALLY_SLEEP_SERVER"
	// sleepInMemory says that the test in the machine needs none of the host's files.
	sleepInMemory = "TALLY_SLEEP_IN_MEMORY"
	// sleepFor is longer than the server waits for somebody who sends nothing.
	sleepFor = 12 * time.Second
)

// TestSleep puts a computer to sleep in mid-show, for longer than the server waits.
// Its first part is the server and a viewer, and starts the rig's machine
// (capture/rig/vm-run); the second is the show in that.
func TestSleep(t *testing.T) {
	if server := os.Getenv(sleepServer); server != "" {
		sleepInMidShow(t, server)
		return
	}
	run := os.Getenv("TALLY_VM_RUN")
	if run == "" {
		t.Skip("needs a machine that can sleep: make test-devices")
	}
	server := apptest.StartNGINX(t)
	viewer := server.WatchIn(t, "strict", testKey, time.Hour)
	_, port, _ := strings.Cut(server.Addr, ":")
	cmd := exec.Command(run, "--sleep", "--network", "--cameras", "hdmi", "--sound", "loopback", "--timeout", "120",
		"--env", "TALLY_RIG=1", "--env", sleepServer+"=rtmp://10.0.2.2:"+port+"/strict", "--",
		os.Args[0], "-test.v", "-test.run", "^TestSleep$")
	out, err := cmd.CombinedOutput()
	t.Logf("in the machine:\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
	if list := server.Publications(); len(list) != 2 || !list[1].Orderly {
		t.Errorf("the server was sent %+v", list)
	}

	// The viewer had one stream: after the gap it goes on with a key frame and with later stamps.
	packets, err := exec.Command("ffprobe", "-loglevel", "error", "-select_streams", "v", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", viewer.Leave()).Output()
	if err != nil {
		t.Fatal(err)
	}
	var last, gap, at float64
	key := false
	for _, m := range regexp.MustCompile(`(?m)^([0-9.]+),(.)`).FindAllSubmatch(packets, -1) {
		pts, _ := strconv.ParseFloat(string(m[1]), 64)
		if pts < last {
			t.Errorf("stamps go back from %v to %v", last, pts)
		}
		if pts-last > gap {
			gap, at, key = pts-last, last, m[2][0] == 'K'
		}
		last = pts
	}
	t.Logf("viewers saw %.1f s with a gap of %.1f s at %.1f s", last, gap, at)
	if !key || gap > 8 || gap < 0.2 || last-at < 3 {
		t.Errorf("after the gap, a key frame: %t", key)
	}
}

func sleepInMidShow(t *testing.T, server string) {
	intoMemory(t)
	apptest.NeedRig(t)
	s := testStudio(t, func(o *Options) {
		o.Settings.Video.Source, o.Settings.Video.FPS = "camera:"+rigCamera(t, "vivid-000"), 5
		o.Settings.Audio.Source = "mic:hw:Loopback,1"
		o.Settings.Video.LowLatency = true
		o.Settings.Destinations = []Destination{{ID: "a", Name: "A", URL: server, Enabled: true}}
		o.Keys = MemoryKeys{"a": NewKey(testKey)}
	})
	s.GoLive()
	whole := func(s Snapshot) bool {
		return s.State == Live && s.Picture.State == SourceRunning && s.Sound.State == SourceRunning && s.Video.FPS > 2
	}
	had := await(t, s, "on air", 60*time.Second, whole)
	time.Sleep(2 * time.Second)

	began := time.Now()
	if err := os.WriteFile("/sys/class/rtc/rtc0/wakealarm", []byte("+"+strconv.Itoa(int(sleepFor.Seconds()))), 0o200); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/sys/power/state", []byte("mem"), 0o200); err != nil {
		t.Fatal(err)
	}
	woke := time.Now()
	t.Logf("slept, which took %v of the clock that stands still meanwhile", woke.Sub(began))
	snap := await(t, s, "noticing that it has slept", 3*time.Second, func(s Snapshot) bool { return s.Slept > 0 })
	t.Logf("noticed after %v: %s %+v", time.Since(woke), snap.State, snap.Slept)
	if d := time.Duration(snap.Slept); d < sleepFor-2*time.Second || d > sleepFor+5*time.Second || snap.Uptime < had.Uptime+snap.Slept {
		t.Errorf("slept %v of %v", d, snap.Uptime)
	}
	snap = await(t, s, "seeing that the connection is lost", 10*time.Second, func(s Snapshot) bool { return s.Outputs[0].Reconnects > 0 })
	t.Logf("lost after %v: %q", time.Since(woke), snap.Outputs[0].Cause)
	sent := int64(0)
	await(t, s, "live again", 15*time.Second, func(s Snapshot) bool {
		if sent == 0 && s.State == Live {
			sent = s.Outputs[0].SentBytes
		}
		return sent > 0 && whole(s) && s.Outputs[0].SentBytes > sent+20000
	})
	t.Logf("camera, sound and server have the show again after %v", time.Since(woke))
	if again := time.Since(woke); again > 12*time.Second {
		t.Errorf("live again only after %v", again)
	}
	time.Sleep(8 * time.Second)
	over(t, s)
	r := s.Snapshot().Report
	text, _ := json.Marshal(r)
	t.Logf("%s", text)
	if l := r.Outputs[0].Losses; len(l) != 1 || !strings.HasPrefix(l[0].Cause.String(), "This computer slept for 1") || time.Duration(l[0].Seconds) < sleepFor-time.Second || time.Duration(l[0].At) < time.Second {
		t.Errorf("missed: %+v", l)
	}
	if r.OffAir < r.Outputs[0].Losses[0].Seconds-2*Seconds(time.Second) || r.Seconds < r.OffAir+r.OnAir-Seconds(time.Second) {
		t.Errorf("on air %v, off air %v of %v", r.OnAir, r.OffAir, r.Seconds)
	}
}

// intoMemory starts the test anew where everything that it needs is in memory: the
// host's files are away when the machine has slept, and who has one open then does
// not even end.
func intoMemory(t *testing.T) {
	t.Helper()
	if os.Getenv(sleepInMemory) != "" {
		return
	}
	begun := time.Now()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	in := func(path string) string { return filepath.Join(root, path) }
	copied := func(from, to string) {
		b, err := os.ReadFile(from)
		must(err)
		must(os.MkdirAll(filepath.Dir(in(to)), 0o755))
		must(os.WriteFile(in(to), b, 0o755))
	}
	must(unix.Mount("root", root, "tmpfs", 0, "size=75%"))
	for _, dir := range []string{"dev", "proc", "sys"} {
		must(os.Mkdir(in(dir), 0o755))
		must(unix.Mount("/"+dir, in(dir), "", unix.MS_BIND|unix.MS_REC, ""))
	}
	must(os.Mkdir(in("tmp"), 0o777))
	libraries, err := exec.Command("ldd", os.Args[0]).Output()
	must(err)
	var dir string
	for _, m := range regexp.MustCompile(`(?m)^\s*(\S+) => (/\S+)`).FindAllSubmatch(libraries, -1) {
		copied(string(m[2]), "lib/"+string(m[1]))
		dir = filepath.Dir(string(m[2]))
	}
	copied(os.Args[0], "test")
	copied("/lib64/ld-linux-x86-64.so.2", "lib64/ld-linux-x86-64.so.2")
	copied(filepath.Join(dir, "libasound.so.2"), "lib/libasound.so.2") // opened by its name
	must(os.CopyFS(in("usr/share/alsa"), os.DirFS("/usr/share/alsa")))
	must(unix.Chroot(root))
	must(os.Chdir("/"))
	t.Logf("in memory after %v", time.Since(begun).Round(time.Millisecond))
	must(unix.Exec("/test", os.Args, append(os.Environ(), "LD_LIBRARY_PATH=/lib", "TMPDIR=/tmp", sleepInMemory+"=1")))
}
