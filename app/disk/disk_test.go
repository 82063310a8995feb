package disk

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFree holds the figure against df's.
func TestFree(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command("df", "--output=avail", "-B1", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	want, err := strconv.ParseInt(lines[len(lines)-1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "not", "there", "yet.mkv")} {
		got, err := Free(path)
		if off := got - want; err != nil || off > 1<<30 || off < -1<<30 { // others use the disk meanwhile
			t.Errorf("%s has %d bytes free, %v; df says %d", path, got, err, want)
		}
	}
}
