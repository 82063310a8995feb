package apptest

import (
	"os"
	"path/filepath"
	"testing"
)

// WriteFiles writes texts into files of a folder, by their paths in it, and makes the
// folders that they need. Only this user can read them.
func WriteFiles(t testing.TB, dir string, texts map[string]string) {
	t.Helper()
	for path, text := range texts {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
