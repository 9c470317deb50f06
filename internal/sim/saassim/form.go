package saassim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// member is one name and value of a JSON object; names are kept in Pascal case.
type member struct {
	name  string
	value any // object, []object, json.RawMessage or what encoding/json takes
}

// object is a JSON object whose names can be written in either case.
type object []member

// encode writes v with names in the given form.
func encode(v any, keys KeyForm) json.RawMessage {
	var b bytes.Buffer
	writeValue(&b, v, keys)
	return b.Bytes()
}

func writeValue(b *bytes.Buffer, v any, keys KeyForm) {
	switch v := v.(type) {
	case object:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(b, "%q:", cased(m.name, keys))
			writeValue(b, m.value, keys)
		}
		b.WriteByte('}')
	case []object:
		b.WriteByte('[')
		for i, o := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeValue(b, o, keys)
		}
		b.WriteByte(']')
	case json.RawMessage:
		b.Write(v)
	default:
		p, err := json.Marshal(v)
		if err != nil {
			p = []byte("null")
		}
		b.Write(p)
	}
}

func cased(name string, keys KeyForm) string {
	if keys == Pascal {
		return name
	}
	r := []rune(name)
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// inForm writes data as an object, as a string holding its JSON, or as null.
func inForm(data any, form DataForm, keys KeyForm) json.RawMessage {
	switch form {
	case AsNull:
		return json.RawMessage("null")
	case AsString:
		return encode(string(encode(data, keys)), keys)
	default:
		return encode(data, keys)
	}
}

// price writes minor units as a decimal number, exactly.
func price(minor int64, exponent int) json.RawMessage {
	if exponent == 0 {
		return json.RawMessage(fmt.Sprint(minor))
	}
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	s := fmt.Sprintf("%0*d", exponent+1, minor)
	return json.RawMessage(sign + s[:len(s)-exponent] + "." + s[len(s)-exponent:])
}

func (s *Sim) products(lines []Line) []object {
	all := []object{}
	for _, l := range lines {
		all = append(all, object{
			{"Id", l.ID},
			{"AlisName", l.Name},
			{"BuyCount", number(l.Count)},
			{"MeterType", max(l.Meter, 1)},
			{"Price", price(l.PriceMinor, *s.opt.Exponent)},
			{"PictureUrl", ""},
		})
	}
	return all
}

// number writes a count as it stands if JSON takes it, else as a string.
func number(s string) any {
	if strings.TrimSpace(s) == s && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	return s
}
