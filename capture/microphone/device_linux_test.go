package microphone

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/app/apptest"
	"tally/capture"
	"tally/capture/capturetest"
)

// These tests use the rig's sound card (capture/rig): ALSA's loopback, without a sound
// server. What is played to hw:Loopback,0 is captured from hw:Loopback,1.

const loopback = "hw:Loopback,1"

// playALSA plays a sine to the loopback until the test ends.
func playALSA(t *testing.T) *exec.Cmd { return playAt(t, 48000) }

// playAt does so at that rate. The loopback then has no other, as some interfaces
// have not.
func playAt(t *testing.T, rate int) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sine.raw")
	if err := os.WriteFile(file, sine(rate, 2, 440, 0.5, 40), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "f32le", "-ar", strconv.Itoa(rate), "-ac", "2", "-i", file,
		"-c:a", "pcm_s32le", "-f", "alsa", "hw:Loopback,0")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	waitFor(t, "0p", "RUNNING")
	return cmd
}

// waitFor waits until one side of the loopback is in that state.
func waitFor(t *testing.T, side, state string) {
	t.Helper()
	for range 200 {
		b, _ := os.ReadFile("/proc/asound/Loopback/pcm" + side + "/sub0/status") // gone with the card
		if strings.Contains(string(b), state) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the loopback's side %s did not come to be %s", side, state)
}

func TestRigDevices(t *testing.T) {
	apptest.NeedRig(t)
	all, err := Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		t.Logf("%s = %s, default %v, %v", d.ID, d.Name, d.Default, d.Formats)
		if !strings.HasPrefix(d.ID, "hw:Loopback,") || !strings.Contains(d.Name, "Loopback") {
			t.Errorf("%+v is no microphone", d)
		}
	}
	if !slices.ContainsFunc(all, func(d capture.Device) bool { return d.ID == loopback }) {
		t.Errorf("%s is not listed", loopback)
	}
}

func TestRigContract(t *testing.T) {
	apptest.NeedRig(t)
	playALSA(t)
	capturetest.Contract(t, capturetest.Want{
		Open:  func(c capture.Clock) capture.Source { return Open(loopback, c) },
		Audio: true, Late: 150 * time.Millisecond, Share: 0.95,
	})
}

func TestRigSineComesThroughUnbroken(t *testing.T) {
	apptest.NeedRig(t)
	playALSA(t)
	s := record(t, loopback, 5*time.Second)
	if s.rate != 48000 || s.channels != 2 {
		t.Fatalf("%d Hz, %d channels", s.rate, s.channels)
	}
	for channel := range s.channels {
		// The guest may get no processor for longer than the card's buffer lasts, when its host
		// is busy. Sound that is handed on wrongly has a hundred breaks.
		checkSine(t, s, channel, 440, 0.5, 3)
	}
}

// TestRigHighRateOnly captures from a card that has 96 kHz and nothing else.
func TestRigHighRateOnly(t *testing.T) {
	apptest.NeedRig(t)
	playAt(t, 96000)
	s := record(t, loopback, 4*time.Second)
	if s.rate != 96000 || s.channels != 2 {
		t.Fatalf("%d Hz, %d channels", s.rate, s.channels)
	}
	for channel := range s.channels {
		checkSine(t, s, channel, 440, 0.5, 6)
	}
}

// TestRigBusy captures from a card that somebody has to himself.
func TestRigBusy(t *testing.T) {
	apptest.NeedRig(t)
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "alsa", "-i", loopback, "-f", "null", "-")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	waitFor(t, "1c", "RUNNING")
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	err := Open(loopback, capture.NewClock()).Run(ctx, capture.Sink{Audio: func(b *capture.Samples) { b.Release() }})
	if !errors.Is(err, capture.ErrBusy) {
		t.Errorf("Run: %v", err)
	}
}

// TestRigUnplug takes the card away and brings it back.
func TestRigUnplug(t *testing.T) {
	apptest.NeedRig(t)
	player := playALSA(t)
	before := goleak.IgnoreCurrent()
	_, done, _ := running(t, loopback)
	unbound := make(chan error, 1)
	go func() { // returns when nobody has the card open
		unbound <- os.WriteFile("/sys/bus/platform/drivers/snd_aloop/unbind", []byte("snd_aloop.0"), 0o200)
	}()
	if err := ends(t, done, 3*time.Second); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
	player.Process.Kill()
	select {
	case err := <-unbound:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the card is still open")
	}
	nothingLeft(t, before)
	if all, err := Devices(t.Context()); len(all) > 0 {
		t.Errorf("still listed: %+v, %v", all, err)
	}
	if err := os.WriteFile("/sys/bus/platform/drivers/snd_aloop/bind", []byte("snd_aloop.0"), 0o200); err != nil {
		t.Fatal(err)
	}
	record(t, loopback, 3*time.Second)
}
