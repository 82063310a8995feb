package e2e

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// The work that both programs do: this screen and this microphone, as this
// stream, to the same server.
const (
	benchSize    = "1280x720"
	benchSeconds = 15
	benchFPS     = 30
)

// cost is what one program took for one stream.
type cost struct {
	cpu       float64 // seconds of processor time per second of stream
	mib       float64 // peak of resident memory
	fps, kbps float64 // what a viewer got, to see that both did the work
	moving    float64 // share of the pictures that were new
}

// BenchmarkAgainstFFmpeg streams a playing screen and a microphone with tally
// and with ffmpeg, in turns, and compares what they take of the machine. One
// pair is one iteration: make bench PAIRS=5.
func BenchmarkAgainstFFmpeg(b *testing.B) {
	n := apptest.StartNGINX(b)
	desktop, sound := apptest.StartDesktop(b, benchSize), apptest.StartSound(b)
	desktop.Play(b, apptest.MakeFilm(b, benchSize, benchFPS, 60), sound)
	env := append(append(apptest.Env(b.TempDir()), "DISPLAY="+desktop.Display), sound.Env()...)
	url := n.URL("live", "bench")

	contenders := []struct {
		name string
		args []string
	}{
		{"tally", []string{
			program, "stream", "--video", "screen", "--audio", "mic", "--url", url, "--size", benchSize,
			"--fps", strconv.Itoa(benchFPS), "--video-bitrate", "2500k", "--audio-bitrate", "160k", "--keyframe", "2s",
			"--preset", "veryfast", "--encoder", "x264", "--duration", fmt.Sprintf("%ds", benchSeconds),
		}},
		{"ffmpeg", []string{
			"ffmpeg", "-nostdin", "-loglevel", "error",
			"-thread_queue_size", "64", "-f", "x11grab", "-framerate", strconv.Itoa(benchFPS), "-video_size", benchSize, "-i", desktop.Display,
			"-thread_queue_size", "64", "-f", "pulse", "-i", "default",
			"-c:v", "libx264", "-preset", "veryfast", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k",
			"-g", strconv.Itoa(2 * benchFPS), "-pix_fmt", "yuv420p",
			"-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2",
			"-t", strconv.Itoa(benchSeconds), "-f", "flv", url,
		}},
	}
	var total [2]cost
	pairs := 0
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-8s %-8s %12s %10s %8s %8s %10s\n", "pair", "", "CPU s/s", "peak MiB", "fps", "new", "kbit/s")
	for b.Loop() {
		pairs++
		for turn := range contenders {
			i := (turn + pairs) % 2 // whoever goes first, the other does next time
			c := measure(b, n, env, contenders[i].args)
			total[i].cpu += c.cpu
			total[i].mib = max(total[i].mib, c.mib)
			fmt.Fprintf(&table, "%-8d %-8s %12.3f %10.1f %8.2f %7.0f%% %10.0f\n", pairs, contenders[i].name, c.cpu, c.mib, c.fps, 100*c.moving, c.kbps)
			if c.fps < benchFPS*0.9 || c.moving < 0.8 {
				b.Errorf("%s sent %.1f frames a second, %.0f %% of them new: that is not the work to compare", contenders[i].name, c.fps, 100*c.moving)
			}
		}
	}
	tally, ffmpeg := total[0], total[1]
	fmt.Fprintf(&table, "%-8s %-8s %11.2f× %9.2f×\n", "ratio", "", tally.cpu/ffmpeg.cpu, tally.mib/ffmpeg.mib)
	b.Log(table.String())
	b.ReportMetric(0, "ns/op") // how long a pair takes says nothing
	b.ReportMetric(tally.cpu/float64(pairs), "tally-cpu-s/s")
	b.ReportMetric(ffmpeg.cpu/float64(pairs), "ffmpeg-cpu-s/s")
	b.ReportMetric(tally.cpu/ffmpeg.cpu, "cpu-ratio")
	b.ReportMetric(tally.mib/ffmpeg.mib, "memory-ratio")
}

func measure(b *testing.B, n *apptest.NGINX, env, args []string) cost {
	b.Helper()
	viewer := n.Watch(b, "bench", (benchSeconds-4)*time.Second)
	path, err := exec.LookPath(args[0])
	if err != nil {
		b.Fatal(err)
	}
	p := apptest.Start(b, env, path, args[1:]...)
	if status := p.Wait(b, (benchSeconds+30)*time.Second); status != 0 {
		b.Fatalf("%s: status %d: %s", args[0], status, p.Output())
	}
	cpu, peak := p.Usage()
	seen := viewer.File(b)
	m := apptest.Probe(b, seen)
	if m.Video == nil || m.Audio == nil {
		b.Fatalf("%s: the viewer did not get picture and sound", args[0])
	}
	return cost{
		cpu: cpu.Seconds() / benchSeconds, mib: float64(peak) / (1 << 20),
		fps: m.Video.FPS, kbps: m.Video.Kbps + m.Audio.Kbps, moving: apptest.Moving(b, seen),
	}
}
