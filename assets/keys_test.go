package assets

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sources reads the program's own packages and finds in them what a user may be
// told. Of other packages nothing is read: that costs some types, and the tests
// that fail for it no time.
type sources struct {
	t     *testing.T
	files *token.FileSet
	read  map[string]*types.Package

	texts  map[string]token.Pos     // keys of texts: where they stand
	counts map[string]token.Pos     // keys of texts that count
	ones   map[string]string        // their forms for one thing
	glued  map[token.Pos]ast.Expr   // sentences that were put together
	loose  map[token.Pos]*ast.Ident // tr and its like with a text that is not constant
}

func readSources(t *testing.T, packages ...string) *sources {
	s := &sources{
		t: t, files: token.NewFileSet(), read: map[string]*types.Package{},
		texts: map[string]token.Pos{}, counts: map[string]token.Pos{}, ones: map[string]string{},
		glued: map[token.Pos]ast.Expr{}, loose: map[token.Pos]*ast.Ident{},
	}
	for _, p := range packages {
		if _, err := s.Import("tally/" + p); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Import reads a package of the program, and makes an empty one for any other.
func (s *sources) Import(name string) (*types.Package, error) {
	if p := s.read[name]; p != nil {
		return p, nil
	}
	folder, own := strings.CutPrefix(name, "tally/")
	if !own || strings.Contains(folder, "internal/libav") {
		p := types.NewPackage(name, path.Base(name))
		p.MarkComplete()
		s.read[name] = p
		return p, nil
	}
	found, err := os.ReadDir(filepath.Join("..", folder))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, f := range found {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.files, filepath.Join("..", folder, f.Name()), nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	check := types.Config{Importer: s, FakeImportC: true, Error: func(error) {}} // of what was not read
	p, _ := check.Check(name, s.files, files, info)
	s.read[name] = p
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool { s.look(info, n); return true })
	}
	return p, nil
}

// look notes what a node says to people.
func (s *sources) look(info *types.Info, n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		s.lookAtCall(info, n)
	case *ast.BinaryExpr:
		if n.Op == token.ADD && isSentence(info.Types[n].Type) {
			s.glued[n.Pos()] = n
		}
	case *ast.BasicLit:
		if text, ok := constantOf(info, n); ok && isSentence(info.Types[n].Type) {
			s.texts[text] = n.Pos()
		}
	case *ast.ValueSpec: // rtmpout says in its own types why something failed
		for i, name := range n.Names {
			if c, ok := info.Defs[name].(*types.Const); ok && i < len(n.Values) && isReason(c.Type()) {
				s.texts[constant.StringVal(c.Val())] = n.Values[i].Pos()
			}
		}
	}
}

func (s *sources) lookAtCall(info *types.Info, call *ast.CallExpr) {
	name, ok := call.Fun.(*ast.Ident)
	if selected, is := call.Fun.(*ast.SelectorExpr); is {
		name, ok = selected.Sel, true
	}
	if !ok {
		return
	}
	f, ok := info.Uses[name].(*types.Func)
	if !ok || f.Pkg() == nil {
		return
	}
	switch f.Pkg().Path() + "." + f.Name() {
	case "tally/ui.tr", "tally/app/words.Say":
		if text, ok := constantOf(info, call.Args[0]); ok {
			s.texts[text] = call.Args[0].Pos()
		} else if !isConversion(info, call.Args[0]) {
			s.loose[call.Pos()] = name
		}
	case "tally/ui.trn", "tally/app/words.Count":
		one, ok1 := constantOf(info, call.Args[1])
		many, ok2 := constantOf(info, call.Args[2])
		if !ok1 || !ok2 {
			s.loose[call.Pos()] = name
			return
		}
		s.counts[many], s.ones[many] = call.Args[2].Pos(), one
	}
}

func constantOf(info *types.Info, e ast.Expr) (string, bool) {
	if v := info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v), constant.StringVal(v) != ""
	}
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING && info.Types[e].Type == nil { // within something whose type is not known
		text, err := strconv.Unquote(lit.Value)
		return text, err == nil && text != ""
	}
	return "", false
}

// isConversion tells that a text was a Sentence, which is noted where it stands.
func isConversion(info *types.Info, e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	return ok && len(call.Args) == 1 && isSentence(info.Types[call.Args[0]].Type)
}

func isSentence(t types.Type) bool {
	return t != nil && types.Unalias(t).String() == "tally/app/words.Sentence"
}

func isReason(t types.Type) bool {
	switch t.String() {
	case "tally/rtmpout.URLReason", "tally/rtmpout.TLSReason", "tally/rtmpout.AuthReason", "tally/rtmpout.Peer":
		return true
	}
	return false
}
