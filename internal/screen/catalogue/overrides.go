package catalogue

import (
	"reflect"
	"strings"
)

// Overrides are an operator's own texts. The zero value has none. It must not be
// changed once it is used.
type Overrides struct {
	width func(string) int
	texts map[string]map[string][]Text // by language and key
}

// NewOverrides makes an empty one. width is how many cells a text takes on the display
// that shows most poorly; nil counts runes.
func NewOverrides(width func(string) int) *Overrides {
	if width == nil {
		width = func(s string) int { return len([]rune(s)) }
	}
	return &Overrides{width: width, texts: map[string]map[string][]Text{}}
}

// Keys lists the names of the messages, in the order of a purchase.
func Keys() []string {
	var keys []string
	t := reflect.TypeFor[Texts]()
	for i := range t.NumField() {
		if k := t.Field(i).Tag.Get("key"); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

// Add takes a message of a language: its rows, two a page, in which a value stands at
// the end and a | parts longer from shorter forms of what stands before it. Nothing is
// taken if there is a fault. lang must be one of Languages, key one of Keys.
func (o *Overrides) Add(lang, key string, rows []string) []Fault {
	p := &parser{form: formOf(key, english().message(key)), width: o.width}
	texts := p.message(rows)
	p.missing(rows)
	if len(p.faults) > 0 {
		return p.faults
	}
	if o.texts[lang] == nil {
		o.texts[lang] = map[string][]Text{}
	}
	o.texts[lang][key] = texts
	return nil
}

// apply puts the operator's texts of a language in the place of its own.
func (o *Overrides) apply(t *Texts, lang string) {
	if o == nil {
		return
	}
	for key, texts := range o.texts[lang] {
		switch f := t.field(key).Addr().Interface().(type) {
		case *Text:
			*f = texts[0]
		case *[]Text:
			*f = texts
		}
	}
}

// message gives the texts of a key.
func (t *Texts) message(key string) []Text {
	switch f := t.field(key).Interface().(type) {
	case Text:
		return []Text{f}
	case []Text:
		return f
	}
	return nil
}

func (t *Texts) field(key string) reflect.Value {
	v := reflect.ValueOf(t).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("key") == key {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// Rows lists every row of every message, as the catalogue has it: for tests and tools.
func (t *Texts) Rows() []string {
	var rows []string
	for _, key := range Keys() {
		for _, text := range t.message(key) {
			rows = append(rows, strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\f' })...)
		}
	}
	return rows
}
