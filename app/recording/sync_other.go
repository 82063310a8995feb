//go:build !linux

package recording

import "os"

func syncData(f *os.File) error { return f.Sync() }

// syncFolder does nothing where folders cannot be synced.
func syncFolder(string) error { return nil }
