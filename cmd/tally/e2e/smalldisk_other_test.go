//go:build !linux

package e2e

import (
	"testing"

	"tally/app/apptest"
)

func smallDisk(t *testing.T) string {
	t.Helper()
	apptest.Missing(t, "a file system that a test may fill")
	return ""
}
