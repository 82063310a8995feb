package recording

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock locks a file until it is closed, or the program is gone in whatever way. It
// is false when another one has it.
func lock(f *os.File) bool {
	// A byte far behind the contents: locks keep others from reading what they cover.
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at) == nil
}
