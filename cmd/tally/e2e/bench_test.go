package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

const (
	benchSeconds = 15
	benchFPS     = 30
	// benchTries is how often a program is started again that did not get the machine
	// it needs: a run that did not do the work is no measurement.
	benchTries = 4
)

// work is what both programs do: these sources, as this stream, to the same server.
type work struct {
	name, size, bitrate string
	tally, ffmpeg       []string // arguments for the sources
	env                 []string
}

// cost is what one program took for one stream.
type cost struct {
	cpu       float64 // seconds of processor time per second of stream
	mib       float64 // peak of resident memory
	fps, kbps float64 // what a viewer got, to see that both did the work
	moving    float64 // share of the pictures that were new
}

func (c cost) didTheWork() bool { return c.fps >= benchFPS*0.9 && c.moving >= 0.8 }

// giveUp ends a comparison after the last try.
func (c cost) giveUp(b *testing.B, name string) {
	b.Helper()
	b.Fatalf("%s sent %.1f frames a second, %.0f %% of them new, at the %dth try too: this machine cannot do the work to compare", name, c.fps, 100*c.moving, benchTries)
}

// BenchmarkAgainstFFmpeg streams a playing screen with a microphone, and what a
// camera for MJPEG delivers, with tally and with ffmpeg, in turns, and compares what
// they take of the machine. One pair is one iteration: make bench PAIRS=5.
func BenchmarkAgainstFFmpeg(b *testing.B) {
	for _, size := range []struct{ name, size, bitrate string }{{"720p30", "1280x720", "2500k"}, {"1080p30", "1920x1080", "4500k"}} {
		b.Run("screen "+size.name, func(b *testing.B) {
			desktop, sound := apptest.StartDesktop(b, size.size), apptest.StartSound(b)
			// The film is 720p on the larger desktop too: two cores do not play more beside the work.
			desktop.PlayInWindow(b, apptest.MakeFilm(b, "1280x720", benchFPS, 60), sound)
			compare(b, work{
				name: size.name, size: size.size, bitrate: size.bitrate,
				tally: []string{"--video", "screen", "--audio", "mic"},
				ffmpeg: []string{
					"-thread_queue_size", "64", "-f", "x11grab", "-framerate", strconv.Itoa(benchFPS), "-video_size", size.size, "-i", desktop.Display,
					"-thread_queue_size", "64", "-f", "pulse", "-i", "default",
				},
				env: append([]string{"DISPLAY=" + desktop.Display}, sound.Env()...),
			})
		})
	}
	b.Run("camera MJPEG 720p30", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "camera.mkv")
		makeMJPEG(b, path)
		compare(b, work{
			name: "camera", size: "1280x720", bitrate: "2500k",
			tally:  []string{"--video", "file:" + path, "--audio", "file:" + path},
			ffmpeg: []string{"-re", "-i", path},
		})
	})
}

// makeMJPEG makes what a camera records: JPEG pictures with noise, and plain sound.
func makeMJPEG(b *testing.B, path string) {
	b.Helper()
	out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=1280x720:rate=%d,noise=alls=8:allf=t+u,format=yuvj422p", benchFPS),
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000,aformat=channel_layouts=stereo",
		"-t", strconv.Itoa(benchSeconds+6), "-c:v", "mjpeg", "-q:v", "4", "-huffman", "default", "-c:a", "pcm_s16le", "-y", path).CombinedOutput()
	if err != nil {
		b.Fatalf("ffmpeg: %v: %s", err, out)
	}
}

// compare lets both programs do the work in turns.
func compare(b *testing.B, w work) {
	n := apptest.StartNGINX(b)
	url := n.URL("live", "bench")
	env := append(apptest.Env(b.TempDir()), w.env...)
	contenders := []struct {
		name string
		args []string
	}{
		{"tally", append(append([]string{program, "stream"}, w.tally...),
			"--url", url, "--size", w.size, "--fps", strconv.Itoa(benchFPS), "--video-bitrate", w.bitrate, "--audio-bitrate", "160k",
			"--keyframe", "2s", "--preset", "veryfast", "--encoder", "x264", "--keep-up", "off", "--duration", fmt.Sprintf("%ds", benchSeconds))},
		{"ffmpeg", append(append([]string{"ffmpeg", "-nostdin", "-loglevel", "error"}, w.ffmpeg...),
			"-c:v", "libx264", "-preset", "veryfast", "-b:v", w.bitrate, "-maxrate", w.bitrate, "-bufsize", w.bitrate,
			"-g", strconv.Itoa(2*benchFPS), "-pix_fmt", "yuv420p",
			"-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2", "-t", strconv.Itoa(benchSeconds), "-f", "flv", url)},
	}
	var total [2]cost
	pairs := 0
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-8s %-8s %12s %10s %8s %8s %10s\n", "pair", "", "CPU s/s", "peak MiB", "fps", "new", "kbit/s")
	defer func() { b.Log(table.String()) }()
	for b.Loop() {
		pairs++
		for turn := range contenders {
			i := (turn + pairs) % 2 // whoever goes first, the other does next time
			c, remark := cost{}, ""
			for try := 1; ; try++ {
				c = measure(b, n, env, contenders[i].args)
				if remark = ""; !c.didTheWork() {
					remark = " not the work to compare: once more"
				}
				fmt.Fprintf(&table, "%-8d %-8s %12.3f %10.1f %8.2f %7.0f%% %10.0f%s\n", pairs, contenders[i].name, c.cpu, c.mib, c.fps, 100*c.moving, c.kbps, remark)
				if c.didTheWork() {
					break
				}
				if try == benchTries {
					c.giveUp(b, contenders[i].name)
				}
			}
			total[i].cpu += c.cpu
			total[i].mib = max(total[i].mib, c.mib)
		}
	}
	tally, ffmpeg := total[0], total[1]
	fmt.Fprintf(&table, "%-8s %-8s %11.2f× %9.2f×\n", "ratio", "", tally.cpu/ffmpeg.cpu, tally.mib/ffmpeg.mib)
	b.ReportMetric(0, "ns/op") // how long a pair takes says nothing
	b.ReportMetric(tally.cpu/float64(pairs), "tally-cpu-s/s")
	b.ReportMetric(ffmpeg.cpu/float64(pairs), "ffmpeg-cpu-s/s")
	b.ReportMetric(tally.cpu/ffmpeg.cpu, "cpu-ratio")
	b.ReportMetric(tally.mib, "tally-MiB")
	b.ReportMetric(ffmpeg.mib, "ffmpeg-MiB")
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
