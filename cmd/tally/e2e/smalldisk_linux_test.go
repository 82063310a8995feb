package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk is the path for a recording on a disk that is soon full: a file
// system of 200 KiB where the test may mount one, and else the device that is
// always full.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "show.mkv")
	if err := syscall.Mount("tally", dir, "tmpfs", 0, "size=200k"); err == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		return path
	}
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	return path
}
