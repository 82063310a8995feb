package rules

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// files are those of the repository, as slash-separated paths from its root:
// all but what git and builds keep for themselves.
func files(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel == ".git" || rel == "bin" || rel == "dist" || rel == filepath.Join(".ci", "cache") {
				return fs.SkipDir
			}
			return nil
		}
		found = append(found, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("found only %d files below %s", len(found), root)
	}
	return found
}

func TestFoldersAtTheTop(t *testing.T) {
	allowed := []string{"cmd", "app", "ui", "capture", "encoder", "rtmpout", "assets"}
	for _, f := range files(t) {
		top, _, below := strings.Cut(f, "/")
		if below && !strings.HasPrefix(top, ".") && !slices.Contains(allowed, top) {
			t.Errorf("%s: the folders at the top are %v", f, allowed)
		}
	}
}

// leftOver matches what is written to be replaced. It is put together so that
// this file does not match.
var leftOver = regexp.MustCompile(`\b(` + "TO" + `DO|` + "FIX" + `ME|X` + `XX)\b`)

func TestNothingIsLeftOpen(t *testing.T) {
	for _, f := range files(t) {
		if !strings.HasSuffix(f, ".go") && !strings.HasSuffix(f, ".md") && !strings.HasSuffix(f, ".c") && f != "Makefile" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range bytes.Split(text, []byte("\n")) {
			if leftOver.Match(line) {
				t.Errorf("%s:%d: %s", f, n+1, line)
			}
		}
	}
}

// TestFilesAreSmall: a newcomer finds the way in files that hold one thing. The
// aim is some 350 lines; these are the limits.
func TestFilesAreSmall(t *testing.T) {
	const code, tests = 450, 600 // lines
	for _, f := range files(t) {
		if !strings.HasSuffix(f, ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		limit := code
		if strings.HasSuffix(f, "_test.go") {
			limit = tests
		}
		if n := bytes.Count(text, []byte("\n")); n > limit {
			t.Errorf("%s has %d lines; what does it hold?", f, n)
		}
	}
}

// TestSkipsAreAnnounced: app/apptest skips tests, since it knows whether
// skipping is allowed (TALLY_NO_SKIP). The one other reason is that make test
// runs the test elsewhere: in the virtual machine with devices.
func TestSkipsAreAnnounced(t *testing.T) {
	skip := regexp.MustCompile(`\bt\.Skip(f|Now)?\(`)
	for _, f := range files(t) {
		if !strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range bytes.Split(text, []byte("\n")) {
			if skip.Match(line) && !bytes.Contains(line, []byte("make test-devices")) {
				t.Errorf("%s:%d skips by itself; use apptest.Need or apptest.Missing", f, n+1)
			}
		}
	}
}
