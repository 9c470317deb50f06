package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"edged/internal/screen/catalogue"
)

const shippedTexts = "../../packaging/screens.yaml"

// The example holds every message, as it is built in: whoever takes a comment sign
// away changes nothing until he changes the text.
func TestTheShippedTextsAreValidAndShowTheBuiltInOnes(t *testing.T) {
	data, err := os.ReadFile(shippedTexts)
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^  #([a-z_]+:.*)$`).ReplaceAll(data, []byte("  $1"))
	for name, text := range map[string][]byte{"as shipped": data, "uncommented": all} {
		own, problems := parseTexts("screens.yaml", text)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", name, problems)
		}
		got, want := catalogue.For("en", own), catalogue.For("en", nil)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v\nwant %+v", name, got, want)
		}
	}
	for _, key := range catalogue.Keys() {
		if !strings.Contains(string(all), "\n  "+key+":") {
			t.Errorf("message %q is not in the example", key)
		}
	}
	for i, line := range strings.Split(string(data), "\n") {
		if len(line) > 90 {
			t.Errorf("line %d has %d characters", i+1, len(line))
		}
	}
}

func TestTextsAreLoadedForTheLanesThatNameThem(t *testing.T) {
	credentials(t, map[string]string{"own.yaml": "de:\n  paid: [Danke schön]\n"})
	file := strings.TrimSuffix(minimal, "\n") + "\n    display: {driver: pole-cd5220, port: /dev/ttyS1, language: de, texts_file: own.yaml}\n"
	c, problems := Parse("edged.yaml", []byte(file))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	texts, problems := LoadTexts(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := catalogue.For("de", texts["own.yaml"]).Paid; got != "Danke schön" {
		t.Errorf("paid: got %q", got)
	}
}

// A bad file of texts is a problem for whoever checks, and closes no lane.
func TestABadTextFileIsNamedAndNoTextIsLost(t *testing.T) {
	own := filepath.Join(credentials(t, map[string]string{"own.yaml": "de: {}\n"}), "own.yaml")
	file := filepath.Join(t.TempDir(), "edged.yaml")
	content := minimal + "    display: {driver: pole-escpos, port: /dev/ttyS1, texts_file: own.yaml}\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func() error{
		"two rows for a heading": func() error { return os.WriteFile(own, []byte("de: {paid: [a, b]}\n"), 0o600) },
		"gone":                   func() error { return os.Remove(own) },
	} {
		_ = os.Remove(own)
		if err := os.WriteFile(own, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		c, problems := Load(file)
		if len(problems) > 0 {
			t.Fatalf("%s: Load: %v", what, problems)
		}
		texts, problems := LoadTexts(c)
		if len(problems) != 1 {
			t.Errorf("%s: problems %v, want one", what, problems)
		}
		if c, problems := Check(file); c == nil || len(problems) != 1 {
			t.Errorf("%s: Check: %v, want one problem and the configuration", what, problems)
		}
		if got := catalogue.For("de", texts["own.yaml"]).Paid; got != "Bezahlt. Danke" {
			t.Errorf("%s: paid is %q", what, got)
		}
	}
}

// FuzzParseTexts: any file is taken or refused with problems, each on a line of its own.
func FuzzParseTexts(f *testing.F) {
	for _, name := range []string{shippedTexts, "testdata/bad/texts/mistakes.yaml", "testdata/bad/texts/broken.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, problems := parseTexts("screens.yaml", data)
		for _, p := range problems {
			if text := p.String(); strings.ContainsAny(text, "\n\r\x1b") || p.Line < 1 {
				t.Errorf("problem %q", text)
			}
		}
	})
}
