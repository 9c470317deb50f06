package modelcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A guard is taken out of the source, not out of a running program: each one that is
// listed is wrapped so that its name in EDGED_GUARD_OUT takes it out, and the explorer
// is built once over that (go test -overlay). What ships knows nothing of it.

// place is where a guard stands.
type place struct {
	file     string // below internal/
	from, to int
}

// steps are the sources that the guards are in.
type steps struct {
	src   map[string][]byte
	exprs map[string][]place // by package.function: expression
}

func readSteps(t *testing.T) steps {
	t.Helper()
	s := steps{src: map[string][]byte{}, exprs: map[string][]place{}}
	for _, room := range []string{"purchase", "lane"} {
		files, err := filepath.Glob("../" + room + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			file = strings.TrimPrefix(file, "../")
			s.src[file] = src
			if err := s.find(room, file, src); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// find notes every expression of every function.
func (s *steps) find(room, file string, src []byte) error {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, src, 0)
	if err != nil {
		return err
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if x, ok := n.(ast.Expr); ok {
				p := place{file, set.Position(x.Pos()).Offset, set.Position(x.End()).Offset}
				key := room + "." + fn.Name.Name + ": " + strings.Join(strings.Fields(string(src[p.from:p.to])), " ")
				s.exprs[key] = append(s.exprs[key], p)
			}
			return true
		})
	}
	return nil
}

// at finds the guard; " #2" behind a condition means the second such of two in its
// function. Any other must be there once.
func (s *steps) at(g guard) (place, error) {
	cond, number, _ := strings.Cut(g.cond, " #")
	found := s.exprs[g.fn+": "+cond]
	switch {
	case number == "" && len(found) == 1, number == "1" && len(found) == 2:
		return found[0], nil
	case number == "2" && len(found) == 2:
		return found[1], nil
	}
	return place{}, fmt.Errorf("guard %s is %d times in the source", g, len(found))
}

// buildWithout builds this package's tests over sources whose guards can be taken out.
func buildWithout(t *testing.T, all []guard) (binary string) {
	t.Helper()
	s := readSteps(t)
	wraps := map[string][]wrap{}
	for _, g := range all {
		p, err := s.at(g)
		if err != nil {
			t.Error(err)
			continue
		}
		wraps[p.file] = append(wraps[p.file], wrapOf(g, p)...)
	}
	if t.Failed() {
		t.FailNow()
	}
	o := overlay{dir: t.TempDir(), Replace: map[string]string{}}
	for file, src := range s.src {
		o.put(t, file, wrapped(src, wraps[file]))
	}
	for _, room := range []string{"purchase", "lane"} {
		o.put(t, room+"/guard_out.go", fmt.Appendf(nil, guardOutFile, room))
	}
	return o.build(t)
}

// guardOutFile is added to both packages.
const guardOutFile = `package %s

import "os"

var guardIsOut = os.Getenv("EDGED_GUARD_OUT")

func guardOut(name string) bool { return guardIsOut == name }
`

// wrap is a text to be put into the source.
type wrap struct {
	at    int
	end   bool // it closes, and stands before what opens at the same place
	outer int  // longer expressions open first and close last
	text  string
}

func wrapOf(g guard, p place) []wrap {
	open := fmt.Sprintf("(!guardOut(%q) && (", g)
	if g.always {
		open = fmt.Sprintf("(guardOut(%q) || (", g)
	}
	return []wrap{{p.from, false, p.to - p.from, open}, {p.to, true, p.to - p.from, "))"}}
}

func wrapped(src []byte, wraps []wrap) []byte {
	slices.SortStableFunc(wraps, func(a, b wrap) int {
		switch {
		case a.at != b.at:
			return a.at - b.at
		case a.end != b.end && a.end:
			return -1
		case a.end != b.end:
			return 1
		case a.end:
			return a.outer - b.outer
		}
		return b.outer - a.outer
	})
	var out bytes.Buffer
	done := 0
	for _, w := range wraps {
		out.Write(src[done:w.at])
		out.WriteString(w.text)
		done = w.at
	}
	out.Write(src[done:])
	return out.Bytes()
}

// overlay is the file of go build -overlay.
type overlay struct {
	dir     string
	Replace map[string]string
}

func (o *overlay) put(t *testing.T, file string, text []byte) {
	t.Helper()
	to := filepath.Join(o.dir, strings.ReplaceAll(file, "/", "_"))
	from, err := filepath.Abs(filepath.Join("..", file))
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Replace[from] = to
}

func (o *overlay) build(t *testing.T) string {
	t.Helper()
	b, err := json.Marshal(o)
	config := filepath.Join(o.dir, "overlay.json")
	if err == nil {
		err = os.WriteFile(config, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(o.dir, "without.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", config, "-o", binary, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}
