package queue

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestImports holds the arrows of this room.
func TestImports(t *testing.T) {
	forbidden := map[string]string{
		"database/sql":                           "a pool of connections hides which one has the transaction",
		"github.com/ncruces/go-sqlite3/driver":   "the same",
		"edged/internal/testutil/powerfail":      "the simulated disk is for tests",
		"net/http":                               "the store has no face of its own",
		"github.com/ncruces/go-sqlite3/vfs/mvcc": "the database is a file that an engineer can read",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			why := forbidden[path]
			if why == "" && strings.HasPrefix(path, "edged/") && path != "edged/internal/logkey" {
				why = "the store keeps bytes under keys and knows no domain"
			}
			if why != "" {
				t.Errorf("%s imports %s: %s", name, path, why)
			}
		}
	}
}
