// Command conformance writes CONFORMANCE.md: the rows of the conformance table, what
// each asks for, and the tests that hold it. Row and sentence come from the tests
// themselves: a test named TestR4Something has a comment that begins "R4: ".
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// groups are the rows there are.
var groups = []struct {
	title, prefix string
	rows          int
}{
	{"Handshake (RTMP 1.0 section 5.2)", "H", 7},
	{"Reading chunks (5.3, 5.4)", "R", 10},
	{"Writing chunks (5.3)", "W", 8},
	{"Control and flow (5.4, 7.1.7)", "F", 9},
	{"Connection and commands (7.2)", "N", 19},
	{"Media (FLV 10.1 Annex E)", "M", 7},
	{"Enhanced RTMP v2, video", "E", 8},
	{"Enhanced RTMP v2, audio", "A", 3},
	{"Ending", "S", 2},
	{"Reconnecting", "K", 4},
	{"Transport", "T", 2},
	{"Authentication", "U", 2},
}

var testName = regexp.MustCompile(`^Test([HRWFNMEASKTU][0-9]+)([A-Z]\w*|)$`)

type row struct{ sentences, tests []string }

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	text, err := generate(dir)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "CONFORMANCE.md"), text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func generate(dir string) ([]byte, error) {
	rows := make(map[string]*row)
	for _, pattern := range []string{"*_test.go", "interop/*_test.go"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, file := range files {
			if err := collect(rows, dir, file); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	fmt.Fprint(&b, "# Conformance of rtmpout\n\n",
		"Generated from the tests by `go generate ./rtmpout`; do not edit. Every row is held by the tests named, which run with\n",
		"`go test -v ./rtmpout/...`; those in interop run with `go -C rtmpout/interop test -v ./...`.\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n| row | status | requirement | tests |\n|---|---|---|---|\n", g.title)
		for i := range g.rows {
			id := fmt.Sprintf("%s%d", g.prefix, i+1)
			r := rows[id]
			if r == nil {
				fmt.Fprintf(&b, "| %s | **no test** | | |\n", id)
				continue
			}
			fmt.Fprintf(&b, "| %s | tested | %s | %s |\n", id, strings.Join(r.sentences, " "), strings.Join(r.tests, "<br>"))
		}
	}
	return b.Bytes(), nil
}

func collect(rows map[string]*row, dir, file string) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	place, err := filepath.Rel(dir, file)
	if err != nil {
		return err
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		m := testName.FindStringSubmatch(fn.Name.Name)
		if m == nil {
			continue
		}
		sentence := strings.Join(strings.Fields(fn.Doc.Text()), " ")
		ids, rest, found := strings.Cut(sentence, ": ")
		if !found || !slices.Contains(strings.Fields(ids), m[1]) {
			return fmt.Errorf("%s: the comment of %s does not begin with %q", place, fn.Name.Name, m[1]+": ")
		}
		rest = strings.ToUpper(rest[:1]) + rest[1:]
		rest = strings.ReplaceAll(rest, "|", `\|`)
		for _, id := range strings.Fields(ids) {
			r := rows[id]
			if r == nil {
				r = new(row)
				rows[id] = r
			}
			if !slices.Contains(r.sentences, rest) {
				r.sentences = append(r.sentences, rest)
			}
			r.tests = append(r.tests, fmt.Sprintf("`%s` (%s)", fn.Name.Name, place))
		}
	}
	return nil
}
