package app

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/encoder"
	"tally/encoder/encodertest"
	"tally/rtmpout/rtmptest"
)

// toServer sets a studio up for shows to one server.
func toServer(o *Options, url string) {
	o.Settings.Destinations = append(o.Settings.Destinations, Destination{ID: url, Name: "Server", URL: url, Enabled: true})
	o.Keys.(MemoryKeys)[url] = NewKey(testKey)
}

// The hardware's encoder fails while viewers watch: they get pictures from x264
// within two seconds, over the same connection, and the recording goes on.
func TestHardwareFailsOnAir(t *testing.T) {
	for name, fault := range map[string]encodertest.Fault{"error": encodertest.Gone, "mute": encodertest.Mute, "stuck": encodertest.Stuck} {
		t.Run(name, func(t *testing.T) {
			hardware := encodertest.Install(t)
			n := apptest.StartNGINX(t)
			path := filepath.Join(t.TempDir(), "show.mkv")
			s := testStudio(t, func(o *Options) {
				toServer(o, strings.TrimSuffix(n.URL("live", ""), "/"))
				o.RecordPath = path
				o.Settings.Video.LowLatency = true
			})
			viewer := n.Watch(t, testKey, 8*time.Second)
			s.GoLive()
			on := await(t, s, "live", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Uptime > Seconds(3*time.Second) })
			if on.Video.Encoder != encodertest.Name {
				t.Fatalf("it encodes with %s", on.Video.Encoder)
			}
			hardware.Break(fault)
			began := time.Now()
			after := await(t, s, "with another encoder", 5*time.Second, func(s Snapshot) bool { return s.Video.Encoder == "libx264" })
			t.Logf("after %v: %v", time.Since(began), after.Problems)
			if p := after.Video.Problem; !strings.Contains(p.Title.String(), encodertest.Name) || !strings.Contains(p.Title.String(), "libx264") || len(after.Problems) == 0 {
				t.Errorf("it says %+v", after.Problems)
			}
			seen := viewer.File(t)
			s.End()
			end := await(t, s, "ended", 5*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
			if o := end.Report.Outputs[0]; o.Reconnects != 0 || end.Report.Video.Encoder != "libx264" {
				t.Errorf("report: %+v", end.Report)
			}
			if pub := n.WaitEnded(t, testKey, 5*time.Second); !pub.Orderly {
				t.Errorf("the server saw no orderly end")
			}
			parts := end.Report.Record.Parts // files have one set of parameters each
			if len(parts) != 2 {
				t.Errorf("the recording has the parts %v", parts)
			}
			for _, file := range append([]string{seen}, parts...) {
				m := apptest.Probe(t, file)
				if m.Video == nil || m.Audio == nil {
					t.Fatalf("%s: %+v", file, m)
				}
				if m.Video.LongestGap > 2 || m.Audio.LongestGap > 0.1 {
					t.Errorf("%s: %.1f s without a picture, %.1f s without sound", filepath.Base(file), m.Video.LongestGap, m.Audio.LongestGap)
				}
				if out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", file, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
					t.Errorf("%s cannot be decoded: %v: %s", filepath.Base(file), err, out)
				}
			}
		})
	}
}

// Every pair of codecs rehearses, and is recorded as what it is.
func TestCodecs(t *testing.T) {
	for _, c := range []struct {
		video, audio      encoder.Codec
		ext, name, encode string
	}{
		{encoder.HEVC, encoder.AAC, ".mkv", "HEVC Main", "libx265"},
		{encoder.HEVC, encoder.Opus, ".mp4", "HEVC Main", "libx265"},
		{encoder.AV1, encoder.Opus, ".mkv", "AV1 Main", "libsvtav1"},
		{encoder.AV1, encoder.AAC, ".mp4", "AV1 Main", "libsvtav1"},
		{encoder.H264, encoder.Opus, ".mkv", "H.264", "libx264"},
	} {
		t.Run(string(c.video+" "+c.audio), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "show"+c.ext)
			s := testStudio(t, func(o *Options) {
				o.Settings.Video.Codec, o.Settings.Audio.Codec = string(c.video), string(c.audio)
				o.Settings.Video.FPS = 15 // for machines that do something else beside
				o.RecordPath = path
			})
			s.GoLive()
			got := await(t, s, "rehearsing", 30*time.Second, func(s Snapshot) bool {
				return s.State == Live && s.Rehearsal.KeyIntervalMs > 0 && s.Rehearsal.AudioCodec != "" && s.Recording.Seconds > 3
			})
			r := got.Rehearsal
			if !strings.HasPrefix(r.VideoCodec, c.name) || !strings.HasPrefix(r.AudioCodec, c.audio.String()) || r.Width != 320 || r.Height != 180 || len(r.Faults) > 0 {
				t.Errorf("received %+v", r)
			}
			if got.Video.Encoder != c.encode {
				t.Errorf("encoded by %s", got.Video.Encoder)
			}
			s.End()
			await(t, s, "ended", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
			m := apptest.Probe(t, path)
			if m.Video == nil || m.Audio == nil || m.Video.Codec != string(c.video) || m.Audio.Codec != string(c.audio) || m.Video.Space != "bt709" || m.Video.Range != "tv" {
				t.Fatalf("recorded %+v %+v", m.Video, m.Audio)
			}
			if out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("the recording cannot be decoded: %v: %s", err, out)
			}
		})
	}
}

// A server that takes only H.264 says no to HEVC in words, and keeps nobody else
// from getting it.
func TestServerTakesOnlyH264(t *testing.T) {
	n := apptest.StartNGINX(t)
	modern, err := rtmptest.Listen(rtmptest.Config{FourCCs: []string{"hvc1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer modern.Close()
	s := testStudio(t, func(o *Options) {
		o.Settings.Video.Codec, o.Settings.Video.FPS = "hevc", 15
		toServer(o, strings.TrimSuffix(n.URL("live", ""), "/"))
		toServer(o, modern.URL("live"))
	})
	s.GoLive()
	got := await(t, s, "refused by one", 20*time.Second, func(s Snapshot) bool {
		return len(s.Outputs) == 2 && s.Outputs[0].State == Refused && s.Outputs[1].State == Live
	})
	p := got.Outputs[0].Problem
	if !strings.Contains(p.Title.String(), "only H.264") || !strings.Contains(p.Title.String(), "HEVC") || p.Retry || got.State != Live {
		t.Errorf("%s: %+v", got.State, p)
	}
	t.Log(p)
	s.End()
	await(t, s, "ended", 5*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
}
