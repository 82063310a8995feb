package netlab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/app/linksim"
)

// film is what all send: noise enough to need every bit, for 80 s.
func film(t testing.TB) string {
	t.Helper()
	apptest.Need(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "film.mp4")
	sh(t, `ffmpeg -loglevel error -f lavfi -i testsrc2=s=640x360:r=30:d=80,noise=alls=25:allf=t -f lavfi -i sine=440:r=48000:d=80 -c:v libx264 -preset ultrafast -tune fastdecode -b:v 6M -g 30 -c:a aac -ac 2 %s`, path)
	return path
}

// sender is one way to stream the film.
type sender struct {
	name  string
	start func(t testing.TB, l *lane, film string) (stop func() []change)
}

func tally(adapt string) func(testing.TB, *lane, string) func() []change {
	return func(t testing.TB, l *lane, film string) func() []change {
		out := filepath.Join(l.dir, "tally-"+adapt)
		p := apptest.Start(t, append(apptest.Env(l.dir), "TALLY_KEY="+key), "ip", "netns", "exec", fmt.Sprint("studio", l.n), "sh", "-c",
			`exec "$0" "$@" >`+out, program, "stream", "--url", strings.TrimSuffix(l.url(), "/"+key), "--video", "file:"+film, "--audio", "file:"+film,
			"--size", "640x360", "--fps", "30", "--video-bitrate", "2500k", "--preset", "ultrafast", "--latency", "low", "--adapt", adapt, "--json")
		return func() []change {
			p.Signal(syscall.SIGINT)
			p.Wait(t, 5*time.Second)
			return lamp(t, out)
		}
	}
}

// lamp reads the changes of the lamp from the report of a show.
func lamp(t testing.TB, path string) []change {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	var last struct {
		Report struct {
			Started time.Time
			Events  []struct {
				At    float64 `json:"at_s"`
				State string
			}
		}
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		t.Fatalf("the report: %v: %s", err, lines[len(lines)-1])
	}
	var changes []change
	for _, e := range last.Report.Events {
		changes = append(changes, change{last.Report.Started.Add(time.Duration(e.At * float64(time.Second))), e.State == "live"})
	}
	return changes
}

// ffmpeg is what its manual says for live streams over bad lines: the fifo muxer,
// which drops what does not fit and connects again.
func ffmpeg(t testing.TB, l *lane, film string) func() []change {
	p := apptest.Start(t, nil, "ip", "netns", "exec", fmt.Sprint("studio", l.n), "ffmpeg", "-loglevel", "error", "-nostdin", "-re", "-i", film,
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k", "-g", "60",
		"-c:a", "aac", "-b:a", "160k", "-flags", "+global_header", "-map", "0:v", "-map", "0:a", "-f", "fifo", "-fifo_format", "flv",
		"-drop_pkts_on_overflow", "1", "-attempt_recovery", "1", "-recover_any_error", "1", "-recovery_wait_time", "1", l.url())
	return func() []change {
		p.Stop()
		return nil
	}
}

// senders are who is compared: those of a group side by side, one group after the
// other, as OBS alone, which paints with the processor here, fills most of a core.
func senders() [][]sender {
	groups := [][]sender{{{"Tally", tally("on")}, {"Tally, --adapt off", tally("off")}, {"ffmpeg -f fifo", ffmpeg}}}
	if apptest.HasOBS() {
		groups = append(groups, []sender{{"OBS", obs(false)}}, []sender{{"OBS, dynamic bitrate", obs(true)}})
	}
	return groups
}

// playAll plays a script for all senders, side by side, each on a line of its own,
// numbered from first on.
func playAll(t testing.TB, s *linksim.Script, film string, senders []sender, first int) []result {
	t.Helper()
	results := make([]result, len(senders))
	var all sync.WaitGroup
	lanes := make([]*lane, len(senders))
	for i := range senders {
		lanes[i] = newLane(t, first+i)
		lanes[i].prepare(s)
	}
	for i, sender := range senders {
		l := lanes[i]
		stop := sender.start(t, l, film)
		apptest.Until(t, 20*time.Second, sender.name+" is live", func() bool { return len(l.tap.received(time.Time{}, time.Now())) > 30 })
		all.Go(func() {
			began := time.Now()
			l.play(s, began)
			frames := l.tap.received(began, began.Add(s.Lasts))
			lamp := stop()
			results[i] = measure(s, frames, began, lamp)
			l.stopServer()
		})
	}
	all.Wait()
	return results
}

// A server that is restarted has the show back within a second of listening
// again: program, sockets and server are real.
func TestServerRestart(t *testing.T) {
	f := film(t)
	l := newLane(t, 9)
	s := &linksim.Script{Lasts: 12 * time.Second, Moments: []linksim.Moment{
		{At: 0, Event: linksim.Rate, Up: 6_000_000},
		{At: 4 * time.Second, Event: linksim.ServerDown},
		{At: 7 * time.Second, Event: linksim.ServerUp},
	}}
	l.prepare(s)
	stop := tally("on")(t, l, f)
	apptest.Until(t, 20*time.Second, "Tally is live", func() bool { return len(l.tap.received(time.Time{}, time.Now())) > 30 })
	began := time.Now()
	l.play(s, began)
	back := l.tap.received(l.tap.up, time.Now())
	changes := stop()
	if len(back) == 0 {
		t.Fatal("no picture came back")
	}
	took := back[0].at.Sub(l.tap.up)
	t.Logf("the first picture came %v after the server listened; %+v", took, measure(s, l.tap.received(began, began.Add(s.Lasts)), began, changes))
	if took > time.Second {
		t.Errorf("media flows %v after the server listens", took)
	}
	l.stopServer()
}
