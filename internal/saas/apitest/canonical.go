package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// canonicalJSON gives body with its names in lowerCamelCase.
func canonicalJSON(body []byte) ([]byte, error) {
	v, err := canonical(body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// canonical reads body with its names in lowerCamelCase and without spaces, and
// with the strings that hold JSON opened.
func canonical(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if dec.More() {
		return nil, fmt.Errorf("something after the value")
	}
	return renamed(v)
}

func renamed(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return renamedObject(v)
	case []any:
		for i := range v {
			element, err := renamed(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = element
		}
	}
	return v, nil
}

func renamedObject(object map[string]any) (any, error) {
	out := make(map[string]any, len(object))
	for name, member := range object {
		name = lowerCamel(name)
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%s occurs twice", name)
		}
		value, err := renamed(opened(name, member))
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

// opened gives what a string holds, where the SaaS puts JSON into strings.
func opened(name string, v any) any {
	text, ok := v.(string)
	if !ok || name != "data" && name != "detectResult" {
		return v
	}
	if trimmed := strings.TrimSpace(text); !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return v
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var inner any
	if dec.Decode(&inner) != nil || dec.More() {
		return v
	}
	return inner
}

func lowerCamel(name string) string {
	name = strings.ReplaceAll(name, " ", "")
	if name == "" {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}
