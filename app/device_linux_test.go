package app

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/capture/camera"
)

// These tests use the cameras and the sound card of the rig (capture/rig), which may
// break: whatever happens to a device, the show goes on, says in a plain sentence
// what is wrong, and is whole again when the device is.

// rigCamera is the rig's camera that has any size.
func rigCamera(t *testing.T, part string) string {
	t.Helper()
	all, err := camera.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if strings.Contains(d.ID, part) {
			return d.ID
		}
	}
	t.Fatalf("no camera %q in %+v", part, all)
	return ""
}

// rigControl is the number of a control of vivid's.
func rigControl(t *testing.T, id, name string) uint32 {
	t.Helper()
	all, err := camera.Controls(id)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c camera.Control) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no control %q", name)
	}
	return all[i].ID
}

func rigPlug(t *testing.T, driver, what string) {
	t.Helper()
	if err := os.WriteFile("/sys/bus/platform/drivers/"+driver+"/"+what, []byte(driver+".0"), 0o200); err != nil {
		t.Fatal(err)
	}
}

// onAir starts a rehearsal with that picture and waits for it.
func onAir(t *testing.T, picture string) *Studio {
	t.Helper()
	s := testStudio(t, func(o *Options) {
		o.Settings.Video.Source, o.Settings.Video.FPS = picture, 10
		o.Settings.Video.LowLatency = true
	})
	s.GoLive()
	await(t, s, "live", 60*time.Second, func(s Snapshot) bool { return s.State == Live && s.Outputs[0].Ack.AckedBytes > 0 })
	return s
}

// goesOn waits for a problem with that sentence, and holds that the show is received
// all the same.
func goesOn(t *testing.T, s *Studio, title string, within time.Duration) {
	t.Helper()
	begun := time.Now()
	snap := await(t, s, "saying “"+title+"”", within, func(s Snapshot) bool {
		return slices.ContainsFunc(s.Problems, func(p Problem) bool {
			return strings.Contains(strings.ToLower(p.Title.String()), title) && p.Advice != ""
		})
	})
	t.Logf("after %v: %+v", time.Since(begun).Round(time.Millisecond), snap.Problems)
	had := snap.Rehearsal.Bytes
	await(t, s, "going on", 15*time.Second, func(s Snapshot) bool {
		return s.State == Live && s.Rehearsal.Bytes > had+20000 && s.Rehearsal.FPS > 2
	})
}

func well(t *testing.T, s *Studio) {
	t.Helper()
	await(t, s, "well again", 30*time.Second, func(s Snapshot) bool { return s.Picture.State == SourceRunning && s.Picture.Problem.IsZero() })
}

func over(t *testing.T, s *Studio) {
	t.Helper()
	s.End()
	await(t, s, "over", 20*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
}

func TestRigShowOutlivesItsCamera(t *testing.T) {
	apptest.NeedRig(t)
	id := rigCamera(t, "vivid-001")
	source := "camera:" + id
	s := onAir(t, source)
	well(t, s)
	await(t, s, "measured", 10*time.Second, func(s Snapshot) bool {
		return strings.Contains(s.Picture.Format.String(), " fps") && len(s.Controls) > 0
	})

	// A control is set live, and remembered.
	brightness := rigControl(t, id, "Brightness")
	value := func(s Snapshot) int32 {
		for _, c := range s.Controls {
			if c.ID == brightness {
				return c.Value
			}
		}
		return -1
	}
	set := s.Snapshot().Settings
	set.SetOf(source, func(one *SourceSettings) { one.Controls = map[uint32]int32{brightness: 77} })
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	await(t, s, "brighter", 5*time.Second, func(s Snapshot) bool { return value(s) == 77 })

	rigPlug(t, "vivid", "unbind")
	goesOn(t, s, "the device was unplugged.", 8*time.Second)
	rigPlug(t, "vivid", "bind")
	well(t, s)
	await(t, s, "as bright as before", 5*time.Second, func(s Snapshot) bool { return value(s) == 77 })

	// It stops delivering. That is noticed in two seconds, and it is started again.
	drop := rigControl(t, id, "Percentage of Dropped Buffers")
	if err := camera.SetControl(id, drop, 100); err != nil {
		t.Fatal(err)
	}
	goesOn(t, s, "the device stopped delivering.", 5*time.Second)

	// Reset takes back what was set, also from a camera that does not work just now.
	set = s.Snapshot().Settings
	set.SetOf(source, func(one *SourceSettings) { one.Controls = nil })
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	if err := camera.SetControl(id, drop, 0); err != nil {
		t.Fatal(err)
	}
	well(t, s)
	await(t, s, "as its maker had it", 5*time.Second, func(s Snapshot) bool { return value(s) >= 0 && value(s) != 77 })
	over(t, s)
}

// TestRigShowOutlivesTheCameraNobodyChose: Tally has taken what there was. Its place stays
// free while it is gone: viewers do not see a test card in mid-show.
func TestRigShowOutlivesTheCameraNobodyChose(t *testing.T) {
	apptest.NeedRig(t)
	s := onAir(t, "")
	well(t, s)
	camera := s.Snapshot().Picture.Device
	if !strings.HasPrefix(camera, "camera:") {
		t.Fatalf("the picture is from %q", camera)
	}
	rigPlug(t, "vivid", "unbind")
	goesOn(t, s, "the device was unplugged.", 8*time.Second)
	for range 40 {
		if p := s.Snapshot().Picture; p.State != SourceFailed || p.Device != camera {
			t.Fatalf("instead of the camera: %+v", p)
		}
		time.Sleep(100 * time.Millisecond)
	}
	rigPlug(t, "vivid", "bind")
	well(t, s)
	if p := s.Snapshot().Picture; !strings.HasPrefix(p.Device, "camera:") {
		t.Errorf("the picture is from %q", p.Device)
	}
	over(t, s)
}

// TestRigShowWithoutACamera: it is somebody else's, it may not be used, it refuses, and
// it is not there.
func TestRigShowWithoutACamera(t *testing.T) {
	apptest.NeedRig(t)
	id := rigCamera(t, "vivid-001")
	path := ""
	for _, p := range []string{"/dev/video0", "/dev/video1", "/dev/video2", "/dev/video3"} {
		if name, _ := os.ReadFile("/sys/class/video4linux/" + filepath.Base(p) + "/name"); strings.Contains(string(name), "vivid-001") {
			path = p
			break
		}
	}
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-progress", "pipe:1", "-f", "v4l2", "-video_size", "320x180", "-i", path, "-f", "null", "-")
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
	s := onAir(t, "camera:"+id)
	goesOn(t, s, "the camera is in use by ffmpeg.", 8*time.Second)
	cmd.Process.Kill()
	cmd.Wait()
	well(t, s)

	refuse := rigControl(t, id, "Inject VIDIOC_STREAMON Error")
	if err := camera.SetControl(id, refuse, 1); err != nil {
		t.Fatal(err)
	}
	set := s.Snapshot().Settings
	set.SetOf("camera:"+id, func(one *SourceSettings) { // restarts it
		one.Format.Pixel, one.Format.Width, one.Format.Height, one.Format.FPS = "YUYV", 640, 360, 30
	})
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	goesOn(t, s, "the device ", 8*time.Second) // once: its fault is gone with the first try
	well(t, s)

	set = s.Snapshot().Settings
	set.Video.Source = "camera:none of these"
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	goesOn(t, s, "there is no such device or file.", 8*time.Second)
	over(t, s)
}

// TestRigShowOutlivesItsSoundCard takes the microphone away in mid-show.
func TestRigShowOutlivesItsSoundCard(t *testing.T) {
	apptest.NeedRig(t)
	s := onAir(t, "testcard")
	set := s.Snapshot().Settings
	set.Audio.Source = "mic:hw:Loopback,1"
	if err := s.Apply(set); err != nil {
		t.Fatal(err)
	}
	hearing := func(s Snapshot) bool { return s.Sound.Device == set.Audio.Source && s.Sound.State == SourceRunning }
	await(t, s, "hearing the card", 60*time.Second, hearing)
	goesOn(t, s, "is muted: no sound at all comes from it.", 15*time.Second) // nothing plays to it
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		rigPlug(t, "snd_aloop", "unbind")
	}()
	goesOn(t, s, "the device was unplugged.", 10*time.Second)
	<-gone
	rigPlug(t, "snd_aloop", "bind")
	await(t, s, "hearing the card again", 60*time.Second, hearing)
	over(t, s)
}
