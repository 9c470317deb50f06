package errcode_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edged/internal/deptest"
)

// uncoded are records of what passes or was wanted: nobody has to look anything up.
func uncoded() map[string]string {
	return map[string]string{
		"store was written anew":               "good news, at a level that is seen",
		"dead letter is dropped by hand":       "a person did it, and gave the reason",
		"terminal keeps its default baud rate": "slower, and in order",
		"requests cut at shutdown":             "edged was stopped while somebody was still asking",
	}
}

// TestEveryWarningInTheLogHasACode: whatever the daemon logs as warning or error says
// under which code a person finds it. Simulators and the demonstration are not at a site.
func TestEveryWarningInTheLogHasACode(t *testing.T) {
	n, unused := 0, uncoded()
	walk(t, func(path string) {
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || workshop(path) {
			return
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || !warns(call) {
				return true
			}
			n++
			msg := text(call)
			delete(unused, msg)
			if _, ok := uncoded()[msg]; !ok && !names(call, "Code") && !call.Ellipsis.IsValid() {
				t.Errorf("%s: %q has no logkey.Code", set.Position(call.Pos()), msg)
			}
			return true
		})
	})
	for msg := range unused {
		t.Errorf("nothing logs %q any more: take it off the list", msg)
	}
	t.Logf("%d warnings and errors are logged", n)
}

// workshop says that a file is not part of the daemon at a site.
func workshop(path string) bool {
	root, err := deptest.Root()
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return false
	}
	for _, room := range []string{"internal/sim/", "internal/demo/", "internal/testutil/", "packaging/"} {
		if strings.HasPrefix(filepath.ToSlash(rel), room) {
			return true
		}
	}
	return false
}

// warns says that call writes a record of slog as a warning or an error.
func warns(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 || !slices.Contains([]string{"Warn", "Error", "Log", "logOnce"}, s.Sel.Name) {
		return false
	}
	var logger string
	switch x := s.X.(type) {
	case *ast.Ident:
		logger = x.Name
	case *ast.SelectorExpr:
		logger = x.Sel.Name
	}
	return strings.EqualFold(logger, "log") || strings.EqualFold(logger, "logger") || s.Sel.Name == "logOnce"
}

// text is the message of a record.
func text(call *ast.CallExpr) string {
	for _, arg := range call.Args {
		if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return strings.Trim(lit.Value, `"`)
		}
	}
	return ""
}

// names says that a key of logkey is among the arguments.
func names(call *ast.CallExpr, key string) bool {
	for _, arg := range call.Args {
		if s, ok := arg.(*ast.SelectorExpr); ok && s.Sel.Name == key {
			if room, ok := s.X.(*ast.Ident); ok && room.Name == "logkey" {
				return true
			}
		}
	}
	return false
}
