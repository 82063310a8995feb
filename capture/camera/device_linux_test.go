package camera

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/capturetest"
)

// These tests use the cameras of the rig (capture/rig): two of vivid, one of
// v4l2loopback. `make test-devices` runs them there; elsewhere there is nothing
// that they may unplug.
func needRig(t *testing.T) {
	t.Helper()
	if os.Getenv("TALLY_RIG") == "" {
		t.Skip("needs the virtual machine with test cameras: make test-devices")
	}
}

// cameraOf finds a camera by a part of its name or ID.
func cameraOf(t *testing.T, part string) capture.Device {
	t.Helper()
	all, err := Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if strings.Contains(d.ID+" "+d.Name, part) {
			return d
		}
	}
	for _, d := range all {
		t.Logf("%s = %s", d.ID, d.Name)
	}
	t.Fatalf("no camera %q", part)
	return capture.Device{}
}

func TestRigDevices(t *testing.T) {
	needRig(t)
	all, err := Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for i, d := range all {
		pixels := map[string]int{}
		for _, f := range d.Formats {
			pixels[f.Pixel]++
		}
		t.Logf("%+v: %s, formats %v", d.Kind, d.ID+" = "+d.Name, pixels)
		if d.ID == "" || d.Name == "" || ids[d.ID] || d.Default != (i == 0) {
			t.Errorf("camera %d: %q %q, default %v", i, d.ID, d.Name, d.Default)
		}
		ids[d.ID] = true
	}
	if len(all) != 2 { // the loopback is none as long as nobody feeds it
		t.Errorf("%d cameras, want vivid's two", len(all))
	}
	again, _ := Devices(t.Context())
	for i := range all {
		if again[i].ID != all[i].ID {
			t.Errorf("camera %d is %q, then %q", i, all[i].ID, again[i].ID)
		}
	}
}

func TestRigContract(t *testing.T) {
	needRig(t)
	for _, c := range []struct {
		camera        string
		width, height int
		fps, want     float64
	}{
		// Half of what an idle host reaches, and more than the 1 fps of a camera that was
		// not asked.
		{"vivid-000", 640, 480, 30, 12}, // offers 25 at most in this size
		{"vivid-001", 640, 480, 30, 15}, // scales to any size
		{"vivid-001", 1280, 720, 30, 8},
	} {
		t.Run(c.camera, func(t *testing.T) {
			id := cameraOf(t, c.camera).ID
			capturetest.Contract(t, capturetest.Want{
				Open:  func(clock capture.Clock) capture.Source { return Open(id, c.width, c.height, c.fps, clock) },
				Video: true, MinFPS: c.want, First: 4 * time.Second, Late: 400 * time.Millisecond,
			})
		})
	}
}

// run captures in the background.
type run struct {
	cancel context.CancelFunc
	frames chan *capture.Frame // the latest few; the reader releases them
	done   chan error
}

func start(t *testing.T, id string, width, height int, fps float64) *run {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{cancel: cancel, frames: make(chan *capture.Frame, 4), done: make(chan error, 1)}
	go func() {
		r.done <- Open(id, width, height, fps, capture.NewClock()).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
			select {
			case r.frames <- f:
			default:
				f.Release()
			}
		}})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-r.done:
		case <-time.After(5 * time.Second):
			t.Error("the camera did not stop")
		}
	})
	return r
}

func (r *run) next(t *testing.T) *capture.Frame {
	t.Helper()
	select {
	case f := <-r.frames:
		return f
	case err := <-r.done:
		r.done <- err
		t.Fatalf("Run ended: %v", err)
	case <-time.After(8 * time.Second):
		t.Fatal("no frame within 8 s")
	}
	return nil
}

// end waits for Run to fail.
func (r *run) end(t *testing.T, within time.Duration) error {
	t.Helper()
	limit := time.After(within)
	for {
		select {
		case f := <-r.frames:
			f.Release()
		case err := <-r.done:
			r.done <- err
			return err
		case <-limit:
			t.Fatalf("Run did not end within %v", within)
		}
	}
}

// TestRigPicture holds that the picture is the one that vivid draws: eight
// colour bars, in luma falling from left to right.
func TestRigPicture(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	r := start(t, id, 640, 480, 30)
	f := r.next(t)
	defer f.Release()
	if f.Width != 640 || f.Height != 480 || f.Format == capture.MJPEG {
		t.Fatalf("%v %d×%d", f.Format, f.Width, f.Height)
	}
	p := picture{f: f}
	var luma []int
	for bar := range 8 {
		sum := 0
		for y := 400; y < 440; y++ {
			gray := p.At(bar*80+40, y)
			v, _, _, _ := gray.RGBA()
			sum += int(v >> 8)
		}
		luma = append(luma, sum/40)
	}
	if !slices.IsSortedFunc(luma, func(a, b int) int { return b - a }) || luma[0]-luma[7] < 120 {
		t.Errorf("luma of the bars: %v", luma)
	}
}

// feed lets ffmpeg play MJPEG into the loopback camera.
func feed(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	film := filepath.Join(t.TempDir(), "film.mkv")
	if out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x480:rate=30", "-t", "0.5",
		"-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj422p", film).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", film, "-c", "copy", "-f", "v4l2", path)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

// loopbackPath finds the node that is no camera until it is fed.
func loopbackPath(t *testing.T) string {
	t.Helper()
	paths, _ := filepath.Glob("/dev/video*")
	for _, path := range paths {
		if n, err := openNode(path); err == nil {
			a, _ := n.about()
			n.close()
			if strings.Contains(a.bus, "loopback") {
				return path
			}
		}
	}
	t.Fatalf("no loopback in %q", paths)
	return ""
}

func nodePath(id string) string {
	for _, c := range cameras.refresh() {
		if c.id == id {
			return c.path
		}
	}
	return ""
}

func TestRigMJPEGIsLeftAlone(t *testing.T) {
	needRig(t)
	feed(t, loopbackPath(t))
	for range 100 { // until ffmpeg has set the format
		if all, _ := Devices(t.Context()); len(all) == 3 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	id := cameraOf(t, "loopback").ID
	r := start(t, id, 640, 480, 30)
	for i := range 30 {
		f := r.next(t)
		if f.Format != capture.MJPEG || f.Width != 640 || f.Height != 480 {
			t.Fatalf("%v %d×%d", f.Format, f.Width, f.Height)
		}
		if i%10 == 0 { // slow in the rig
			if _, err := jpeg.Decode(bytes.NewReader(f.Plane[0])); err != nil {
				t.Fatalf("%d bytes that are no JPEG: %v", len(f.Plane[0]), err)
			}
		}
		f.Release()
	}
}

func TestRigBusyNamesTheProgram(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-progress", "pipe:1", "-f", "v4l2", "-framerate", "30", "-video_size", "640x480", "-i", nodePath(id), "-f", "null", "-")
	progress, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	if _, err := progress.Read(make([]byte, 1)); err != nil { // it has the camera
		t.Fatal(err)
	}
	go io.Copy(io.Discard, progress)
	err = start(t, id, 640, 480, 30).end(t, 5*time.Second)
	busy, ok := errors.AsType[*BusyError](err)
	if !errors.Is(err, capture.ErrBusy) || !ok || busy.Program != "ffmpeg" || busy.PID != cmd.Process.Pid {
		t.Errorf("Run: %v", err)
	}
}

// TestRigTwiceInOneProcess holds that the second user of a camera is told, and
// that it is free as soon as the first has ended.
func TestRigTwiceInOneProcess(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	first := start(t, id, 640, 480, 30)
	first.next(t).Release()
	if err := start(t, id, 640, 480, 30).end(t, 5*time.Second); !errors.Is(err, capture.ErrBusy) {
		t.Errorf("second Run: %v", err)
	}
	third := start(t, id, 640, 480, 30) // waits for the first
	first.cancel()
	third.next(t).Release()
}

func setControl(t *testing.T, id, name string, value int32) {
	t.Helper()
	all, err := Controls(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Name == name {
			if err := SetControl(id, c.ID, value); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no control %q among %d", name, len(all))
}

func TestRigControls(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-000").ID
	setControl(t, id, "Brightness", 77)
	all, err := Controls(id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c Control) bool { return c.Name == "Brightness" })
	if i < 0 || all[i].Value != 77 || all[i].Kind != Slider || all[i].Max <= all[i].Min {
		t.Errorf("Brightness: %+v", all)
	}
	setControl(t, id, "Brightness", all[i].Default)
	if menu := slices.IndexFunc(all, func(c Control) bool { return c.Kind == Menu && len(c.Choices) > 1 }); menu < 0 {
		t.Error("no menu with choices")
	}
}

func TestRigStallIsNoticed(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	r := start(t, id, 640, 480, 30)
	r.next(t).Release()
	setControl(t, id, "Percentage of Dropped Buffers", 100)
	defer setControl(t, id, "Percentage of Dropped Buffers", 0)
	begun := time.Now()
	if err := r.end(t, 6*time.Second); !errors.Is(err, capture.ErrStalled) {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(begun); took > 3500*time.Millisecond {
		t.Errorf("noticed after %v", took)
	}
}

func TestRigStopWhileStalled(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	setControl(t, id, "Percentage of Dropped Buffers", 100)
	defer setControl(t, id, "Percentage of Dropped Buffers", 0)
	r := start(t, id, 640, 480, 30)
	time.Sleep(time.Second)
	begun := time.Now()
	r.cancel()
	if err := r.end(t, 5*time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(begun); took > time.Second {
		t.Errorf("Run took %v to return", took)
	}
}

func TestRigRefusesToStart(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	setControl(t, id, "Inject VIDIOC_STREAMON Error", 1)
	if err := start(t, id, 640, 480, 30).end(t, 5*time.Second); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	// The fault strikes once. The camera has to be free and whole again.
	start(t, id, 640, 480, 30).next(t).Release()
}

func TestRigFatalErrorEnds(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-001").ID
	r := start(t, id, 640, 480, 30)
	r.next(t).Release()
	setControl(t, id, "Inject Fatal Streaming Error", 1)
	if err := r.end(t, 6*time.Second); !errors.Is(err, capture.ErrStalled) && !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
	start(t, id, 640, 480, 30).next(t).Release()
}

// TestRigPermission runs as a user who may not open the node.
func TestRigPermission(t *testing.T) {
	needRig(t)
	id := cameraOf(t, "vivid-000").ID
	if os.Getenv("TALLY_NOBODY") != "" {
		if err := start(t, id, 640, 480, 30).end(t, 5*time.Second); !errors.Is(err, capture.ErrDenied) {
			t.Errorf("Run: %v", err)
		}
		return
	}
	path := nodePath(id)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	self := filepath.Join("/tmp", "camera.test") // where nobody may go
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(self, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestRigPermission$")
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "TALLY_NOBODY=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as nobody: %v: %s", err, out)
	}
}

// TestRigUnplug takes vivid's cameras away, nodes and all, and brings them back.
func TestRigUnplug(t *testing.T) {
	needRig(t)
	d := cameraOf(t, "vivid-001")
	r := start(t, d.ID, 640, 480, 30)
	r.next(t).Release()
	begun := time.Now()
	bind(t, "unbind")
	if err := r.end(t, 5*time.Second); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run: %v", err)
	}
	t.Logf("noticed after %v", time.Since(begun))
	all, _ := Devices(t.Context())
	for _, d := range all {
		if strings.Contains(d.ID, "vivid") {
			t.Errorf("%s is still listed", d.ID)
		}
	}
	if err := start(t, d.ID, 640, 480, 30).end(t, 5*time.Second); !errors.Is(err, capture.ErrNotFound) {
		t.Errorf("Run without the camera: %v", err)
	}
	bind(t, "bind")
	start(t, d.ID, 640, 480, 30).next(t).Release()
}

func bind(t *testing.T, what string) {
	t.Helper()
	if err := os.WriteFile("/sys/bus/platform/drivers/vivid/"+what, []byte("vivid.0"), 0o200); err != nil {
		t.Fatal(err)
	}
}
