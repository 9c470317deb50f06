package yamlfile

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

type colour string

func (colour) Choices() []string { return []string{"red", "green", "blue"} }

type part struct {
	Name  string        `yaml:"name"`
	Price int64         `yaml:"price,omitempty"`
	Wait  time.Duration `yaml:"wait"`
}

type whole struct {
	Title  string `yaml:"title"`
	Colour colour `yaml:"colour"`
	Code   byte   `yaml:"code"`
	Count  *int   `yaml:"count"`
	On     bool   `yaml:"on"`
	Parts  []struct {
		Door int `yaml:"door"`
		part `yaml:",inline"`
	} `yaml:"parts"`
	hidden string
}

const good = `title: "7" # quoted
colour: green
code: 0x6f
count: 0
on: true
parts:
  - {door: 2, name: left, price: 250, wait: 1m30s}
  - door: 3
    name: right
`

func TestAFileIsReadIntoItsStructs(t *testing.T) {
	var got whole
	d := NewDecoder("x.yaml")
	d.Decode([]byte(good), &got)
	if p := d.Problems(); len(p) != 0 {
		t.Fatal(p)
	}
	if got.Title != "7" || got.Colour != "green" || got.Code != 0x6f || got.Count == nil || *got.Count != 0 || !got.On || got.hidden != "" {
		t.Errorf("%+v", got)
	}
	if len(got.Parts) != 2 || got.Parts[0].part != (part{"left", 250, 90 * time.Second}) || got.Parts[1].Door != 3 || got.Parts[1].Name != "right" {
		t.Errorf("parts %+v", got.Parts)
	}
	if !d.Has("parts[1].name") || d.Has("parts[1].price") {
		t.Errorf("Has says name %v, price %v", d.Has("parts[1].name"), d.Has("parts[1].price"))
	}
}

func TestEveryMistakeIsNamedWithItsLine(t *testing.T) {
	const bad = `title: 7
colour: grene
code: 0x1ff
count: 1.5
on: yes
tilte: x
parts:
  - {door: 3000000000, name: [a], wait: -1s}
  - {door: 1, door: 2, price: cheap, wait: 5}
`
	want := []string{
		`x.yaml:1: title: wrong value, got the number 7, want text: put it into quotes`,
		`x.yaml:2: colour: wrong value, got "grene", want red, green or blue`,
		`x.yaml:3: code: wrong value, got the number 0x1ff, want a byte, 0 to 0xff`,
		`x.yaml:4: count: wrong value, got the number 1.5, want a whole number`,
		`x.yaml:5: on: wrong value, got "yes", want true or false`,
		`x.yaml:6: tilte: unknown key, got "tilte", want "title"?`,
		`x.yaml:8: parts[0].door: wrong value, got the number 3000000000, want a whole number`,
		`x.yaml:8: parts[0].name: wrong value, got a list, want text on one line`,
		`x.yaml:8: parts[0].wait: wrong value, got "-1s", want a duration with its unit, such as 500ms, 15s or 10m`,
		`x.yaml:9: parts[1].door: key given twice, got it on lines 9 and 9, want it once`,
		`x.yaml:9: parts[1].price: wrong value, got "cheap", want a whole number`,
		`x.yaml:9: parts[1].wait: wrong value, got the number 5, want a duration with its unit, such as 500ms, 15s or 10m`,
	}
	d := NewDecoder("x.yaml")
	d.Decode([]byte(bad), &whole{})
	var got []string
	for _, p := range d.Problems() {
		got = append(got, p.String())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestACheckSaysNothingAboutWhatCouldNotBeRead(t *testing.T) {
	d := NewDecoder("x.yaml")
	d.Decode([]byte("title: [a]\nparts:\n  - {name: x}\n"), &whole{})
	d.Problem("title", "too long")
	d.Problem("parts[0].name", "too short")
	d.Problem("parts[0].name", "and too short again")
	d.Problem("parts[0].wait", "missing")
	var got []string
	for _, p := range d.Problems() {
		got = append(got, p.String())
	}
	want := []string{
		"x.yaml:1: title: wrong value, got a list, want text on one line",
		"x.yaml:3: parts[0].name: too short",
		"x.yaml:3: parts[0].wait: missing",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
}

// FuzzDecode: no file panics, and each problem is one line with its place.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{good, "a: &x 1\nb: *x\n", "- - - -", "{", "title: |\n  a\n  b\n", "\x00", "parts: [{", "? a\n: b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDecoder("x")
		d.Decode(b, &whole{})
		for _, p := range d.Problems() {
			if strings.ContainsAny(p.String(), "\n\r") || !strings.HasPrefix(p.String(), "x:") {
				t.Errorf("problem %q", p)
			}
		}
	})
}
