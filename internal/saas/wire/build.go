package wire

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/govalues/decimal"
)

// Case is how names are written.
type Case int

// The two cases the SaaS uses, depending on the route.
const (
	Camel Case = iota
	Pascal
)

// DataForm is how Data is written.
type DataForm int

// The forms Data comes in.
const (
	DataObject DataForm = iota // as the value it is
	DataString                 // as a string that holds its JSON
	DataNull                   // null, whatever it is
)

// Style says how an answer or a callback is written. The zero Style is the
// lowerCamelCase envelope with Data as an object.
type Style struct {
	Case   Case
	Data   DataForm
	Bare   bool // an answer without the envelope
	Spaced bool // "Refund Order No", as V2 §11.7 prints it
}

// tree is an object to write: names in lowerCamelCase, in order.
type tree []branch

type branch struct {
	name string
	val  any // nil, string, int, int64, bool, decimal.Decimal, tree or []tree
}

// appendTree writes t in the given case.
func appendTree(dst []byte, t tree, c Case) []byte {
	dst = append(dst, '{')
	for i, b := range t {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, cased(b.name, c))
		dst = append(dst, ':')
		dst = appendValue(dst, b.val, c)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, val any, c Case) []byte {
	switch v := val.(type) {
	case string:
		return appendString(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case bool:
		return strconv.AppendBool(dst, v)
	case decimal.Decimal:
		return append(dst, v.String()...)
	case tree:
		return appendTree(dst, v, c)
	case []tree:
		return appendList(dst, v, c)
	default:
		return append(dst, "null"...)
	}
}

func appendList(dst []byte, list []tree, c Case) []byte {
	dst = append(dst, '[')
	for i, t := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendTree(dst, t, c)
	}
	return append(dst, ']')
}

// cased writes a lowerCamelCase name in the given case.
func cased(name string, c Case) string {
	if c == Pascal && 'a' <= name[0] && name[0] <= 'z' {
		return string(name[0]-'a'+'A') + name[1:]
	}
	return name
}

// appendString writes a JSON string without HTML escapes.
func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return append(dst, `""`...) // not reached: a string always encodes
	}
	return append(dst, bytes.TrimRight(b.Bytes(), "\n")...)
}

// inForm gives val in the form the style asks for.
func (s Style) inForm(val any) any {
	switch {
	case s.Data == DataNull:
		return nil
	case s.Data == DataString:
		if text, ok := val.(string); ok {
			return text
		}
		return string(appendValue(nil, val, s.Case))
	}
	return val
}
