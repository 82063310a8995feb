package capturetest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// StartX starts an X server of the test's own, of 640 × 360, and makes it the display.
func StartX(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", append([]string{"-displayfd", "3", "-screen", "0", "640x360x24", "-nolisten", "tcp", "-noreset"}, args...)...)
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatalf("this test needs Xvfb (Debian: xvfb): %v", err)
	}
	w.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	var number int
	r.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fscan(r, &number); err != nil {
		t.Fatalf("Xvfb does not start: %v", err)
	}
	t.Setenv("DISPLAY", fmt.Sprintf(":%d", number))
	t.Setenv("XAUTHORITY", "/dev/null")
	return cmd
}
