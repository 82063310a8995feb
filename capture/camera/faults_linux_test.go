package camera

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/capture"
)

// What the rig's cameras do wrong; see [apptest.NeedRig].

func TestRigStallIsNoticed(t *testing.T) {
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
	id := cameraOf(t, "vivid-001").ID
	setControl(t, id, "Inject VIDIOC_STREAMON Error", 1)
	if err := start(t, id, 640, 480, 30).end(t, 5*time.Second); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	// The fault strikes once. The camera has to be free and whole again.
	start(t, id, 640, 480, 30).next(t).Release()
}

func TestRigFatalErrorEnds(t *testing.T) {
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
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
	apptest.NeedRig(t)
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

// TestRigReplugOnAnotherNode plugs a camera in again while somebody still holds its old
// node open, so that it gets another one. It is the same camera all the same.
func TestRigReplugOnAnotherNode(t *testing.T) {
	apptest.NeedRig(t)
	d := cameraOf(t, "vivid-001")
	before := nodePath(d.ID)
	held, err := os.Open(before)
	if err != nil {
		t.Fatal(err)
	}
	bind(t, "unbind")
	bind(t, "bind")
	start(t, d.ID, 640, 480, 30).next(t).Release()
	if after := nodePath(d.ID); after == before || after == "" {
		t.Errorf("it was %s and is %s", before, after)
	}
	if again := cameraOf(t, "vivid-001"); again.ID != d.ID {
		t.Errorf("it was %s and is %s", d.ID, again.ID)
	}
	held.Close()
}

func bind(t *testing.T, what string) {
	t.Helper()
	if err := os.WriteFile("/sys/bus/platform/drivers/vivid/"+what, []byte("vivid.0"), 0o200); err != nil {
		t.Fatal(err)
	}
}
