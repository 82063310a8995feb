package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestStreamAsServed asks for one stream in every detail, and measures what a
// viewer gets of it.
func TestStreamAsServed(t *testing.T) {
	n := apptest.StartNGINX(t)
	viewer := n.Watch(t, secret, 8*time.Second)
	r := tally(t, nil, "stream", "--video", "testcard", "--audio", "tone", "--url", n.URL("live", secret),
		"--size", "640x360", "--fps", "30", "--keyframe", "2s", "--video-bitrate", "1200k", "--audio-bitrate", "128k",
		"--duration", "10s", "--json")
	r.succeed(t, 40*time.Second)
	if p := n.WaitEnded(t, secret, 5*time.Second); !p.Orderly {
		t.Errorf("the server saw no orderly end:\n%s", n.Log())
	}
	seen := viewer.File(t)
	checkMedia(t, seen, 640, 360, 30, 2, 1200)
	checkSync(t, seen, 40*time.Millisecond)
	checkSnapshots(t, r, n)
}

// checkMedia wants H.264 and AAC-LC as the flags asked for them. A busy machine
// may cost a frame here and there.
func checkMedia(t *testing.T, path string, width, height int, fps, keys, kbps float64) {
	t.Helper()
	m := apptest.Probe(t, path)
	if m.Video == nil || m.Audio == nil {
		t.Fatalf("picture or sound is missing: %+v", m)
	}
	v, a := *m.Video, *m.Audio
	if v.Codec != "h264" || v.PixelFormat != "yuv420p" || v.Width != width || v.Height != height {
		t.Errorf("picture: %+v", v)
	}
	if v.Range != "tv" || v.Space != "bt709" {
		t.Errorf("colour: range %q, space %q; want tv, bt709", v.Range, v.Space)
	}
	if !near(v.FPS, fps, fps*0.05) {
		t.Errorf("%.2f frames a second, want %g", v.FPS, fps)
	}
	if v.LongestGap > 6/fps {
		t.Errorf("%.0f ms without a picture", 1000*v.LongestGap)
	}
	if !v.FirstIsKey || len(v.KeyIntervals) == 0 {
		t.Errorf("key frames: first %v, intervals %v", v.FirstIsKey, v.KeyIntervals)
	}
	for _, interval := range v.KeyIntervals {
		if !near(interval, keys, 0.15) {
			t.Errorf("seconds from one key frame to the next: %.3f, want %g", v.KeyIntervals, keys)
			break
		}
	}
	// The test card is easily drawn: it may take less than it is allowed.
	if kbps > 0 && (v.Kbps > 1.1*kbps || v.Kbps < 0.2*kbps) {
		t.Errorf("picture has %.0f kbit/s, want at most %.0f", v.Kbps, kbps)
	}
	if a.Codec != "aac" || a.Profile != "LC" || a.Rate != 48000 || a.Channels != 2 {
		t.Errorf("sound: %+v", a)
	}
	if a.LongestGap > 0.05 {
		t.Errorf("%.0f ms without sound", 1000*a.LongestGap)
	}
}

// checkSync wants a flash and a beep each second, together.
func checkSync(t *testing.T, path string, tolerance time.Duration) {
	t.Helper()
	marks := apptest.FlashAndBeep(t, path)
	offsets := marks.Offsets()
	if len(offsets) < 5 {
		t.Errorf("found %d flashes and %d beeps", len(marks.Flashes), len(marks.Beeps))
	}
	t.Logf("sound later than picture: %v", offsets)
	for _, o := range offsets {
		if o.Abs() > tolerance {
			t.Errorf("sound is %v late", o)
		}
	}
	for i := 1; i < len(marks.Flashes); i++ {
		if d := marks.Flashes[i] - marks.Flashes[i-1]; (d - d.Round(time.Second)).Abs() > 50*time.Millisecond {
			t.Errorf("%v from one flash to the next", d)
		}
	}
}

func checkSnapshots(t *testing.T, r run, n *apptest.NGINX) {
	t.Helper()
	all := r.snapshots(t)
	if len(all) < 9 {
		t.Fatalf("%d lines of JSON in 10 s", len(all))
	}
	if report := all[len(all)-1]; !near(report.Uptime, 10, 1) || len(report.Outputs) != 1 || report.Outputs[0].Sent < 3e5 {
		t.Errorf("report: %+v", report)
	}
	s := all[len(all)-3]
	if s.State != "live" || len(s.Outputs) != 1 {
		t.Fatalf("live it says: %+v", s)
	}
	v, o := s.Video, s.Outputs[0]
	if !near(v.FPS, 30, 2) || v.Target != 1200 || !near(v.Kbps, 700, 600) || v.Encoder != "libx264" || v.Dropped != 0 {
		t.Errorf("video: %+v", v)
	}
	if s.Audio.Kbps <= 0 || s.Audio.Kbps > 200 || s.Audio.Level > 0 || s.Audio.Level < -60 || !near(s.Audio.Offset, 0, 40) {
		t.Errorf("audio: %+v", s.Audio)
	}
	if want := "rtmp://" + n.Addr + "/live"; o.URL != want {
		t.Errorf("url %q, want %q", o.URL, want)
	}
	if o.State != "live" || o.Reconnects != 0 || o.Cause != "" || o.Queue > 500 {
		t.Errorf("output: %+v", o)
	}
	// nginx acknowledges when it is asked to.
	if a := o.Ack; a.Window <= 0 || a.Acked <= 0 || a.Acked > o.Sent || a.InFlight < 0 || a.Style == "" {
		t.Errorf("acknowledgements: %+v of %d bytes", a, o.Sent)
	}
}

// TestStreamToFFmpeg publishes to a server that knows little of RTMP.
func TestStreamToFFmpeg(t *testing.T) {
	l := apptest.StartListener(t)
	r := tally(t, nil, "stream", "--video", "testcard", "--audio", "tone", "--url", l.URL,
		"--size", "640x360", "--video-bitrate", "800k", "--latency", "low", "--duration", "7s")
	r.succeed(t, 40*time.Second)
	received := l.File(t)
	checkMedia(t, received, 640, 360, 30, 2, 0)
	checkSync(t, received, 40*time.Millisecond)
	if v := apptest.Probe(t, received).Video; v != nil && v.BFrames != 0 {
		t.Error("B-frames at low latency")
	}
}

// TestStreamEncrypted goes through TLS, to a server whose authority the machine
// trusts, or that is given on the command line.
func TestStreamEncrypted(t *testing.T) {
	n := apptest.StartNGINX(t)
	authority, own := apptest.NewAuthority(t), apptest.NewAuthority(t)
	front := apptest.StartTLS(t, n.Addr, authority.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	mine := apptest.StartTLS(t, n.Addr, own.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	viewer := n.Watch(t, secret, 3*time.Second)
	r := tally(t, []string{"SSL_CERT_FILE=" + authority.File, "TALLY_KEY=" + secret}, "stream", "--video", "testcard",
		"--audio", "tone", "--url", "rtmps://"+front+"/live", "--size", "640x360", "--duration", "5s")
	r.succeed(t, 30*time.Second)
	r = tally(t, []string{"TALLY_KEY=private"}, "stream", "--video", "testcard", "--audio", "tone", "--ca", own.File,
		"--url", "rtmps://"+mine+"/live", "--size", "320x180", "--duration", "2s")
	r.succeed(t, 30*time.Second)
	if p := n.WaitEnded(t, "private", 5*time.Second); !p.Orderly {
		t.Error("the server saw no orderly end")
	}
	for args, status := range map[string]int{own.File: 0, "": 1, authority.File: 1, "no-such-file.pem": 2} {
		p := tally(t, nil, "probe", "--ca", args, "--url", "rtmps://"+mine+"/live")
		if got := p.Wait(t, 20*time.Second); got != status {
			t.Errorf("probe --ca %q: exit status %d, want %d: %s", args, got, status, p.stderr())
		}
	}
	if p := n.WaitEnded(t, secret, 5*time.Second); !p.Orderly {
		t.Error("the server saw no orderly end")
	}
	if m := apptest.Probe(t, viewer.File(t)); m.Video == nil || m.Audio == nil {
		t.Error("the viewer did not get picture and sound")
	}
}

// TestCtrlCEndsProperly interrupts a show that has no end of its own.
func TestCtrlCEndsProperly(t *testing.T) {
	n := apptest.StartNGINX(t)
	film := filepath.Join(t.TempDir(), "show.mkv")
	r := tally(t, nil, "stream", "--video", "testcard", "--audio", "tone", "--url", n.URL("live", secret),
		"--size", "640x360", "--record", film, "--json")
	r.until(t, 15*time.Second, "the show is live", func(s snapshot) bool { return s.State == "live" && s.Uptime > 3 })
	began := time.Now()
	r.interrupt()
	r.succeed(t, 10*time.Second)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v to end", took)
	}
	if p := n.WaitEnded(t, secret, 5*time.Second); !p.Orderly {
		t.Error("the server saw no orderly end")
	}
	if m := apptest.Probe(t, film); m.Video == nil || m.Audio == nil || m.Video.End < 3 {
		t.Errorf("the recording: %+v", m)
	}
}

// TestTwoDestinationsAndARecording is one show in three places; one of them
// fails, and the others do not mind.
func TestTwoDestinationsAndARecording(t *testing.T) {
	good, bad := apptest.StartNGINX(t), apptest.StartNGINX(t)
	for _, extension := range []string{".mkv", ".mp4"} {
		test := t
		t.Run(extension, func(t *testing.T) {
			film := filepath.Join(t.TempDir(), "show"+extension)
			key := "x" + extension[1:]
			r := tally(t, nil, "stream", "--video", "testcard", "--audio", "tone", "--url", good.URL("live", key),
				"--url", bad.URL("live", key), "--size", "640x360", "--record", film, "--duration", "9s", "--json")
			bad.WaitPublished(t, key, 1, 15*time.Second)
			r.until(t, 10*time.Second, "both are live", func(s snapshot) bool { return s.Uptime > 2 && len(s.Outputs) == 2 })
			bad.Kill()
			defer bad.Start(test) // for the other format
			r.until(t, 10*time.Second, "the loss of one server is seen", func(s snapshot) bool {
				return s.Outputs[1].State == "reconnecting" && s.Outputs[1].Cause != "" && s.Outputs[0].State == "live"
			})
			if status := r.Wait(t, 30*time.Second); status != 0 && status != 1 {
				t.Errorf("exit status %d", status)
			}
			if p := good.WaitEnded(t, key, 5*time.Second); !p.Orderly {
				t.Error("the server that stayed saw no orderly end")
			}
			checkMedia(t, film, 640, 360, 30, 2, 0)
			checkSync(t, film, 40*time.Millisecond)
			if m := apptest.Probe(t, film); m.Video != nil && !near(m.Video.End-m.Video.Begin, 9, 1.5) {
				t.Errorf("the recording lasts %.1f s", m.Video.End-m.Video.Begin)
			}
		})
	}
}

// TestReconnect kills the server and brings it back: the show goes on.
func TestReconnect(t *testing.T) {
	n := apptest.StartNGINX(t)
	r := tally(t, nil, "stream", "--video", "testcard", "--audio", "tone", "--url", n.URL("live", secret),
		"--size", "640x360", "--json")
	r.until(t, 15*time.Second, "the show is live", func(s snapshot) bool { return s.State == "live" && s.Uptime > 2 })
	n.Kill()
	s := r.until(t, 10*time.Second, "it says that it reconnects", func(s snapshot) bool { return s.State == "reconnecting" })
	if o := s.Outputs[0]; o.Cause == "" || o.State != "reconnecting" {
		t.Errorf("it does not say why: %+v", o)
	}
	n.Start(t)
	r.until(t, 15*time.Second, "it is live again", func(s snapshot) bool {
		return s.State == "live" && s.Outputs[0].State == "live" && s.Outputs[0].Reconnects == 1
	})
	n.WaitPublished(t, secret, 2, 5*time.Second)
	seen := n.Watch(t, secret, 4*time.Second).File(t)
	checkSyncAfter(t, seen)
	r.interrupt()
	r.succeed(t, 10*time.Second)
	if p := n.WaitEnded(t, secret, 5*time.Second); !p.Orderly {
		t.Error("the server saw no orderly end")
	}
}

// checkSyncAfter wants the few seconds after a reconnect to begin with a key
// frame and to be in step.
func checkSyncAfter(t *testing.T, path string) {
	t.Helper()
	if v := apptest.Probe(t, path).Video; v == nil || !v.FirstIsKey || !near(v.FPS, 30, 2) {
		t.Errorf("after the reconnect: %+v", v)
	}
	offsets := apptest.FlashAndBeep(t, path).Offsets()
	if len(offsets) == 0 {
		t.Error("no flash and beep after the reconnect")
	}
	for _, o := range offsets {
		if o.Abs() > 40*time.Millisecond {
			t.Errorf("sound is %v late", o)
		}
	}
}

// TestFileToItsEnd streams a film at its own pace; the show ends with it.
func TestFileToItsEnd(t *testing.T) {
	n := apptest.StartNGINX(t)
	film := apptest.MakeFilm(t, "640x360", 30, 8)
	viewer := n.Watch(t, secret, 6*time.Second)
	began := time.Now()
	r := tally(t, nil, "stream", "--video", "file:"+film, "--audio", "file:"+film, "--url", n.URL("live", secret), "--size", "640x360")
	r.succeed(t, 40*time.Second)
	if took := time.Since(began); took < 7*time.Second || took > 14*time.Second {
		t.Errorf("a film of 8 s took %v", took)
	}
	seen := viewer.File(t)
	checkMedia(t, seen, 640, 360, 30, 2, 0)
	checkSync(t, seen, 40*time.Millisecond)
	if p := n.WaitEnded(t, secret, 5*time.Second); !p.Orderly {
		t.Error("the server saw no orderly end")
	}
}

// TestLoopAndOffset repeats a film with its sound shifted, and ends by the clock.
func TestLoopAndOffset(t *testing.T) {
	n := apptest.StartNGINX(t)
	film := apptest.MakeFilm(t, "320x180", 30, 4)
	viewer := n.Watch(t, secret, 9*time.Second)
	r := tally(t, nil, "stream", "--video", "file:"+film, "--audio", "file:"+film, "--loop", "--audio-offset", "200ms",
		"--url", n.URL("live", secret), "--size", "320x180", "--duration", "11s")
	r.succeed(t, 40*time.Second)
	offsets := apptest.FlashAndBeep(t, viewer.File(t)).Offsets()
	if len(offsets) < 6 {
		t.Errorf("only %d flashes with a beep in a film that repeats", len(offsets))
	}
	for _, off := range offsets {
		if (off - 200*time.Millisecond).Abs() > 40*time.Millisecond {
			t.Errorf("a beep comes %v after its flash, want 200 ms", off)
		}
	}
}

// TestScreenAndMicrophone streams what a real X screen shows and a real
// PulseAudio source hears.
func TestScreenAndMicrophone(t *testing.T) {
	n := apptest.StartNGINX(t)
	desktop, sound := apptest.StartDesktop(t, "640x360"), apptest.StartSound(t)
	film := apptest.MakeFilm(t, "640x360", 30, 60)
	desktop.Play(t, film, sound)
	env := append([]string{"DISPLAY=" + desktop.Display}, sound.Env()...)
	devices := tally(t, env, "devices")
	devices.succeed(t, 15*time.Second)
	for _, kind := range []string{"screen:", "mic:"} {
		if !strings.Contains(devices.stdout(), kind) {
			t.Errorf("tally devices does not list a %s:\n%s", kind, devices.stdout())
		}
	}
	// The player stutters when the machine is busy for a moment, and whatever films its screen
	// shows that: what is wrong with the show itself is wrong each time.
	const tries = 4
	for try := 1; ; try++ {
		key := fmt.Sprint(secret, try)
		viewer := n.Watch(t, key, 8*time.Second)
		r := tally(t, env, "stream", "--video", "screen", "--audio", "mic", "--url", n.URL("live", key),
			"--size", "640x360", "--preset", "ultrafast", "--duration", "11s", "--json")
		r.succeed(t, 40*time.Second)
		for _, s := range r.snapshots(t)[3:] {
			if s.State == "live" && s.Audio.Level < -90 {
				t.Errorf("the meter is dead while the microphone hears something: %+v", s.Audio)
				break
			}
		}
		seen := viewer.File(t)
		fault := stutter(t, seen)
		if fault == "" {
			checkMedia(t, seen, 640, 360, 30, 2, 0)
			return
		}
		t.Logf("try %d: %s", try, fault)
		if try == tries {
			t.Fatalf("%d times: %s", tries, fault)
		}
	}
}

// stutter says what is wrong with the movement and the sound of a filmed screen. The player and
// the sound server have delays of their own, which the show cannot know, and the player is now
// and then late: so the offset of most seconds counts.
func stutter(t *testing.T, file string) string {
	if m := apptest.Moving(t, file); m < 0.8 {
		return fmt.Sprintf("the screen moves 30 times a second, %.0f %% of the pictures sent do", 100*m)
	}
	marks := apptest.FlashAndBeep(t, file)
	offsets := marks.Offsets()
	if len(offsets) < 5 {
		return fmt.Sprintf("seen %d flashes, heard %d beeps", len(marks.Flashes), len(marks.Beeps))
	}
	slices.Sort(offsets)
	median, close := offsets[len(offsets)/2], 0
	for _, o := range offsets {
		if (o - median).Abs() < 60*time.Millisecond {
			close++
		}
	}
	if median.Abs() > 150*time.Millisecond || close*3 < len(offsets)*2 {
		return fmt.Sprintf("sound and picture are not in step: %v", offsets)
	}
	return ""
}

// TestRehearsal needs no server but the one that Tally brings along.
func TestRehearsal(t *testing.T) {
	r := tally(t, nil, "stream", "--url", "rehearsal", "--video", "testcard", "--audio", "tone", "--size", "640x360", "--duration", "6s", "--json")
	r.succeed(t, 30*time.Second)
	report := r.snapshots(t)
	if len(report) == 0 || !strings.Contains(r.stdout(), `"rehearsal"`) {
		t.Errorf("no report of the rehearsal")
	}
}
