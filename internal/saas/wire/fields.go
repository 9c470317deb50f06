package wire

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govalues/decimal"

	"edged/internal/money"
)

// fields reads the names of one object and keeps the first error, so that a
// decoder is a list of names rather than of error checks.
type fields struct {
	object
	err error
}

func (v value) fields() (*fields, error) {
	o, err := v.object()
	return &fields{object: o}, err
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// get gives a value that is there and not null.
func (f *fields) get(name string) (value, bool) {
	v, ok, err := f.find(fold(name))
	if err != nil {
		f.fail(err)
		return value{}, false
	}
	return v, ok && !v.isNull()
}

// require gives a value that must be there.
func (f *fields) require(name string) (value, bool) {
	v, ok := f.get(name)
	if !ok {
		f.fail(&FormatError{f.at.off, join(f.at.path, name), "missing", ErrShape})
	}
	return v, ok
}

// id reads an identifier: string or number, "" if absent.
func (f *fields) id(name string) string {
	v, ok := f.get(name)
	if !ok {
		return ""
	}
	s, err := v.identifier()
	if err != nil {
		f.fail(err)
	}
	return s
}

// requiredID reads an identifier that must be there and not empty.
func (f *fields) requiredID(name string) string {
	if _, ok := f.require(name); !ok {
		return ""
	}
	s := f.id(name)
	if s == "" {
		f.fail(&FormatError{f.at.off, join(f.at.path, name), "empty", ErrShape})
	}
	return s
}

// text reads words meant for people. Whatever stands there is taken: a string as
// it is, anything else as its JSON, both cut to 512 characters.
func (f *fields) text(name string) string {
	v, ok := f.get(name)
	if !ok {
		return ""
	}
	return v.words()
}

// integer reads a whole number, 0 if absent.
func (f *fields) integer(name string) int64 {
	v, ok := f.get(name)
	if !ok {
		return 0
	}
	n, err := v.integer()
	if err != nil {
		f.fail(err)
	}
	return n
}

// small is integer for counts and codes that fit 32 bits.
func (f *fields) small(name string) int {
	n := f.integer(name)
	if n < math.MinInt32 || n > math.MaxInt32 {
		f.fail(&FormatError{f.at.off, join(f.at.path, name), "does not fit 32 bits", ErrShape})
		return 0
	}
	return int(n)
}

// decimal reads an exact decimal, 0 if absent.
func (f *fields) decimal(name string) decimal.Decimal {
	v, ok := f.get(name)
	if !ok {
		return decimal.Decimal{}
	}
	d, err := v.decimal()
	if err != nil {
		f.fail(err)
	}
	return d
}

// boolean reads a truth value; known is false if it is absent.
func (f *fields) boolean(name string) (b, known bool) {
	v, ok := f.get(name)
	if !ok {
		return false, false
	}
	b, err := v.boolean()
	if err != nil {
		f.fail(err)
		return false, false
	}
	return b, true
}

// literal gives the text of a string or number, the empty text of null.
func (v value) literal() (string, error) {
	switch v.kind() {
	case "string":
		return v.unquote(), nil
	case "number":
		return string(v.raw), nil
	}
	return "", v.wrong("string or number")
}

func (v value) identifier() (string, error) {
	s, err := v.literal()
	if err != nil {
		return "", err
	}
	if len(s) > maxID {
		return "", &FormatError{v.off, v.path, "more than " + strconv.Itoa(maxID) + " bytes", ErrTooLarge}
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", &FormatError{v.off, v.path, "control character in an identifier", ErrShape}
	}
	if strings.ContainsRune(s, utf8.RuneError) {
		// It could not be told back to the SaaS as it was: reports would be about nothing.
		return "", &FormatError{v.off, v.path, "an identifier that is no UTF-8", ErrShape}
	}
	return s, nil
}

func (v value) integer() (int64, error) {
	d, err := v.decimal()
	if err != nil {
		return 0, err
	}
	whole, _, ok := d.Int64(0)
	if !ok || !d.IsInt() {
		return 0, &FormatError{v.off, v.path, "want a whole number", ErrShape}
	}
	return whole, nil
}

func (v value) decimal() (decimal.Decimal, error) {
	s, err := v.literal()
	if err != nil {
		return decimal.Decimal{}, err
	}
	d, err := money.ParseDecimal(strings.TrimSpace(s))
	if err != nil {
		return decimal.Decimal{}, &FormatError{v.off, v.path, cause(err), ErrShape}
	}
	return d, nil
}

// cause gives a number's error without the number: what stands there may be
// anything.
func cause(err error) string {
	for _, sentinel := range []error{money.ErrSyntax, money.ErrPrecision, money.ErrOverflow} {
		if errors.Is(err, sentinel) {
			return sentinel.Error()
		}
	}
	return "not a number"
}

func (v value) boolean() (bool, error) {
	s := string(v.raw)
	if v.kind() == "string" {
		s = strings.ToLower(v.unquote())
	}
	switch s {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, v.wrong("boolean")
}

func (v value) words() string {
	s := string(v.raw)
	if v.kind() == "string" {
		s = v.unquote()
	}
	s, _ = clip(s, maxText)
	return s
}

// clip cuts a text to limit runes and replaces control characters, so that it can
// stand in a log, on a display or in a terminal.
func clip(s string, limit int) (_ string, cut bool) {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit {
			return b.String(), true
		}
		if unicode.IsControl(r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return b.String(), false
}
