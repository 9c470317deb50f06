package bundle

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"edged/internal/serialdev/zvt"
)

const hidden = "[hidden]"

// redactor takes out what must not leave. Each room keeps M8 by itself; this is for the
// day on which one does not.
type redactor struct {
	secrets [][]byte
	token   *regexp.Regexp // of a header
	mac     *regexp.Regexp // last part of a callback's address (DESIGN §7)
}

// shortest is how long a secret must be to be looked for: "key" stands in many a word.
const shortest = 6

func newRedactor(secrets []string) *redactor {
	r := &redactor{
		token: regexp.MustCompile(`(?i)(bearer )[A-Za-z0-9._~+/=-]+`),
		mac:   regexp.MustCompile(`(/v1/[a-z0-9-]{1,32}/[0-9A-Za-z]{1,64}/)[A-Za-z0-9_-]{22}`),
	}
	for _, s := range secrets {
		if len(s) >= shortest {
			r.secrets = append(r.secrets, []byte(s))
		}
	}
	return r
}

// part redacts by the form of the part: JSON stays JSON.
func (r *redactor) part(name string, data []byte) []byte {
	switch {
	case strings.HasSuffix(name, ".json"):
		if out, ok := r.json(data); ok {
			return out
		}
	case strings.HasSuffix(name, ".jsonl"):
		var out []byte
		for line := range bytes.Lines(data) {
			clean, ok := r.json(line)
			if !ok {
				clean = r.text(line)
			}
			out = append(append(out, bytes.TrimRight(clean, "\n")...), '\n')
		}
		return out
	}
	return r.text(data)
}

// text redacts in what is no JSON; data is not changed.
func (r *redactor) text(data []byte) []byte {
	out := bytes.Clone(data)
	for _, s := range r.secrets {
		out = bytes.ReplaceAll(out, s, []byte(hidden))
	}
	out = r.token.ReplaceAll(out, []byte("${1}"+hidden))
	out = r.mac.ReplaceAll(out, []byte("${1}"+hidden))
	zvt.ScrubText(out)
	return out
}

// json redacts the strings of one JSON value and leaves its numbers: a time in
// milliseconds can look like a card number.
func (r *redactor) json(data []byte) ([]byte, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if bytes.Contains(bytes.TrimSpace(data), []byte("\n")) {
		e.SetIndent("", "  ")
	}
	err := e.Encode(r.value(v))
	return out.Bytes(), err == nil
}

func (r *redactor) value(v any) any {
	switch v := v.(type) {
	case string:
		return string(r.text([]byte(v)))
	case []any:
		for i := range v {
			v[i] = r.value(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for k, member := range v {
			clean[string(r.text([]byte(k)))] = r.value(member)
		}
		return clean
	}
	return v
}
