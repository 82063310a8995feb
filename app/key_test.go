package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testKey = "live_84213_wnGqT5hXyZ"

func TestKeyNeverPrints(t *testing.T) {
	k := NewKey(testKey)
	holder := struct {
		Name string
		Key  Key
		Ptr  *Key
		Map  map[string]Key
	}{"n", k, &k, map[string]Key{"x": k}}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", k, holder)
	}
	for _, v := range []any{k, holder} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", k, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", k, "holder", holder)
	fmt.Fprintln(&out, fmt.Errorf("failed with %v: %w", k, errors.New("x")))
	hexed := fmt.Sprintf("%x", testKey)
	if s := out.String(); strings.Contains(s, testKey) || strings.Contains(s, hexed) {
		t.Errorf("the key shows in\n%s", s)
	}
}

func TestKeysInFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "the store")
	f := &fileKeys{path: filepath.Join(dir, "keys.json")}
	if _, err := f.Get(t.Context(), "a"); !errors.Is(err, ErrNoKey) {
		t.Fatalf("Get before Set: %v", err)
	}
	for id, key := range map[string]string{"a": testKey, "b": "other"} {
		if err := f.Set(t.Context(), id, NewKey(key)); err != nil {
			t.Fatal(err)
		}
	}
	if k, err := f.Get(t.Context(), "a"); err != nil || k.Reveal() != testKey {
		t.Errorf("Get: %v, %v", k, err)
	}
	info, err := os.Stat(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	if f.Note() == "" {
		t.Error("nothing tells the user that there is no keyring")
	}
	if err := f.Forget(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte(testKey)) {
		t.Error("a forgotten key is still in the file")
	}
	if err := os.WriteFile(f.path, []byte(`{"b":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Set(t.Context(), "c", NewKey("x")); err == nil {
		t.Error("a damaged file was overwritten: its keys are lost")
	}
}
