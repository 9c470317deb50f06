package errcode

import (
	"errors"
	"strings"
)

// Code names an entry of the catalogue: EDG-AREA-NNN. "" is none.
type Code string

// Coded is an error that knows its code.
type Coded interface {
	error
	ErrCode() Code
}

// New returns an error with a code, for sentinels. Its text is text alone.
func New(code Code, text string) error { return &coded{code, errors.New(text)} }

// Wrap gives err a code and keeps its text and its chain; nil stays nil.
func Wrap(code Code, err error) error {
	if err == nil {
		return nil
	}
	return &coded{code, err}
}

// Of finds the code of err: the outermost of its chain, the first of joined errors.
func Of(err error) (Code, bool) {
	var c Coded
	if !errors.As(err, &c) {
		return "", false
	}
	code := c.ErrCode()
	return code, code != ""
}

// Text is the code of err, "" if it has none.
func Text(err error) string {
	code, _ := Of(err)
	return string(code)
}

// Or is the code of err, or the given one if it has none.
func Or(err error, code Code) Code {
	if c, ok := Of(err); ok {
		return c
	}
	return code
}

type coded struct {
	code Code
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }
func (c *coded) ErrCode() Code { return c.code }

// prefix is what every code begins with.
const prefix = "EDG-"

// Area is the middle of a code: ZVT of EDG-ZVT-014; "" if it is not one.
func (c Code) Area() string {
	area, _, _ := strings.Cut(strings.TrimPrefix(string(c), prefix), "-")
	return area
}
