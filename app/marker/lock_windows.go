package marker

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the file until it is closed, or the program is gone.
func lock(f *os.File) bool {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped)) == nil
}
