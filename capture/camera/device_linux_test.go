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
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/capture"
	"tally/capture/capturetest"
	"tally/capture/libav"
)

// These tests use the cameras of the rig (capture/rig): two of vivid, one of
// v4l2loopback. `make test-devices` runs them there; elsewhere there is nothing
// that they may unplug.

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
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
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
				Open: func(clock capture.Clock) capture.Source {
					return Open(id, Want{Width: c.width, Height: c.height, FPS: c.fps}, clock)
				},
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
	return startAs(t, id, Want{Width: width, Height: height, FPS: fps})
}

func startAs(t *testing.T, id string, want Want) *run {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{cancel: cancel, frames: make(chan *capture.Frame, 4), done: make(chan error, 1)}
	go func() {
		r.done <- Open(id, want, capture.NewClock()).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
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
	apptest.NeedRig(t)
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

// feed lets ffmpeg play MJPEG into the loopback camera, half a second as it should be
// and half a second in which bytes are overwritten.
func feed(t *testing.T, path string) {
	t.Helper()
	film, damaged := filepath.Join(t.TempDir(), "film.mkv"), filepath.Join(t.TempDir(), "damaged.mkv")
	for _, args := range [][]string{
		{"-f", "lavfi", "-i", "testsrc2=size=640x480:rate=30", "-t", "1", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj422p", film},
		{"-i", film, "-c", "copy", "-bsf:v", "noise=amount='if(lt(n,15),0,200)'", damaged},
	} {
		if out, err := exec.Command("ffmpeg", append([]string{"-nostdin", "-v", "error"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v: %s", err, out)
		}
	}
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", damaged, "-c", "copy", "-f", "v4l2", path)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
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

// TestRigMJPEGIsLeftAlone: JPEG comes through as it is, also when half of it is damaged;
// who decodes it is told, and the pictures that are whole are seen.
func TestRigMJPEGIsLeftAlone(t *testing.T) {
	apptest.NeedRig(t)
	feed(t, loopbackPath(t))
	for range 100 { // until ffmpeg has set the format
		if all, _ := Devices(t.Context()); len(all) == 3 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	id := cameraOf(t, "loopback").ID
	r := start(t, id, 640, 480, 30)
	scaler := libav.NewScaler()
	defer scaler.Close()
	dst := capture.NewFramePool(capture.I420, 640, 480).Get()
	defer dst.Release()
	whole, damaged := 0, 0
	for range 60 {
		f := r.next(t)
		if f.Format != capture.MJPEG || f.Width != 640 || f.Height != 480 {
			t.Fatalf("%v %d×%d", f.Format, f.Width, f.Height)
		}
		if scaler.Scale(dst, f) != nil {
			damaged++
		} else if whole++; whole == 1 {
			if _, err := jpeg.Decode(bytes.NewReader(f.Plane[0])); err != nil {
				t.Errorf("%d bytes that are no JPEG: %v", len(f.Plane[0]), err)
			}
		}
		f.Release()
	}
	if t.Logf("%d whole, %d damaged", whole, damaged); whole < 10 {
		t.Error("too few are whole")
	}
}

// TestRigFormatIsTheUsers asks for one of the camera's own formats, and then for one
// that it does not have.
func TestRigFormatIsTheUsers(t *testing.T) {
	apptest.NeedRig(t)
	d := cameraOf(t, "vivid-001")
	i := slices.IndexFunc(d.Formats, func(f capture.Format) bool { return f.Pixel == "UYVY" && f.Width == 800 })
	if i < 0 {
		t.Fatalf("formats %v", d.Formats)
	}
	want := Want{Width: 640, Height: 480, FPS: 30, Format: d.Formats[i]}
	r := startAs(t, d.ID, want)
	f := r.next(t)
	if f.Format != capture.UYVY || f.Width != 800 || f.Height != d.Formats[i].Height {
		t.Errorf("%v %d×%d, want %+v", f.Format, f.Width, f.Height, want.Format)
	}
	f.Release()
	r.cancel()
	want.Format.Width = 801
	f = startAs(t, d.ID, want).next(t)
	if f.Width != 640 || f.Height != 480 {
		t.Errorf("without that format: %v %d×%d", f.Format, f.Width, f.Height)
	}
	f.Release()
}

// TestRigMakesNoGarbage counts what a running camera allocates.
func TestRigMakesNoGarbage(t *testing.T) {
	apptest.NeedRig(t)
	id := cameraOf(t, "vivid-001").ID
	var frames atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Open(id, Want{Width: 320, Height: 240, FPS: 30}, capture.NewClock()).Run(ctx, capture.Sink{Video: func(f *capture.Frame) {
			frames.Add(1)
			f.Release()
		}})
	}()
	for range 100 {
		if frames.Load() > 30 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	from := frames.Load()
	time.Sleep(4 * time.Second)
	seen := frames.Load() - from
	runtime.ReadMemStats(&after)
	cancel()
	<-done
	if n := after.Mallocs - before.Mallocs; seen < 20 || float64(n)/float64(seen) > 0.2 {
		t.Errorf("%d allocations for %d pictures", n, seen)
	}
}

func TestRigBusyNamesTheProgram(t *testing.T) {
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
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
