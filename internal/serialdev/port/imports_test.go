package port

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The room moves bytes and knows nobody; its errors name codes.
func TestForbiddenImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			if strings.HasPrefix(path, "edged/") && path != "edged/internal/errcode" {
				t.Errorf("%s imports %s: a line knows no protocol and no other room", name, path)
			}
			if path == "log/slog" || path == "log" {
				t.Errorf("%s imports %s: a line returns errors, its owner logs them", name, path)
			}
		}
	}
}
