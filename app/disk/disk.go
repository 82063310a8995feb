// Package disk tells how much room there is for recordings.
package disk

import (
	"os"
	"path/filepath"
)

// Free is how many bytes this user may still write to the disk on which path is,
// or will be: it need not exist yet.
func Free(path string) (int64, error) {
	for {
		free, err := free(path)
		up := filepath.Dir(path)
		if !os.IsNotExist(err) || up == path {
			return free, err
		}
		path = up
	}
}
