// Package deptest holds the direction of imports between the rooms of edged: a
// table of what each room may not reach, and why.
//
// It reads the sources itself instead of asking the go tool, so that go test sees
// the files it depends on and does not cache a stale pass. It promises to name the
// way by which a forbidden package is reached, and knows nothing of what the rooms
// do.
package deptest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Tree is the non-test source of the module, package by package. Package paths
// within the module are relative to it: "internal/purchase".
type Tree struct {
	module   string
	packages map[string]*pkg
}

type pkg struct {
	imports []string // sorted, own packages without the module's name
	uses    []Use    // of names of imported packages
	inits   []string // positions of init functions
	floats  []string // positions of the predeclared float and complex types
}

// Use is one mention of a name of another package, e.g. time.Now.
type Use struct {
	Name string // import path, dot, name
	At   string // file:line
}

// Load reads every package below root, the directory of go.mod.
func Load(root string) (*Tree, error) {
	module, err := moduleOf(root)
	if err != nil {
		return nil, err
	}
	t := &Tree{module: module, packages: map[string]*pkg{}}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || strings.HasPrefix(name, ".") && path != root):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		return t.add(root, path)
	})
	return t, err
}

// Root finds the directory of go.mod from the working directory upwards.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}

func moduleOf(root string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(strings.TrimPrefix(line, "module ")), nil
}

// add reads one file. Build constraints are not looked at: what any of the builds
// imports counts.
func (t *Tree) add(root, file string) error {
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, rel, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	name := filepath.ToSlash(filepath.Dir(rel))
	p := t.packages[name]
	if p == nil {
		p = &pkg{}
		t.packages[name] = p
	}
	t.read(p, fset, f)
	return nil
}

// read takes imports, uses, init functions and float types out of a file.
func (t *Tree) read(p *pkg, fset *token.FileSet, f *ast.File) {
	local := map[string]string{} // the file's name of a package → its path
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it
		}
		path = strings.TrimPrefix(path, t.module+"/")
		if i, found := slices.BinarySearch(p.imports, path); !found {
			p.imports = slices.Insert(p.imports, i, path)
		}
		local[localName(spec, path)] = path
	}
	at := func(n ast.Node) string {
		pos := fset.Position(n.Pos())
		return fmt.Sprintf("%s:%d", pos.Filename, pos.Line)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && local[x.Name] != "" {
				p.uses = append(p.uses, Use{Name: local[x.Name] + "." + n.Sel.Name, At: at(n)})
			}
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				p.inits = append(p.inits, at(n))
			}
		case *ast.Ident:
			switch n.Name {
			case "float32", "float64", "complex64", "complex128":
				p.floats = append(p.floats, at(n))
			}
		}
		return true
	})
}

// localName is how a file calls a package: its alias, or the last element of its
// path that is no version.
func localName(spec *ast.ImportSpec, path string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	elements := strings.Split(path, "/")
	last := elements[len(elements)-1]
	if len(elements) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = elements[len(elements)-2]
	}
	return last
}
