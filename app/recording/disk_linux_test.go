package recording

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/app/apptest"
	"tally/encoder"
)

// TestNoPermission drops privileges for the one thread, since tests may be run by root.
func TestNoPermission(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	s := newShow(t)
	r, err := New(s.params(filepath.Join(dir, "a.mkv")))
	if err != nil {
		t.Fatal(err)
	}
	err = unprivileged(t, func() error { return r.Run(t.Context()) })
	if !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error is %v", err)
	}
}

// smallDisk is a folder that is a disk of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tally", dir, "tmpfs", 0, "size="+size); err != nil {
		apptest.Missing(t, "the right to mount a small disk, which only root has")
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// untilItEnds records frames of a show, one each so often, until the recording ends
// by itself, and returns why; nil when it does not.
func untilItEnds(t *testing.T, s *show, r *Recording, frames int, each time.Duration) (err error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- r.Run(t.Context()) }()
	began := time.Now()
	for n := 0; err == nil && n < frames; n++ {
		time.Sleep(time.Until(began.Add(time.Duration(n) * each)))
		s.frame(t, into(r))
		select {
		case err = <-done:
		default:
		}
	}
	return err
}

// TestFullDisk records to a small disk until it is full. It needs to mount one.
func TestFullDisk(t *testing.T) {
	for _, name := range kinds {
		t.Run(name, func(t *testing.T) {
			dir := smallDisk(t, "400k")
			s := newShow(t)
			path := filepath.Join(dir, name)
			r, err := New(s.params(path))
			if err != nil {
				t.Fatal(err)
			}
			failed := untilItEnds(t, s, r, 60*fps, 0)
			if !errors.Is(failed, syscall.ENOSPC) {
				t.Fatalf("error is %v", failed)
			}
			if strings.Contains(failed.Error(), dir) {
				t.Errorf("the error says the folder: %v", failed)
			}
			for range 10 {
				s.frame(t, func(p *encoder.Packet) { r.Write(p); p.Release() })
			}
			if st := r.Status(); st.Queued != 0 || st.Bytes == 0 {
				t.Errorf("status is %+v", st)
			}
			if p := playFile(t, path); p.end("video") < 1 {
				t.Errorf("only %.2f s can be played", p.end("video"))
			}
		})
	}
}

// unprivileged runs f in a thread that is not root's. The thread ends with it.
func unprivileged(t *testing.T, f func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is thrown away
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), 65534, ^uintptr(0)); e != 0 {
			done <- e
			return
		}
		done <- f()
	}()
	return <-done
}
