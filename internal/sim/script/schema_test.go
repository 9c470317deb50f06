package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/yamlfile"
)

// structsOf lists a type and every struct its keys lead to, each once.
func structsOf(t reflect.Type) (all []reflect.Type) {
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || slices.Contains(all, t) {
			return
		}
		all = append(all, t)
		known, fields := yamlfile.Keys(t)
		for _, key := range known {
			walk(t.FieldByIndex(fields[key]).Type)
		}
	}
	walk(t)
	return all
}

// TestTheSchemaIsThatOfTheStructs: api/sim-script.schema.json has exactly the keys, the
// kinds and the choices that the files are read with, each with its comment.
func TestTheSchemaIsThatOfTheStructs(t *testing.T) {
	s := schemer{t: t, says: comments(t)}
	defs := map[string]any{}
	var files []any
	for _, r := range roots() {
		for _, typ := range structsOf(r.typ) {
			defs[name(typ)] = s.object(typ)
		}
		files = append(files, ref(r.typ))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Scripts of edged's simulators",
		"$comment": "Made of the structs of internal/sim by its tests (-update). " +
			"A file for one simulator is checked more strictly with #/$defs/" + name(roots()[0].typ) + " and so on.",
		"anyOf": files,
		"$defs": defs,
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../../api/sim-script.schema.json", b.String())
}

type schemer struct {
	t    *testing.T
	says map[string]string // package.Type.Field → comment
}

// name of a struct in the schema.
func name(t reflect.Type) string {
	pkg := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
	if pkg == "script" {
		return t.Name()
	}
	return strings.TrimSuffix(pkg, "sim") + t.Name()
}

func ref(t reflect.Type) any { return map[string]any{"$ref": "#/$defs/" + name(t)} }

func (s schemer) object(t reflect.Type) any {
	known, fields := yamlfile.Keys(t)
	properties := map[string]any{}
	for _, key := range known {
		f := t.FieldByIndex(fields[key])
		owner := t
		for _, i := range fields[key][:len(fields[key])-1] {
			owner = owner.Field(i).Type
		}
		p := s.value(f.Type)
		p["description"] = s.comment(owner, f.Name)
		if owner == reflect.TypeFor[readersim.Options]() && f.Name == "Family" {
			p["enum"] = readersim.Families()
		}
		properties[key] = p
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

func (s schemer) value(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`}
	case t.Kind() == reflect.Pointer:
		return s.value(t.Elem())
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": s.value(t.Elem())}
	case t.Kind() == reflect.Struct:
		return map[string]any{"$ref": "#/$defs/" + name(t)}
	case t.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case t.Kind() == reflect.Uint8:
		return map[string]any{"type": "integer", "minimum": 0, "maximum": 255}
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return map[string]any{"type": "integer"}
	case t.Kind() == reflect.String:
		p := map[string]any{"type": "string"}
		if c, ok := reflect.Zero(t).Interface().(yamlfile.Chooser); ok {
			p["enum"] = c.Choices()
		}
		return p
	}
	s.t.Fatalf("no schema for %s", t)
	return nil
}

func (s schemer) comment(owner reflect.Type, field string) string {
	key := fmt.Sprintf("%s.%s", owner, field)
	if s.says[key] == "" {
		s.t.Errorf("%s has no comment: what is it?", key)
	}
	return s.says[key]
}

// comments reads what the fields' comments say.
func comments(t *testing.T) map[string]string {
	says := map[string]string{}
	for _, dir := range []string{".", "../saassim", "../readersim", "../displaysim"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok {
					fieldComments(says, tree.Name.Name, spec)
				}
				return true
			})
		}
	}
	return says
}

func fieldComments(says map[string]string, pkg string, spec *ast.TypeSpec) {
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		text := f.Comment.Text()
		if text == "" {
			text = f.Doc.Text()
		}
		for _, n := range f.Names {
			says[fmt.Sprintf("%s.%s.%s", pkg, spec.Name, n.Name)] = strings.Join(strings.Fields(text), " ")
		}
	}
}
