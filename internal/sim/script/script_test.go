package script

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/yamlfile"
)

var update = flag.Bool("update", false, "rewrite the golden files and the schema")

// root is a simulator and its file.
type root struct {
	name  string
	typ   reflect.Type
	parse func(file string, data []byte) (any, []yamlfile.Problem)
}

func roots() []root {
	return []root{
		{"saas", reflect.TypeFor[SaaS](), func(f string, b []byte) (any, []yamlfile.Problem) { return ParseSaaS(f, b) }},
		{"terminal", reflect.TypeFor[Terminal](), func(f string, b []byte) (any, []yamlfile.Problem) { return ParseTerminal(f, b) }},
		{"display", reflect.TypeFor[Display](), func(f string, b []byte) (any, []yamlfile.Problem) { return ParseDisplay(f, b) }},
	}
}

func TestTheShippedScriptsAreGoodAndShowEveryKey(t *testing.T) {
	for _, r := range roots() {
		text, err := os.ReadFile("../../../packaging/sim-" + r.name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := r.parse(r.name, text); len(problems) > 0 {
			t.Errorf("as shipped: %v", problems)
		}
		all := uncommented(text)
		if _, problems := r.parse(r.name, all); len(problems) > 0 {
			t.Errorf("with every default uncommented: %v", problems)
		}
		for _, typ := range structsOf(r.typ) {
			known, _ := yamlfile.Keys(typ)
			for _, key := range known {
				if !regexp.MustCompile(`(?m)(^|[ {])` + key + `:`).Match(all) {
					t.Errorf("%s: key %q of %s is not in the example", r.name, key, typ.Name())
				}
			}
		}
	}
}

// uncommented is a shipped script with every default as a key.
func uncommented(text []byte) []byte {
	return regexp.MustCompile(`(?m)^( *)#([a-z_0-9]+:.*)$`).ReplaceAll(text, []byte("$1$2"))
}

func TestAFileThatSaysNothingIsAGoodDay(t *testing.T) {
	for _, r := range roots() {
		if _, problems := r.parse("x", []byte("# nothing\n")); len(problems) > 0 {
			t.Errorf("%s: %v", r.name, problems)
		}
	}
	s, _ := ParseSaaS("", nil)
	if s.Service.AppID != AppID || len(s.Service.Machines) != 1 || s.Service.Default.Shop == nil {
		t.Errorf("%+v", s.Service)
	}
	if p, _ := ParseTerminal("", nil); p.Otherwise.Host != time.Second || p.OnlyThese {
		t.Errorf("%+v", p)
	}
}

func TestWhatAnOrderDoesNotSayIsFilledIn(t *testing.T) {
	s, problems := ParseSaaS("x", []byte(`
service: {machines: [{id: "7"}, {id: "8"}]}
orders:
  - {refuse_open: Machine Locked}
  - {machine: "8", door: 2, shop: {close_after: 3s}}
otherwise: {shop: {open_after: 9s}}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	first, second := s.Orders[0], s.Orders[1]
	if first.Machine != "7" || first.Door != 1 || first.Shop.OpenAfter != 9*time.Second || first.RefuseOpen != "Machine Locked" {
		t.Errorf("the first order is %+v", first)
	}
	if second.Machine != "8" || second.Door != 2 || second.Shop.CloseAfter != 3*time.Second || second.Shop.OpenAfter != 0 {
		t.Errorf("the second order is %+v", second)
	}
	if !reflect.DeepEqual(s.Service.Default, *s.Otherwise) {
		t.Errorf("the other orders are %+v, want %+v", s.Service.Default, *s.Otherwise)
	}
}

// Each file in testdata/bad is refused with exactly the problems beside it.
func TestEveryMistakeIsNamedWithItsLine(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < len(roots()) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".yaml"), "_")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, r := range roots() {
			if r.name != name {
				continue
			}
			_, problems := r.parse(filepath.Base(file), text)
			for _, p := range problems {
				got.WriteString(p.String() + "\n")
			}
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".want", got.String())
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// A fault that the checks let through is one the simulator commits: their points are the
// same as those of the simulator.
func TestEveryPointOfTheSimulatorIsOneAFaultCanName(t *testing.T) {
	k := check{yamlfile.NewDecoder("x")}
	for i, point := range []string{
		readersim.PointRx + "06 22", readersim.PointAcked + readersim.AnswerTo + "04 0f", readersim.PointTx + "04 0f", readersim.PointSent + "06 0f",
		readersim.PointTaken + "06 1e", readersim.PointAnswered + "04 0f", readersim.PointRx + readersim.Enquiry,
	} {
		k.faults(at("faults", i), []readersim.Fault{{At: point, Kind: readersim.Silence, For: time.Second}})
	}
	if p := k.Problems(); len(p) > 0 {
		t.Error(p)
	}
}

func FuzzParse(f *testing.F) {
	for _, r := range roots() {
		text, err := os.ReadFile("../../../packaging/sim-" + r.name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		if text, err = os.ReadFile("testdata/bad/" + r.name + ".yaml"); err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range roots() {
			_, problems := r.parse("x", b)
			for _, p := range problems {
				if strings.ContainsAny(p.String(), "\r\n") {
					t.Errorf("%s: %q", r.name, p)
				}
			}
		}
		if s, problems := ParseSaaS("x", b); len(problems) == 0 {
			if _, err := saassim.New(s.Service); err != nil {
				t.Errorf("a good file is refused: %v", err)
			}
		}
		if s, problems := ParseTerminal("x", b); len(problems) == 0 {
			if _, err := readersim.New(s.Terminal); err != nil {
				t.Errorf("a good file is refused: %v", err)
			}
		}
	})
}
