//go:build unix

package recording

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock locks a file until it is closed, or the program is gone in whatever way. It
// is false when another one has it.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
