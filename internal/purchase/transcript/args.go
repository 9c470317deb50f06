package transcript

import (
	"fmt"
	"strconv"
	"strings"

	"edged/internal/money"
	"edged/internal/purchase"
)

// args are the words of a directive: plain ones and key=value. Every one must be
// used, or the directive is not understood.
type args struct {
	words []string
	named map[string]string
	err   error
}

// split cuts a directive into words; a value may be in double quotes.
func split(line string) (*args, error) {
	a := &args{named: map[string]string{}}
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		word, rest, err := next(line)
		if err != nil {
			return nil, err
		}
		line = rest
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			a.words = append(a.words, word)
			continue
		}
		if _, twice := a.named[key]; twice {
			return nil, fmt.Errorf("%w: %s is given twice", ErrSyntax, key)
		}
		a.named[key] = value
	}
	return a, nil
}

// next cuts the first word off; quotes are taken away.
func next(line string) (word, rest string, err error) {
	end := strings.IndexAny(line, " \"")
	if end < 0 {
		return line, "", nil
	}
	if line[end] == ' ' {
		return line[:end], line[end:], nil
	}
	quoted, err := strconv.QuotedPrefix(line[end:])
	if err != nil {
		return "", "", fmt.Errorf("%w: open quote", ErrSyntax)
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return line[:end] + text, line[end+len(quoted):], nil
}

// word takes the next plain word; def, if there is none.
func (a *args) word(def string) string {
	if len(a.words) == 0 {
		return def
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

// flag takes a plain word, wherever it stands.
func (a *args) flag(name string) bool {
	for i, w := range a.words {
		if w == name {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return true
		}
	}
	return false
}

// text takes a named value; def, if it is not given.
func (a *args) text(key, def string) string {
	if v, ok := a.named[key]; ok {
		delete(a.named, key)
		return v
	}
	return def
}

func (a *args) number(key string, def int) int {
	v := a.text(key, "")
	if v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		a.fail("%s=%s is no number", key, v)
	}
	return n
}

// amount takes the next plain word as money, with two decimals.
func (a *args) amount() money.Minor { return a.minor(a.word("")) }

func (a *args) minor(s string) money.Minor {
	m, err := money.ParseSigned(s, currency)
	if err != nil {
		a.fail("%q is no amount", s)
	}
	return m
}

// lines takes the rest of the plain words as products: COUNTxPRICE each.
func (a *args) lines() []purchase.Line {
	var out []purchase.Line
	for len(a.words) > 0 {
		w := a.word("")
		count, price, ok := strings.Cut(w, "x")
		if !ok {
			a.fail("%q is no product (COUNTxPRICE)", w)
		}
		out = append(out, purchase.Line{ID: strconv.Itoa(100 + len(out)), Count: count, Price: price})
	}
	return out
}

func (a *args) fail(format string, v ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("%w: %s", ErrSyntax, fmt.Sprintf(format, v...))
	}
}

// done says whether every word was understood.
func (a *args) done() error {
	if len(a.words) > 0 {
		a.fail("%q is not understood", a.words[0])
	}
	for key := range a.named {
		a.fail("%s= is not understood", key)
	}
	return a.err
}
