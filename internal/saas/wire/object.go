package wire

import (
	"strconv"
	"strings"
)

// member is one name of an object with its value.
type member struct {
	name string // folded
	val  value
}

// object is a JSON object whose names are looked up folded: the SaaS writes them
// in PascalCase or lowerCamelCase depending on the route, and its document prints
// some with spaces.
type object struct {
	at      value
	members []member
}

// object splits an object. Values stay unread until somebody asks for them.
func (v value) object() (object, error) {
	o := object{at: v}
	if v.raw[0] != '{' {
		return o, v.wrong("object")
	}
	for i := skipSpace(v.raw, 1); v.raw[i] != '}'; {
		if len(o.members) == maxNames {
			return o, &FormatError{v.off + i, v.path, "more than " + strconv.Itoa(maxNames) + " names", ErrTooLarge}
		}
		nameEnd := skipValue(v.raw, i)
		name := value{raw: v.raw[i:nameEnd]}.unquote()
		start := skipSpace(v.raw, skipSpace(v.raw, nameEnd)+1) // over the colon
		end := skipValue(v.raw, start)
		o.members = append(o.members, member{fold(name), value{v.raw[start:end], v.off + start, join(v.path, name)}})
		i = skipComma(v.raw, end)
	}
	return o, nil
}

func join(path, name string) string {
	name, _ = clip(name, 40)
	if path == "" {
		return name
	}
	return path + "." + name
}

// fold makes names comparable: ASCII lower case without spaces.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return -1
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// find looks a folded name up; a name that occurs twice is an error, since a
// reader that takes the other one would see another message.
func (o object) find(folded string) (value, bool, error) {
	var found value
	var ok bool
	for _, m := range o.members {
		if m.name != folded {
			continue
		}
		if ok {
			return value{}, false, &FormatError{m.val.off, m.val.path, "", ErrDuplicate}
		}
		found, ok = m.val, true
	}
	return found, ok, nil
}

// has tells whether a folded name occurs at all.
func (o object) has(folded string) bool {
	for _, m := range o.members {
		if m.name == folded {
			return true
		}
	}
	return false
}
