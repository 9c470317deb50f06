package yamlfile

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"edged/internal/errcode"
)

// defaulter is a part of a file that has defaults of its own each time
// it appears.
type defaulter interface{ SetDefaults() }

// Decoder walks the syntax tree and the structs side by side. It does not stop at
// the first problem, as the YAML library's own decoder does.
type Decoder struct {
	file     string
	problems []Problem
	lines    map[string]int  // path of every key that was read → its line
	failed   map[string]bool // paths that could not be read: checks keep quiet about them
	reported map[string]bool // paths that a check has found wrong
}

// NewDecoder returns one for a file of that name; nothing is read yet.
func NewDecoder(file string) *Decoder {
	return &Decoder{file: file, lines: map[string]int{"": 1}, failed: map[string]bool{}, reported: map[string]bool{}}
}

// Decode reads data over what into, a pointer to a struct, holds already.
func (d *Decoder) Decode(data []byte, into any) {
	if node := d.Document(data); node != nil {
		d.Value("", node, reflect.ValueOf(into).Elem())
	}
}

// Value reads node into v, which is addressable.
func (d *Decoder) Value(path string, node ast.Node, v reflect.Value) {
	if s, ok := v.Addr().Interface().(Scalar); ok {
		d.scalar(path, node, s)
		return
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d.scalar(path, node, (*duration)(v.Addr().Interface().(*time.Duration)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(path, node, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.Value(path, node, v.Elem())
	case reflect.Slice:
		d.List(path, node, v)
	case reflect.String:
		d.text(path, node, v)
	case reflect.Bool:
		d.boolean(path, node, v)
	case reflect.Int, reflect.Int64, reflect.Uint8:
		d.integer(path, node, v)
	default:
		panic("yamlfile: no decoder for " + v.Type().String()) // a bug in the struct, seen by every test
	}
}

// mapping reads the keys of a struct.
func (d *Decoder) mapping(path string, node ast.Node, v reflect.Value) {
	if def, ok := v.Addr().Interface().(defaulter); ok {
		def.SetDefaults()
	}
	known, fields := Keys(v.Type())
	d.Entries(path, node, known, func(key, at string, value ast.Node) { d.Value(at, value, v.FieldByIndex(fields[key])) })
}

// Entries gives the keys of a block to read, and names the unknown and the doubled
// ones. A block without keys (all commented out) has none.
func (d *Decoder) Entries(path string, node ast.Node, known []string, read func(key, at string, value ast.Node)) {
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
			d.add(errcode.ConfigUnknownKey, line, at, "unknown key, got %s, %s", Quote(key), hintFor(key, known))
		case seen[key] != 0:
			// The first one counts, so that its own problems are found too.
			d.append(errcode.ConfigTwice, line, at, "key given twice, got it on lines %d and %d, want it once", seen[key], line)
		default:
			seen[key], d.lines[at] = line, line
			read(key, at, entry.Value)
		}
	}
}

// List reads a list into v, a slice.
func (d *Decoder) List(path string, node ast.Node, v reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.wrong(path, node, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, n := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = lineOf(n)
		d.Value(at, n, v.Index(i))
	}
}

func (d *Decoder) text(path string, node ast.Node, v reflect.Value) {
	switch n := node.(type) {
	case *ast.StringNode:
		if c, ok := v.Interface().(Chooser); ok && !slices.Contains(c.Choices(), n.Value) {
			d.wrong(path, node, Either(c.Choices()))
			return
		}
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

func (d *Decoder) boolean(path string, node ast.Node, v reflect.Value) {
	n, ok := node.(*ast.BoolNode)
	if !ok {
		d.wrong(path, node, "true or false")
		return
	}
	v.SetBool(n.Value)
}

func (d *Decoder) integer(path string, node ast.Node, v reflect.Value) {
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		d.wrong(path, node, "a whole number")
		return
	}
	text, base := n.GetToken().Value, 10
	if strings.HasPrefix(text, "0x") {
		base = 0 // codes are written as their documents write them
	}
	i, err := strconv.ParseInt(text, base, min(v.Type().Bits(), 32))
	switch {
	case v.Kind() == reflect.Uint8:
		b, err := strconv.ParseUint(text, base, 8)
		if err != nil {
			d.wrong(path, node, "a byte, 0 to 0xff")
			return
		}
		v.SetUint(b)
	case err != nil:
		d.wrong(path, node, "a whole number")
	default:
		v.SetInt(i)
	}
}

func (d *Decoder) scalar(path string, node ast.Node, s Scalar) {
	switch n := node.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode:
		if s.Parse(n.GetToken().Value) != nil {
			d.wrong(path, node, s.Want())
		}
	default:
		d.wrong(path, node, s.Want())
	}
}

func (d *Decoder) wrong(path string, node ast.Node, want string) {
	d.add(errcode.ConfigKind, lineOf(node), path, "wrong value, got %s, want %s", describe(node), want)
}

// describe says what a node is, for a person.
func describe(node ast.Node) string {
	switch n := node.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.StringNode:
		return Quote(n.Value)
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

// Keys lists the YAML keys of a struct, in order, and where their fields are. The keys
// of a field tagged ",inline" count as the struct's own; a field without a tag is none.
func Keys(t reflect.Type) (known []string, fields map[string][]int) {
	fields = map[string][]int{}
	for i := range t.NumField() {
		tag, how, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case tag == "" && how == "inline":
			inner, at := Keys(t.Field(i).Type)
			for _, key := range inner {
				known, fields[key] = append(known, key), append([]int{i}, at[key]...)
			}
		case tag != "" && tag != "-":
			known, fields[tag] = append(known, tag), []int{i}
		}
	}
	return known, fields
}

// join appends a key to a path. Whatever is not a plain word is quoted, so that a
// key cannot forge a line of output.
func join(path, key string) string {
	if strings.ContainsFunc(key, func(r rune) bool { return !strings.ContainsRune(keyRunes, r) }) || len(key) > MaxQuoted {
		key = Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

const keyRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-<"
