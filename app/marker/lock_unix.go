//go:build unix

package marker

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the file until it is closed, or the program is gone.
func lock(f *os.File) bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil }
