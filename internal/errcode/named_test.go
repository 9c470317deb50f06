package errcode_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"edged/internal/deptest"
	"edged/internal/errcode"
)

// constants reads the names of the codes from this room's own files.
func constants(t *testing.T) map[errcode.Code]string {
	t.Helper()
	out := map[errcode.Code]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.HasPrefix(lit.Value, `"EDG-`) && lit.Value != `"EDG-"` {
				code, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				if was := out[errcode.Code(code)]; was != "" {
					t.Errorf("%s is both %s and %s", code, was, spec.Names[0].Name)
				}
				out[errcode.Code(code)] = spec.Names[0].Name
			}
			return true
		})
	}
	return out
}

func TestEveryConstantHasItsEntry(t *testing.T) {
	names := constants(t)
	for code, name := range names {
		if _, ok := errcode.Find(string(code)); !ok {
			t.Errorf("%s (%s) has no entry", name, code)
		}
	}
	for _, e := range errcode.All() {
		if names[e.Code] == "" {
			t.Errorf("%s has no constant", e.Code)
		}
	}
}

var written = regexp.MustCompile(`EDG-[A-Z]+-[0-9]{3}`)

// TestEveryCodeInTheRepositoryIsInTheCatalogue: in code, tests, golden files and
// manuals; only the lists of this room's tests may name one that does not exist.
func TestEveryCodeInTheRepositoryIsInTheCatalogue(t *testing.T) {
	places := 0
	walk(t, func(path string) {
		switch filepath.Ext(path) {
		case ".go", ".md", ".txt", ".json", ".yaml":
		default:
			return
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range written.FindAllString(string(data), -1) {
			if _, ok := errcode.Find(code); !ok && code != unknown {
				t.Errorf("%s names %s, which is not in the catalogue", path, code)
			}
			places++
		}
	})
	t.Logf("codes are named at %d places", places)
}

// unknown is a code that tests ask for in vain.
const unknown = "EDG-ZVT-999"

// walk visits every file of the repository.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	root, err := deptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
