package rules

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Package is what `go list` says of one.
type Package struct {
	ImportPath string
	Dir        string
	Name       string
	Doc        string
	Standard   bool
	CgoFiles   []string
	Imports    []string
	Deps       []string
}

// packages are those of this module, without tests.
var packages = sync.OnceValues(func() ([]Package, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,Standard,CgoFiles,Imports,Deps", "tally/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(string(exit.Stderr))
		}
		return nil, err
	}
	var list []Package
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
})

func list(t *testing.T) []Package {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// in reports whether a package is the part of the program with that name, or
// lies below it: in("tally/ui/desktop", "ui").
func in(path, part string) bool {
	return path == "tally/"+part || strings.HasPrefix(path, "tally/"+part+"/")
}

func inAny(path string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return in(path, part) })
}

func ours(path string) bool { return path == "tally" || strings.HasPrefix(path, "tally/") }

// TestImportsFollowTheSignal: ui → app → {capture, encoder, rtmpout}, and
// encoder → capture for the frame type.
func TestImportsFollowTheSignal(t *testing.T) {
	mayImport := map[string][]string{
		"cmd":     {"cmd", "ui", "app", "capture", "encoder", "rtmpout", "assets"},
		"ui":      {"ui", "app", "capture", "encoder", "rtmpout", "assets"},
		"app":     {"app", "capture", "encoder", "rtmpout", "assets"},
		"encoder": {"encoder", "capture"},
		"capture": {"capture"},
		"rtmpout": {"rtmpout"},
		"assets":  {"assets"},
	}
	for _, p := range list(t) {
		part, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, "tally/"), "/")
		allowed, ok := mayImport[part]
		if !ok {
			t.Errorf("%s is in no part of the program", p.ImportPath)
		}
		for _, i := range p.Imports {
			if ours(i) && !inAny(i, allowed...) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// TestOnlyTheWindowKnowsFyne looks at everything that a package pulls in, so
// that no detour counts.
func TestOnlyTheWindowKnowsFyne(t *testing.T) {
	found := false
	for _, p := range list(t) {
		for _, d := range p.Deps {
			if !strings.HasPrefix(d, "fyne.io/") {
				continue
			}
			found = true
			if !inAny(p.ImportPath, "ui", "cmd") {
				t.Errorf("%s depends on %s", p.ImportPath, d)
			}
		}
	}
	if !found {
		t.Error("nothing depends on Fyne: this test looks at the wrong thing")
	}
}

// TestPublisherStandsAlone: somebody could take rtmpout as a library. It needs
// nothing but the standard library and golang.org/x/sys, and no C compiler.
func TestPublisherStandsAlone(t *testing.T) {
	for _, p := range list(t) {
		if !in(p.ImportPath, "rtmpout") {
			continue
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo: %v", p.ImportPath, p.CgoFiles)
		}
		for _, i := range p.Imports {
			first, _, _ := strings.Cut(i, "/")
			standard := !strings.Contains(first, ".") && !ours(i)
			sys := i == "golang.org/x/sys" || strings.HasPrefix(i, "golang.org/x/sys/")
			if !standard && !sys && !in(i, "rtmpout") {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// TestEachPackageSaysWhatItIs wants a first sentence in the form that go doc
// shows.
func TestEachPackageSaysWhatItIs(t *testing.T) {
	for _, p := range list(t) {
		want := []string{"Package " + p.Name + " "}
		if p.Name == "main" {
			want = []string{"Tally is ", "Command "}
		}
		if !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(p.Doc, w) }) {
			t.Errorf("%s: its doc comment begins with %q, not with one of %q", p.ImportPath, p.Doc, want)
		}
	}
}
