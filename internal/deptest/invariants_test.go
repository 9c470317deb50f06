package deptest

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/invariants.md")

// invariant is one thing that must always be true. Comments and the names of tests
// refer to its number, which therefore never changes.
type invariant struct{ name, says string }

func invariants() []invariant {
	return []invariant{
		{"M1", "No door is asked for without an approved hold of that order on flash."},
		{"M2", "At most one capture per hold, on the terminal that granted it; captured ≤ held and ≤ the recognised total; refunded ≤ captured, once per refund number. Amounts are integers in minor units."},
		{"M3", "Every hold ends captured, released, expired or in an open task, after a crash at any instruction too. A terminal's result is on flash before it is acknowledged on the wire."},
		{"M4", "Every outcome that is to be reported is sent until the SaaS acknowledges it, with the same bytes, per order in sequence. A refusal is a dead letter that only a person closes. Nothing drops a report."},
		{"M5", "A door is never asked for after its deadline, and never after a restart."},
		{"M6", "A callback is answered 200 only when it is durable; a forged one is refused; a repeat changes nothing."},
		{"M7", "In doubt is a state. Only what is harmless is repeated; what moves money is first asked about."},
		{"M8", "No card number, track data, token or secret is in a log, metric, message or the store."},
		{"M9", "Every buffer has a bound and a policy when it is full: money before order events before alarms before telemetry. Money has a disk reserve."},
		{"M10", "Short deadlines are monotonic, long ones count powered-on time. A clock that is wrong or steps changes time stamps, never money or doors."},
		{"M11", "A bad record, frame, message, config value or device never stops the daemon: it is set aside or refused, counted, and the rest goes on."},
		{"M12", "Losing the network is degraded, no reason to restart. The watchdog is fed by real progress of the loop."},
		{"M13", "Every recognised total is captured, or unpaid with a named cause outside edged."},
	}
}

// wide are the tests that hold many invariants at once, by package.
func wide() map[string][]string {
	return map[string][]string{
		"internal/purchase": {"TestModelExhaustively", "TestModelAtRandom"},
		"internal/engine":   {"TestCrashAtEveryPointOfEveryTranscript", "TestPowerFailureKeepsM1ToM7AndM13", "TestDiskTroubleAtEveryOperation"},
		"internal/queue":    {"TestPowerFailureLosesAndTearsNothing"},
		"internal/demo":     {"TestEverySabotageIsNamed"},
		"internal/app":      {"TestTheLineCutAtSeededPointsOverRealPtys"},
	}
}

// proof is one test function.
type proof struct {
	room, name, says string
	of               []string // invariants, by their names
}

// TestEveryInvariantIsHeldByTestsOfItsName: each of M1 to M13 has tests that are named
// after it (TestM4_Name, or TestM1_M2_Name for two), so that they can be found and run
// by its number, and docs/invariants.md lists them.
func TestEveryInvariantIsHeldByTestsOfItsName(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := readProofs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range checkProofs(proofs) {
		t.Error(problem)
	}
	page, err := invariantsPage(proofs)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "docs", "invariants.md")
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != page {
		t.Error("docs/invariants.md is not what the tests say: go test ./internal/deptest -run Invariant -update, and read the diff")
	}
}

// readProofs reads every test function of the module, sorted by package and name.
func readProofs(root string) (proofs []proof, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || strings.HasPrefix(name, ".") && path != root):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		room, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				name := fn.Name.Name
				proofs = append(proofs, proof{filepath.ToSlash(room), name, firstSentence(name, fn.Doc.Text()), numbersOf(name)})
			}
		}
		return nil
	})
	slices.SortFunc(proofs, func(a, b proof) int { return strings.Compare(a.room+" "+a.name, b.room+" "+b.name) })
	return proofs, err
}

// numbersOf takes the invariants out of a name: M1 and M2 of TestM1_M2_Name.
func numbersOf(name string) (of []string) {
	number := regexp.MustCompile(`^M\d+_`)
	for rest := strings.TrimPrefix(name, "Test"); ; {
		m := number.FindString(rest)
		if m == "" {
			return of
		}
		of, rest = append(of, strings.TrimSuffix(m, "_")), rest[len(m):]
	}
}

// checkProofs says which invariant nobody holds, and which name only looks like one
// of an invariant's tests.
func checkProofs(proofs []proof) (problems []string) {
	held := map[string]int{}
	for _, i := range invariants() {
		held[i.name] = 0
	}
	looksLikeOne := regexp.MustCompile(`^TestM\d|M\d+$`)
	for _, p := range proofs {
		if len(p.of) == 0 && looksLikeOne.MatchString(p.name) && !slices.Contains(wide()[p.room], p.name) {
			problems = append(problems, fmt.Sprintf("%s: %s: an invariant is named as in TestM4_Name", p.room, p.name))
		}
		for _, m := range p.of {
			if _, known := held[m]; !known {
				problems = append(problems, fmt.Sprintf("%s: %s: there is no %s", p.room, p.name, m))
			}
			held[m]++
		}
	}
	for _, i := range invariants() {
		if held[i.name] == 0 {
			problems = append(problems, fmt.Sprintf("no test holds %s: %s", i.name, i.says))
		}
	}
	return problems
}

// firstSentence is what a test says of itself: the first sentence of its comment
// without its name, or its name in words.
func firstSentence(name, doc string) string {
	text := strings.Join(strings.Fields(doc), " ")
	text = strings.TrimLeft(strings.TrimPrefix(text, name), ": ")
	if end := regexp.MustCompile(`\. |\.$`).FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	if strings.Trim(text, ".") == "" {
		text = inWords(name)
	}
	return text
}

// inWords writes TestM5_NothingOpensADoor as "nothing opens a door".
func inWords(name string) string {
	name = strings.TrimPrefix(name, "Test")
	for _, m := range numbersOf("Test" + name) {
		name = strings.TrimPrefix(name, m+"_")
	}
	var words []string
	inRun := false // of capitals, as in APDU
	for _, w := range regexp.MustCompile(`SaaS|[A-Z][a-z]+|[A-Z]|\d+`).FindAllString(name, -1) {
		capital := len(w) == 1 && w[0] >= 'A'
		switch last := len(words) - 1; {
		case capital && inRun:
			words[last] = strings.ToUpper(words[last]) + w
		case w == "SaaS":
			words = append(words, w)
		default:
			words = append(words, strings.ToLower(w))
		}
		inRun = capital
	}
	return strings.Join(words, " ")
}

func invariantsPage(proofs []proof) (string, error) {
	var b strings.Builder
	b.WriteString("# What must always be true, and which tests hold it\n\n" +
		"Written by `go test ./internal/deptest -run Invariant -update` from the names and comments of the tests; the test fails when this page is not\n" +
		"what they say, or when nothing holds an invariant. `go test -run TestM4_ ./...` runs what holds M4.\n")
	for _, i := range invariants() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| package | test | what it shows |\n|---|---|---|\n", i.name, i.says)
		for _, p := range proofs {
			if slices.Contains(p.of, i.name) {
				p.row(&b)
			}
		}
	}
	b.WriteString("\n## Many at once\n\n" +
		"The auditors of the model, of the power-fail runs and of the demo name the invariant that is broken; the sabotage test breaks them one by one and\n" +
		"wants each named. How often they run and what they found is in [reliability.md](reliability.md).\n\n| package | test | what it shows |\n|---|---|---|\n")
	for _, room := range slices.Sorted(maps.Keys(wide())) {
		for _, name := range wide()[room] {
			at := slices.IndexFunc(proofs, func(p proof) bool { return p.room == room && p.name == name })
			if at < 0 {
				return "", fmt.Errorf("%s has no %s: was it renamed?", room, strconv.Quote(name))
			}
			proofs[at].row(&b)
		}
	}
	return b.String(), nil
}

func (p proof) row(b *strings.Builder) {
	fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", p.room, p.name, strings.ReplaceAll(p.says, "|", `\|`))
}

func TestNamesOfInvariantsAreRead(t *testing.T) {
	for name, want := range map[string]string{
		"TestM4_ReportsKeepTheirWords": "M4",
		"TestM1_M2_Both":               "M1 M2",
		"TestM13_":                     "M13",
		"TestMoneySums":                "",
		"TestM5NothingIsWritten":       "",
		"TestNoCardDataM8":             "",
	} {
		if got := strings.Join(numbersOf(name), " "); got != want {
			t.Errorf("%s is of %q, want %q", name, got, want)
		}
	}
	all := []proof{}
	for _, i := range invariants()[1:] {
		all = append(all, proof{name: "Test" + i.name + "_X", of: []string{i.name}})
	}
	all = append(all, proof{name: "TestM14_X", of: []string{"M14"}}, proof{name: "TestM5Nothing"}, proof{name: "TestCardDataM8"})
	if got := checkProofs(all); len(got) != 4 {
		t.Errorf("problems %q, want M1 missing, M14 unknown and two names", got)
	}
}

func TestWhatATestSaysOfItself(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"TestM5_NothingOpensADoor", "", "nothing opens a door"},
		{"TestM8_APDUShowsItselfRedacted", "", "APDU shows itself redacted"},
		{"TestM1_M3_AHoldOfTheSaaS", "", "a hold of the SaaS"},
		{"TestM13_X", "TestM13_X.\n", "x"},
		{"TestM5_A401IsRepeated", "", "a 401 is repeated"},
		{"TestM7_X", "TestM7_X: after a capture the\nnext command is a question. More.\n", "after a capture the next command is a question"},
		{"TestM7_X", "TestM7_X takes everything: all. More.\n", "takes everything: all"},
		{"TestM7_X", "Clients that send nothing must not keep it out.\n", "Clients that send nothing must not keep it out"},
	} {
		if got := firstSentence(tt.name, tt.doc); got != tt.want {
			t.Errorf("%s %q says %q, want %q", tt.name, tt.doc, got, tt.want)
		}
	}
}
