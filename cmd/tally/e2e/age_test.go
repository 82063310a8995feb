package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"tally/app/apptest"
	"tally/rtmpout/rtmptest"
)

// BenchmarkAge measures how old the picture is when its last byte is at the server:
// the screen flashes once a second, which is seen on the screen itself and, by the
// time at which the message with that picture was whole, at the server.
func BenchmarkAge(b *testing.B) {
	const size, seconds = "1280x720", 12
	desktop, sound := apptest.StartDesktop(b, size), apptest.StartSound(b)
	desktop.Play(b, apptest.MakeFilm(b, size, benchFPS, 60), sound)
	env := append(append(apptest.Env(b.TempDir()), "DISPLAY="+desktop.Display), sound.Env()...)
	tally := func(latency string) func(string) []string {
		return func(url string) []string {
			return []string{
				program, "stream", "--video", "screen", "--audio", "mic", "--url", url, "--size", size, "--fps", strconv.Itoa(benchFPS),
				"--video-bitrate", "2500k", "--encoder", "x264", "--latency", latency, "--duration", fmt.Sprintf("%ds", seconds),
			}
		}
	}
	ffmpeg := func(extra ...string) func(string) []string {
		return func(url string) []string {
			args := []string{
				"ffmpeg", "-nostdin", "-loglevel", "error",
				"-thread_queue_size", "64", "-f", "x11grab", "-framerate", strconv.Itoa(benchFPS), "-video_size", size, "-i", desktop.Display,
				"-thread_queue_size", "64", "-f", "pulse", "-i", "default", "-c:v", "libx264", "-preset", "veryfast",
				"-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k", "-g", strconv.Itoa(2 * benchFPS), "-pix_fmt", "yuv420p",
			}
			return append(append(args, extra...), "-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2", "-t", strconv.Itoa(seconds), "-f", "flv", url)
		}
	}
	for _, c := range []struct {
		name string
		args func(url string) []string
	}{
		{"tally low", tally("low")}, {"tally normal", tally("normal")}, {"ffmpeg", ffmpeg()}, {"ffmpeg zerolatency", ffmpeg("-tune", "zerolatency")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ages []time.Duration
			for b.Loop() {
				at := &arrivals{times: map[uint32]time.Time{}}
				server, err := rtmptest.Listen(rtmptest.Config{Publish: func(rtmptest.Publication) (rtmptest.Receiver, error) { return at, nil }})
				if err != nil {
					b.Fatal(err)
				}
				stop := watchFlashes(b, desktop.Display)
				args := c.args(server.URL("live") + "/bench")
				p := apptest.Start(b, env, args[0], args[1:]...)
				if status := p.Wait(b, (seconds+30)*time.Second); status != 0 {
					b.Fatalf("status %d: %s", status, p.Output())
				}
				flashes := stop()
				server.Close()
				ages = append(ages, at.ages(b, flashes)...)
			}
			if len(ages) < 5 {
				b.Fatalf("%d flashes were seen", len(ages))
			}
			slices.Sort(ages)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ages[len(ages)/2].Milliseconds()), "median-ms")
			b.ReportMetric(float64(ages[len(ages)-1].Milliseconds()), "worst-ms")
		})
	}
}

// arrivals is what a server got, as a file, and when each picture was whole.
type arrivals struct {
	mu    sync.Mutex
	flv   bytes.Buffer
	times map[uint32]time.Time // by time of presentation, in ms
}

// Message takes one message as a tag of FLV, Annex E.4.1.
func (a *arrivals) Message(m rtmptest.Message) error {
	now := time.Now()
	if m.Type != rtmptest.TypeVideo && m.Type != rtmptest.TypeAudio {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.flv.Len() == 0 {
		a.flv.Write([]byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0})
	}
	head := []byte{byte(m.Type), byte(len(m.Data) >> 16), byte(len(m.Data) >> 8), byte(len(m.Data)), byte(m.Time >> 16), byte(m.Time >> 8), byte(m.Time), byte(m.Time >> 24), 0, 0, 0}
	a.flv.Write(head)
	a.flv.Write(m.Data)
	a.flv.Write(binary.BigEndian.AppendUint32(nil, uint32(len(head)+len(m.Data))))
	if m.Type == rtmptest.TypeVideo && len(m.Data) > 5 && m.Data[1] == 1 {
		later := uint32(m.Data[2])<<16 | uint32(m.Data[3])<<8 | uint32(m.Data[4])
		a.times[m.Time+later] = now
	}
	return nil
}

func (a *arrivals) End(error) {}

// ages are those of the pictures with which flashes began, except the first: the
// program has just started then.
func (a *arrivals) ages(b *testing.B, flashes []time.Time) (all []time.Duration) {
	path := filepath.Join(b.TempDir(), "got.flv")
	if err := os.WriteFile(path, a.flv.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, shown := range apptest.FlashAndBeep(b, path).Flashes {
		when := time.Time{}
		for pts, t := range a.times { // ffmpeg may begin to count with the first picture
			if d := shown - time.Duration(pts)*time.Millisecond; d.Abs() <= time.Millisecond {
				when = t
			}
		}
		for _, f := range slices.Backward(flashes) {
			if age := when.Sub(f); age > 0 && age < 5*time.Second {
				all = append(all, age)
				break
			}
		}
	}
	return all[min(2, len(all)):]
}

// watchFlashes looks at one point of the screen each 2 ms, until the function that it
// returns is called, which tells when it became white.
func watchFlashes(b *testing.B, display string) func() []time.Time {
	b.Helper()
	x, err := xgb.NewConnDisplay(display)
	if err != nil {
		b.Fatal(err)
	}
	root := xproto.Setup(x).DefaultScreen(x).Root
	ending, done := make(chan struct{}), make(chan []time.Time, 1)
	go func() {
		var flashes []time.Time
		white := false
		look := time.NewTicker(2 * time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-ending:
				done <- flashes
				return
			case <-look.C:
			}
			img, err := xproto.GetImage(x, xproto.ImageFormatZPixmap, xproto.Drawable(root), 320, 120, 1, 1, ^uint32(0)).Reply()
			if err != nil || len(img.Data) < 3 {
				continue
			}
			now := min(img.Data[0], img.Data[1], img.Data[2]) > 230
			if now && !white {
				flashes = append(flashes, time.Now())
			}
			white = now
		}
	}()
	return func() []time.Time {
		close(ending)
		flashes := <-done
		x.Close()
		return flashes
	}
}
