package recording

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// syncData forces the contents and the size of a file to the disk, without times
// and owners.
func syncData(f *os.File) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if e := c.Control(func(fd uintptr) {
		for {
			if err = syscall.Fdatasync(int(fd)); err != syscall.EINTR {
				return
			}
		}
	}); e != nil {
		return e
	}
	if err != nil {
		return os.NewSyscallError("fdatasync", err)
	}
	return nil
}

// syncFolder forces the name of a new file to the disk. Some file systems (network
// shares) do not know how.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil // a folder may be writable and not readable
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
