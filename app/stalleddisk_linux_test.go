package app

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tally/app/apptest"
)

// TestStalledDisk freezes the file system under a recording for 20 s. The stream
// goes on, people are told, and in the end no picture is missing.
func TestStalledDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	image, mount := filepath.Join(dir, "disk"), filepath.Join(dir, "mounted")
	for _, c := range [][]string{
		{"truncate", "-s", "512M", image}, {"mkfs.ext4", "-q", image}, {"mkdir", mount}, {"mount", "-o", "loop", image, mount},
	} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			apptest.Missing(t, "the right to mount a disk, which only root has: "+string(out))
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", mount).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	path := filepath.Join(mount, "show.mkv")
	s := testStudio(t, func(o *Options) { o.RecordPath = path })
	s.GoLive()
	await(t, s, "recording", 20*time.Second, func(s Snapshot) bool { return s.State == Live && s.Recording.Seconds > 2 })
	freeze := func(how string) {
		if out, err := exec.Command("fsfreeze", how, mount).CombinedOutput(); err != nil {
			t.Fatalf("fsfreeze: %v: %s", err, out)
		}
	}
	freeze("-f")
	thawed := false
	defer func() {
		if !thawed {
			freeze("-u")
		}
	}()
	before, told := s.Snapshot(), false
	for range 20 {
		time.Sleep(time.Second)
		now := s.Snapshot()
		if sent := now.Outputs[0].SentBytes - before.Outputs[0].SentBytes; now.State != Live || sent < 10_000 {
			t.Errorf("while the disk stands still, the show is %s and sends %d bytes a second", now.State, sent)
		}
		told = told || now.Recording.QueuedBytes > 0 && !now.Recording.Problem.IsZero()
		before = now
	}
	if o := before.Outputs[0]; o.Dropped != 0 || o.Reconnects != 0 || !told {
		t.Errorf("people were told: %t; the output is %+v, the recording %+v", told, o, before.Recording)
	}
	freeze("-u")
	thawed = true
	await(t, s, "written", 10*time.Second, func(s Snapshot) bool { return s.Recording.Seconds > 21 && s.Recording.Problem.IsZero() })
	s.End()
	got := await(t, s, "over", 10*time.Second, func(s Snapshot) bool { return s.State == Idle && !s.Report.IsZero() })
	if got.Report.Record.Dropped != 0 || !got.Report.Record.Problem.IsZero() {
		t.Errorf("the recording is %+v", got.Report.Record)
	}
	if m := apptest.Probe(t, path); m.Video == nil || m.Video.End < 21 {
		t.Errorf("the file is %+v", m)
	}
}
