//go:build unix

package disk

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

func free(path string) (int64, error) {
	var st unix.Statfs_t
	for {
		switch err := unix.Statfs(path, &st); err {
		case nil:
			return int64(min(uint64(st.Bavail)*uint64(st.Bsize), math.MaxInt64)), nil
		case unix.EINTR:
		default:
			return 0, &os.PathError{Op: "statfs", Path: path, Err: err}
		}
	}
}
