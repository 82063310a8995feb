package microphone

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/app/apptest"
	"tally/capture"
	"tally/capture/capturetest"
)

// server is a private PulseAudio.
type server struct {
	t   *testing.T
	cmd *exec.Cmd
}

// startServer starts PulseAudio with null sinks; their monitors can be captured.
func startServer(t *testing.T, modules ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("pulseaudio"); err != nil {
		t.Fatal("this test needs PulseAudio (Debian: pulseaudio, pulseaudio-utils)")
	}
	dir, err := os.MkdirTemp("", "pulse") // a short path: it has to hold a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("HOME", dir)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(dir, "pulse", "native"))
	s := &server{t: t}
	s.start(modules...)
	return s
}

func (s *server) start(modules ...string) {
	s.t.Helper()
	args := []string{"-n", "--exit-idle-time=-1", "--daemonize=no", "--use-pid-file=no", "-L", "module-native-protocol-unix"}
	for _, m := range modules {
		args = append(args, "-L", m)
	}
	s.cmd = exec.Command("pulseaudio", args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.kill)
	for range 100 {
		if exec.Command("pactl", "info").Run() == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatal("pulseaudio does not answer")
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func (s *server) pactl(args ...string) {
	s.t.Helper()
	if out, err := exec.Command("pactl", args...).CombinedOutput(); err != nil {
		s.t.Fatalf("pactl %q: %v: %s", args, err, out)
	}
}

// sine is some seconds of 32-bit floats, the same in each channel.
func sine(rate, channels int, hertz, peak float64, seconds int) []byte {
	second := make([]byte, 0, 4*rate*channels)
	for i := range rate { // repeated: whole periods
		v := math.Float32bits(float32(peak * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate))))
		for range channels {
			second = binary.LittleEndian.AppendUint32(second, v)
		}
	}
	return bytes.Repeat(second, seconds)
}

// play plays a sine into a sink until the test ends.
func play(t *testing.T, sink string, rate, channels int, hertz, peak float64) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sine.raw")
	if err := os.WriteFile(file, sine(rate, channels, hertz, peak, 30), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("paplay", "-d", sink, "--raw", "--format=float32le", "--rate", strconv.Itoa(rate), "--channels", strconv.Itoa(channels), file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

const (
	monoSink   = "module-null-sink sink_name=mono rate=44100 channels=1 sink_properties=device.description=Mono"
	stereoSink = "module-null-sink sink_name=stereo rate=48000 channels=2 sink_properties=device.description=Stereo"
	wideSink   = "module-null-sink sink_name=wide rate=96000 channels=6 sink_properties=device.description=Wide"
)

func TestDevicesOfPulseAudio(t *testing.T) {
	startServer(t, stereoSink, monoSink)
	all, err := Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 {
		t.Fatalf("%d devices: %+v", len(all), all)
	}
	for _, d := range all {
		want := capture.Format{Rate: 48000, Channels: 2}
		if d.ID == "mono.monitor" {
			want = capture.Format{Rate: 44100, Channels: 1}
		}
		if !strings.HasSuffix(d.ID, ".monitor") || !strings.HasPrefix(d.Name, "Sound of this computer (") || !d.Desktop || d.Kind != capture.KindMicrophone ||
			len(d.Formats) != 1 || d.Formats[0] != want {
			t.Errorf("%+v", d)
		}
	}
	if all[0].Default == all[1].Default {
		t.Error("there is not one default device")
	}
}

func TestPulseAudioContract(t *testing.T) {
	startServer(t, stereoSink)
	play(t, "stereo", 48000, 2, 440, 0.5)
	capturetest.Contract(t, capturetest.Want{
		Open:  func(c capture.Clock) capture.Source { return Open("", c) },
		Audio: true, Late: 60 * time.Millisecond, Share: 0.97,
	})
}

// sound is what was captured.
type sound struct {
	data     []float32
	rate     int
	channels int
	pts, end time.Duration
	worst    time.Duration // difference of a stamp to the end of the block before
}

// record captures for some time.
func record(t *testing.T, id string, length time.Duration) sound {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var s sound
	err := Open(id, capture.NewClock()).Run(ctx, capture.Sink{Audio: func(b *capture.Samples) {
		if s.data == nil {
			s.rate, s.channels, s.pts = b.Rate, b.Channels, b.PTS
		} else {
			s.worst = max(s.worst, (b.PTS - s.end).Abs())
		}
		s.end = b.PTS + b.Duration()
		s.data = append(s.data, b.Data...)
		b.Release()
	}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Run: %v", err)
	}
	return s
}

// checkSine holds that a channel is one unbroken sine: each sample follows from the two
// before, which a break, a repeat or a lost block would not. A break shows in two samples.
func checkSine(t *testing.T, s sound, channel int, hertz, peak float64, allowed int) {
	t.Helper()
	frames := len(s.data) / s.channels
	at := func(i int) float64 { return float64(s.data[i*s.channels+channel]) }
	turn := 2 * math.Cos(2*math.Pi*hertz/float64(s.rate))
	breaks, power := 0, 0.0
	for i := 2; i < frames; i++ {
		power += at(i) * at(i)
		if math.Abs(at(i)-(turn*at(i-1)-at(i-2))) > 0.01*peak {
			if breaks++; breaks < 5 {
				t.Logf("channel %d: break at frame %d: %v %v %v", channel, i, at(i-2), at(i-1), at(i))
			}
		}
	}
	rms := math.Sqrt(power / float64(frames))
	if want := peak / math.Sqrt2; math.Abs(rms-want) > 0.02*want {
		t.Errorf("channel %d: RMS %.4f, want %.4f", channel, rms, want)
	}
	if breaks > 2*allowed {
		t.Errorf("channel %d: %d breaks in %d frames", channel, breaks, frames)
	}
}

func TestSineComesThroughUnbroken(t *testing.T) {
	startServer(t, stereoSink, monoSink, wideSink)
	for _, c := range []struct {
		sink                 string
		rate, channels, kept int
	}{{"stereo", 48000, 2, 2}, {"mono", 44100, 1, 1}, {"wide", 96000, 6, 6}} {
		t.Run(c.sink, func(t *testing.T) {
			play(t, c.sink, c.rate, c.channels, 440, 0.5)
			time.Sleep(500 * time.Millisecond) // until it sounds
			s := record(t, c.sink+".monitor", 5*time.Second)
			if s.rate != c.rate || s.channels != c.kept {
				t.Fatalf("%d Hz, %d channels", s.rate, s.channels)
			}
			for channel := range s.channels {
				checkSine(t, s, channel, 440, 0.5, 0)
			}
			counted := time.Duration(len(s.data)/s.channels) * time.Second / time.Duration(s.rate)
			if got := s.end - s.pts; (got-counted).Abs() > 15*time.Millisecond || counted < 2*time.Second {
				t.Errorf("stamps say %v, samples %v", got, counted)
			}
			if s.worst > 500*time.Microsecond {
				t.Errorf("a stamp was %v off", s.worst)
			}
			t.Logf("%v of sound, stamps within %v", counted, s.worst)
		})
	}
}

func TestUnknownMicrophone(t *testing.T) {
	startServer(t, stereoSink)
	err := Open("no such microphone", capture.NewClock()).Run(t.Context(), capture.Sink{Audio: func(b *capture.Samples) { b.Release() }})
	if !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("Run: %v", err)
	}
}

func TestNoSoundServer(t *testing.T) {
	if _, err := os.Stat("/proc/asound/pcm"); err == nil {
		apptest.Missing(t, "a machine without a sound card")
	}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
	if all, err := Devices(t.Context()); !errors.Is(err, capture.ErrNoBackend) || len(all) > 0 {
		t.Errorf("Devices: %+v, %v", all, err)
	}
	err := Open("", capture.NewClock()).Run(t.Context(), capture.Sink{Audio: func(b *capture.Samples) { b.Release() }})
	if !errors.Is(err, capture.ErrNoBackend) {
		t.Errorf("Run: %v", err)
	}
}

// running captures in the background until it fails.
func running(t *testing.T, id string) (blocks chan *capture.Samples, done chan error, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	blocks, done = make(chan *capture.Samples, 1000), make(chan error, 1)
	go func() {
		done <- Open(id, capture.NewClock()).Run(ctx, capture.Sink{Audio: func(b *capture.Samples) {
			select {
			case blocks <- b:
			default:
				b.Release()
			}
		}})
	}()
	t.Cleanup(cancel)
	select {
	case b := <-blocks:
		b.Release()
	case err := <-done:
		t.Fatalf("Run: %v", err)
	case <-time.After(5 * time.Second):
		t.Fatal("no sound within 5 s")
	}
	return blocks, done, cancel
}

func ends(t *testing.T, done chan error, within time.Duration) error {
	t.Helper()
	begun := time.Now()
	select {
	case err := <-done:
		t.Logf("after %v: %v", time.Since(begun).Round(time.Millisecond), err)
		return err
	case <-time.After(within):
		t.Fatalf("Run did not end within %v", within)
	}
	return nil
}

// nothingLeft holds that closing a dead device did come to its end.
func nothingLeft(t *testing.T, before goleak.Option) {
	t.Helper()
	if err := goleak.Find(before); err != nil {
		t.Errorf("left behind: %v", err)
	}
}

func TestServerDies(t *testing.T) {
	s := startServer(t, stereoSink)
	before := goleak.IgnoreCurrent()
	_, done, _ := running(t, "")
	s.kill()
	defer nothingLeft(t, before)
	if err := ends(t, done, 2*time.Second); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
}

func TestServerHangs(t *testing.T) {
	s := startServer(t, stereoSink)
	before := goleak.IgnoreCurrent()
	_, done, stop := running(t, "")
	defer nothingLeft(t, before) // else what hangs is in the next test's way
	s.cmd.Process.Signal(syscall.SIGSTOP)
	defer s.cmd.Process.Signal(syscall.SIGCONT)
	err := ends(t, done, 2200*time.Millisecond)
	if !errors.Is(err, capture.ErrStalled) {
		t.Errorf("Run: %v", err)
	}
	stop()
	// And who opens a device of it is not hanging either.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begun := time.Now()
	err = Open("", capture.NewClock()).Run(ctx, capture.Sink{Audio: func(b *capture.Samples) { b.Release() }})
	if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
		t.Errorf("Run: %v after %v", err, took)
	}
	if _, err := Devices(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Devices: %v", err)
	}
}

func TestMicrophoneUnplugged(t *testing.T) {
	s := startServer(t, stereoSink, monoSink)
	before := goleak.IgnoreCurrent()
	_, done, _ := running(t, "mono.monitor")
	defer nothingLeft(t, before)
	s.pactl("unload-module", module(t, "sink_name=mono"))
	if err := ends(t, done, 2*time.Second); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
}

func module(t *testing.T, argument string) string {
	t.Helper()
	out, err := exec.Command("pactl", "list", "short", "modules").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, argument) {
			return strings.Fields(line)[0]
		}
	}
	t.Fatalf("no module %q in %s", argument, out)
	return ""
}

// TestDefaultIsFollowed makes another device the default while the default is captured.
func TestDefaultIsFollowed(t *testing.T) {
	s := startServer(t, stereoSink, "module-null-sink sink_name=other rate=48000 channels=2")
	s.pactl("set-default-source", "stereo.monitor")
	play(t, "other", 48000, 2, 440, 0.5)
	blocks, _, _ := running(t, "")
	loud := func(within time.Duration) bool {
		limit := time.After(within)
		for {
			select {
			case b := <-blocks:
				peak := float32(0)
				for _, v := range b.Data {
					peak = max(peak, v)
				}
				b.Release()
				if peak > 0.3 {
					return true
				}
			case <-limit:
				return false
			}
		}
	}
	if loud(time.Second) {
		t.Fatal("the silent device is loud")
	}
	s.pactl("set-default-source", "other.monitor")
	if !loud(3 * time.Second) {
		t.Error("the new default device is not heard")
	}
}
