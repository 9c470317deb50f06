package escpos

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The room is pure: bytes in, values out. What it may not import, and why.
func TestForbiddenImports(t *testing.T) {
	forbidden := map[string]string{
		"io":       "reading belongs to the driver",
		"os":       "a codec has no files",
		"net":      "a codec has no connection",
		"sync":     "a codec has no goroutines",
		"time":     "pauses belong to the driver",
		"log/slog": "the owner of the line logs",
		"edged":    "a codec knows no other room",
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			for bad, why := range forbidden {
				if path == bad || strings.HasPrefix(path, bad+"/") {
					t.Errorf("%s imports %s: %s", name, path, why)
				}
			}
		}
	}
}
