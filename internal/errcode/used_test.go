package errcode_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryCodeIsGivenToSomething: an entry that nothing leads to is not one.
func TestEveryCodeIsGivenToSomething(t *testing.T) {
	used := map[string]bool{}
	walk(t, func(path string) {
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(path, filepath.Join("internal", "errcode")) {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if room, ok := s.X.(*ast.Ident); ok && room.Name == "errcode" {
					used[s.Sel.Name] = true
				}
			}
			return true
		})
	})
	for code, name := range constants(t) {
		if !used[name] {
			t.Errorf("nothing has the code %s (%s)", code, name)
		}
	}
}
