package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// defaulter is a part of the configuration that has defaults of its own each time
// it appears.
type defaulter interface{ setDefaults() }

// decoder walks the syntax tree and the structs side by side. It does not stop at
// the first problem, as the YAML library's own decoder does.
type decoder struct {
	file     string
	problems []Problem
	lines    map[string]int  // path of every key that was read → its line
	failed   map[string]bool // paths with a problem: validation keeps quiet about them
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, lines: map[string]int{"": 1}, failed: map[string]bool{}}
}

func (d *decoder) add(line int, path, format string, args ...any) {
	d.failed[path] = true
	d.append(line, path, format, args...)
}

func (d *decoder) append(line int, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

// value reads node into v, which is addressable.
func (d *decoder) value(path string, node ast.Node, v reflect.Value) {
	if s, ok := v.Addr().Interface().(scalar); ok {
		d.scalar(path, node, s)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(path, node, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(path, node, v.Elem())
	case reflect.Slice:
		d.list(path, node, v)
	case reflect.String:
		d.text(path, node, v)
	case reflect.Bool:
		d.boolean(path, node, v)
	case reflect.Int:
		d.integer(path, node, v)
	default:
		panic("config: no decoder for " + v.Type().String()) // a bug in the struct, seen by every test
	}
}

// mapping reads the keys of a struct.
func (d *decoder) mapping(path string, node ast.Node, v reflect.Value) {
	if def, ok := v.Addr().Interface().(defaulter); ok {
		def.setDefaults()
	}
	known, fields := keysOf(v.Type())
	d.entries(path, node, known, func(key, at string, value ast.Node) { d.value(at, value, v.Field(fields[key])) })
}

// entries gives the keys of a block to read, and names the unknown and the doubled
// ones. A block without keys (all commented out) has none.
func (d *decoder) entries(path string, node ast.Node, known []string, read func(key, at string, value ast.Node)) {
	m, ok := node.(*ast.MappingNode)
	_, empty := node.(*ast.NullNode)
	if !ok && !empty {
		d.wrong(path, node, "a block of keys")
	}
	if !ok {
		return
	}
	seen := map[string]int{}
	for _, entry := range m.Values {
		key, line := entry.Key.GetToken().Value, lineOf(entry.Key)
		at := join(path, key)
		switch {
		case !slices.Contains(known, key):
			d.add(line, at, "unknown key, got %s, %s", quote(key), hintFor(key, known))
		case seen[key] != 0:
			// The first one counts, so that its own problems are found too.
			d.append(line, at, "key given twice, got it on lines %d and %d, want it once", seen[key], line)
		default:
			seen[key], d.lines[at] = line, line
			read(key, at, entry.Value)
		}
	}
}

func (d *decoder) list(path string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.wrong(path, node, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, n := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = lineOf(n)
		d.value(at, n, v.Index(i))
	}
}

func (d *decoder) text(path string, node ast.Node, v reflect.Value) {
	switch n := node.(type) {
	case *ast.StringNode:
		v.SetString(n.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		// Unquoted, YAML may change it: 007 is 7, and 1.10 is 1.1.
		d.wrong(path, node, "text: put it into quotes")
	case *ast.MappingNode:
		d.wrong(path, node, "text on one line, in quotes if it has braces")
	default:
		d.wrong(path, node, "text on one line")
	}
}

func (d *decoder) boolean(path string, node ast.Node, v reflect.Value) {
	n, ok := node.(*ast.BoolNode)
	if !ok {
		d.wrong(path, node, "true or false")
		return
	}
	v.SetBool(n.Value)
}

func (d *decoder) integer(path string, node ast.Node, v reflect.Value) {
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		d.wrong(path, node, "a whole number")
		return
	}
	i, err := strconv.ParseInt(n.GetToken().Value, 10, 32)
	if err != nil {
		d.wrong(path, node, "a whole number")
		return
	}
	v.SetInt(i)
}

func (d *decoder) scalar(path string, node ast.Node, s scalar) {
	switch n := node.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
		if s.parse(n.GetToken().Value) != nil {
			d.wrong(path, node, s.want())
		}
	default:
		d.wrong(path, node, s.want())
	}
}

func (d *decoder) wrong(path string, node ast.Node, want string) {
	d.add(lineOf(node), path, "wrong value, got %s, want %s", describe(node), want)
}

// describe says what a node is, for a person.
func describe(node ast.Node) string {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.StringNode:
		return quote(n.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + n.GetToken().Value
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.MappingNode:
		return "a block of keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.LiteralNode:
		return "text of several lines"
	}
	return "YAML's " + strings.ToLower(node.Type().String()) + ", which is not used here"
}

func lineOf(node ast.Node) int {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 1
	}
	return node.GetToken().Position.Line
}

// keysOf lists the YAML keys of a struct, in order, and their fields.
func keysOf(t reflect.Type) (known []string, fields map[string]int) {
	fields = map[string]int{}
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if tag != "" {
			known = append(known, tag)
			fields[tag] = i
		}
	}
	return known, fields
}

// join appends a key to a path. Whatever is not a plain word is quoted, so that a
// key cannot forge a line of output.
func join(path, key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !strings.ContainsRune(keyRunes, r) }) || len(key) > maxQuoted {
		key = quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

const keyRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-<"
