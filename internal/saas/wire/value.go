package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// value is one JSON value known to be well formed, with where it stood.
type value struct {
	raw  []byte
	off  int
	path string
}

// parse checks that b is exactly one JSON value within the bounds. A byte order
// mark before it is skipped, as RFC 8259 §8.1 allows.
func parse(b []byte, limit int, path string) (value, error) {
	v := value{raw: b, path: path}
	if len(b) > limit {
		return v, &FormatError{limit, path, "more than " + strconv.Itoa(limit) + " bytes", ErrTooLarge}
	}
	v.raw = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	v.off = len(b) - len(v.raw)
	if err := v.checkDepth(); err != nil {
		return v, err
	}
	if err := v.checkSyntax(); err != nil {
		return v, err
	}
	lead := skipSpace(v.raw, 0)
	v.raw = bytes.TrimRight(v.raw[lead:], " \t\r\n")
	v.off += lead
	return v, nil
}

func (v value) checkSyntax() error {
	if i := skipSpace(v.raw, 0); i < len(v.raw) && v.raw[i] == '<' {
		return &FormatError{v.off + i, v.path, "an HTML or XML page", ErrSyntax}
	}
	var discard json.RawMessage
	err := json.Unmarshal(v.raw, &discard)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &FormatError{v.off, v.path, "", ErrSyntax}
	}
	// SyntaxError.Offset counts the bytes read, the offending one included.
	if at := int(syntax.Offset) - 1; !v.endsEarly(syntax) && at >= 0 {
		return &FormatError{v.off + at, v.path, syntax.Error(), ErrSyntax}
	}
	return &FormatError{v.off + len(v.raw), v.path, "ends too early", ErrSyntax}
}

// endsEarly recognises truncation. Inside a number encoding/json reports it as an
// invalid space that is not there.
func (v value) endsEarly(syntax *json.SyntaxError) bool {
	if int(syntax.Offset) < len(v.raw) {
		return false
	}
	phantom := strings.Contains(syntax.Error(), "invalid character ' '") && !bytes.HasSuffix(v.raw, []byte(" "))
	return phantom || strings.Contains(syntax.Error(), "unexpected end")
}

// checkDepth runs before the syntax is known to be good, over any bytes.
func (v value) checkDepth() error {
	depth, inString := 0, false
	for i := 0; i < len(v.raw); i++ {
		switch c := v.raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return &FormatError{v.off + i, v.path, "", ErrTooDeep}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// kind names the value's JSON type.
func (v value) kind() string {
	switch v.raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	default:
		return "number"
	}
}

func (v value) isNull() bool { return v.raw[0] == 'n' }

func (v value) wrong(want string) error {
	return &FormatError{v.off, v.path, "want " + want + ", got " + v.kind(), ErrShape}
}

// unquote gives the text of a string.
func (v value) unquote() string {
	var s string
	if json.Unmarshal(v.raw, &s) != nil {
		return "" // not reached: raw is a well-formed string
	}
	return s
}

// elements splits an array.
func (v value) elements(limit int) ([]value, error) {
	if v.raw[0] != '[' {
		return nil, v.wrong("array")
	}
	var out []value
	for i := skipSpace(v.raw, 1); v.raw[i] != ']'; {
		if len(out) == limit {
			return nil, &FormatError{v.off + i, v.path, "more than " + strconv.Itoa(limit) + " entries", ErrTooLarge}
		}
		end := skipValue(v.raw, i)
		out = append(out, value{v.raw[i:end], v.off + i, v.path + "[" + strconv.Itoa(len(out)) + "]"})
		i = skipComma(v.raw, end)
	}
	return out, nil
}

// The three skippers below walk bytes that are known to be well formed.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

func skipComma(b []byte, i int) int {
	i = skipSpace(b, i)
	if b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	return i
}

// skipValue gives the index after the value that starts at i.
func skipValue(b []byte, i int) int {
	depth, inString := 0, false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
			if !inString && depth == 0 {
				return i + 1
			}
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth == 0 {
				return i // the end of the container around a bare literal
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			return i
		}
	}
	return i
}
