package apptest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// RunWithTally is a TestMain for tests of the built program: it sets program to
// TALLY_BIN, or to one that it builds for the run, and returns the exit status.
func RunWithTally(m *testing.M, program *string) int {
	if *program = os.Getenv("TALLY_BIN"); *program != "" {
		if _, err := os.Stat(*program); err != nil {
			fmt.Fprintln(os.Stderr, "TALLY_BIN:", err)
			return 1
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "tally-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	*program = filepath.Join(dir, "tally")
	if out, err := exec.Command("go", "build", "-o", *program, "tally/cmd/tally").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
		return 1
	}
	return m.Run()
}
