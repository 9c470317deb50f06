package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"edged/internal/yamlfile"
)

const minimal = `gateway: gw-1
saas: {app_id: P1}
callbacks: {public_url: "https://cb.example.com/e", listen: "127.0.0.1:8443"}
lanes:
  - name: front
    doors: [{machine_id: "1", door: 1}]
    terminal: {driver: zvt, port: /dev/ttyS0, capture: book_total}
`

func TestAMinimalFileGetsTheDefaults(t *testing.T) {
	credentials(t, nil)
	got, problems := Parse("edged.yaml", []byte(minimal))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := Defaults()
	want.source = "edged.yaml"
	want.Gateway, want.SaaS.AppID = "gw-1", "P1"
	want.Callbacks.PublicURL, want.Callbacks.Listen = "https://cb.example.com/e", "127.0.0.1:8443"
	terminal := Terminal{}
	terminal.SetDefaults()
	terminal.Driver, terminal.Port, terminal.Capture = "zvt", "/dev/ttyS0", "book_total"
	want.Lanes = []Lane{{Name: "front", Doors: []Door{{MachineID: "1", Door: 1}}, Terminal: terminal}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got.Source() != "edged.yaml" {
		t.Errorf("Source() = %q", got.Source())
	}
}

func TestTenMistakesAreTenProblems(t *testing.T) {
	credentials(t, nil)
	if _, problems := Load("testdata/bad/ten_mistakes.yaml"); len(problems) != 10 {
		t.Errorf("%d problems, want 10:\n%v", len(problems), problems)
	}
}

func TestDeepNestingIsRefusedWithoutParsingIt(t *testing.T) {
	for _, piece := range []string{"[", "{a: ", "- ", "? ", "- ? "} {
		_, problems := Parse("x", []byte(strings.Repeat(piece, 10_000)))
		if len(problems) != 1 || !strings.Contains(problems[0].Text, "nested too deeply") {
			t.Errorf("%q: %v", piece, problems)
		}
	}
}

func TestAHugeFileIsRefused(t *testing.T) {
	_, problems := Parse("x", []byte(strings.Repeat("# comment\n", yamlfile.MaxFile/10+1)))
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "too large") {
		t.Errorf("problems: %v", problems)
	}
}

func TestAnUnreadableFileIsAProblemWithoutALine(t *testing.T) {
	_, problems := Load("testdata/no-such.yaml")
	want := "testdata/no-such.yaml: configuration not readable, got: no such file or directory, want a file edged can read"
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("problems: %v, want %s", problems, want)
	}
}

func TestAKeyCannotForgeALineOfOutput(t *testing.T) {
	_, problems := Parse("x.yaml", []byte("\"a\\nx.yaml:1: gateway: fine\": 1\n"))
	for _, p := range problems {
		if strings.Contains(p.String(), "\n") {
			t.Errorf("problem of two lines: %s", p)
		}
	}
}

func TestDurations(t *testing.T) {
	good := map[string]time.Duration{"15s": 15 * time.Second, "10m": 10 * time.Minute, "20h": 20 * time.Hour, "120h": 120 * time.Hour, "1h30m": 90 * time.Minute, "1h0m5s": 3605 * time.Second, "0s": 0}
	for text, want := range good {
		var d Duration
		if err := d.Parse(text); err != nil || d.Std() != want || d.String() != text {
			t.Errorf("%q = %v (%s), %v, want %v", text, d.Std(), d, err, want)
		}
	}
	for _, text := range []string{"", "15", "-1s", "-0s", "5d", "soon"} {
		var d Duration
		if err := d.Parse(text); err == nil {
			t.Errorf("%q = %v, want an error", text, d)
		}
	}
}

func TestSizes(t *testing.T) {
	good := map[string]int64{"0": 0, "1000": 1000, "512KiB": 512 << 10, "8MiB": 8 << 20, "1GiB": 1 << 30, "3 MiB": 3 << 20}
	for text, want := range good {
		var s Size
		if err := s.Parse(text); err != nil || s.Bytes() != want {
			t.Errorf("%q = %d, %v, want %d", text, s, err, want)
		}
		var again Size
		if err := again.Parse(s.String()); err != nil || again != s {
			t.Errorf("%q read again as %d, %v", s.String(), again, err)
		}
	}
	for _, text := range []string{"", "8MB", "8 M", "-1", "1.5MiB", "MiB", "99999999999GiB"} {
		var s Size
		if err := s.Parse(text); err == nil {
			t.Errorf("%q = %d, want an error", text, s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("gateway: gw-1\n site: lobby\n"))
	f.Add([]byte("a: &x [1, {b: *x}]\n---\n<<: ~\n"))
	f.Add([]byte("lanes: [{terminal: {hold_ttl: 1h}, display: ~, doors: [~]}]\nrelay: {}\n"))
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d seeds, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, d := decode("fuzz.yaml", data)
		k := newChecker(d, c)
		k.rules()
		for _, p := range d.Problems() {
			if s := p.String(); strings.ContainsAny(s, "\n\r") || p.Line < 1 || p.Text == "" {
				t.Fatalf("bad problem %q", s)
			}
		}
		if len(d.Problems()) > 0 {
			return
		}
		written, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, d2 := decode("fuzz.yaml", written)
		if len(d2.Problems()) > 0 || !reflect.DeepEqual(again, c) {
			t.Fatalf("written as\n%s\nread back with %v as %+v, want %+v", written, d2.Problems(), again, c)
		}
	})
}
