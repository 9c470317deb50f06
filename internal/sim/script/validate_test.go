package script

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// schema is the part of JSON Schema that api/sim-script.schema.json is written in.
type schema struct {
	Ref                  string            `json:"$ref"`
	Type                 string            `json:"type"`
	Enum                 []any             `json:"enum"`
	Pattern              string            `json:"pattern"`
	Minimum, Maximum     *int64            //
	Items                *schema           `json:"items"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties *bool             `json:"additionalProperties"`
	Defs                 map[string]schema `json:"$defs"`
}

// refuses says what is against v, or "".
func (s schema) refuses(defs map[string]schema, path string, v any) string {
	if s.Ref != "" {
		return defs[strings.TrimPrefix(s.Ref, "#/$defs/")].refuses(defs, path, v)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Sprintf("%s: %v is no choice", path, v)
	}
	switch v := v.(type) {
	case map[string]any:
		return s.object(defs, path, v)
	case []any:
		for i, e := range v {
			if s.Type != "array" {
				return path + ": an array"
			}
			if why := s.Items.refuses(defs, at(path, i), e); why != "" {
				return why
			}
		}
	case string:
		if s.Type != "string" || !regexp.MustCompile(s.Pattern).MatchString(v) {
			return fmt.Sprintf("%s: the string %q", path, v)
		}
	case float64:
		n := int64(v)
		if s.Type != "integer" || float64(n) != v || s.Minimum != nil && n < *s.Minimum || s.Maximum != nil && n > *s.Maximum {
			return fmt.Sprintf("%s: the number %v", path, v)
		}
	case bool:
		if s.Type != "boolean" {
			return path + ": a boolean"
		}
	default:
		return fmt.Sprintf("%s: %v", path, v)
	}
	return ""
}

func (s schema) object(defs map[string]schema, path string, v map[string]any) string {
	if s.Type != "object" {
		return path + ": an object"
	}
	for key, e := range v {
		p, known := s.Properties[key]
		if !known && s.AdditionalProperties != nil && !*s.AdditionalProperties {
			return path + "." + key + ": unknown"
		}
		if why := p.refuses(defs, path+"."+key, e); why != "" {
			return why
		}
	}
	return ""
}

// An editor that knows the schema has nothing against the shipped scripts, with their
// defaults too, and something against each file that is refused for its form.
func TestTheSchemaTakesTheShippedScriptsAndNoBadOne(t *testing.T) {
	text, err := os.ReadFile("../../../api/sim-script.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var all schema
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range roots() {
		refuses := func(file string, text []byte) string {
			var v any
			b, err := yaml.YAMLToJSON(text)
			if err == nil {
				err = json.Unmarshal(b, &v)
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			return all.Defs[name(r.typ)].refuses(all.Defs, file, v)
		}
		file := "../../../packaging/sim-" + r.name + ".yaml"
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if why := refuses(filepath.Base(file), text); why != "" {
			t.Error(why)
		}
		if why := refuses(filepath.Base(file), uncommented(text)); why != "" {
			t.Errorf("with every default: %s", why)
		}
		file = "testdata/bad/" + r.name + ".yaml"
		if text, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		if why := refuses(file, text); why == "" {
			t.Errorf("%s: the schema has nothing against it", file)
		}
	}
}
