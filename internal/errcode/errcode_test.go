package errcode_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"edged/internal/errcode"
)

var update = flag.Bool("update", false, "write docs/errors.md anew, and append new codes to the list of all")

func TestTheCodeOfAnErrorIsThatOfTheOutermost(t *testing.T) {
	full := errcode.New(errcode.StoreDiskFull, "disk is full")
	plain := errors.New("no code")
	for _, c := range []struct {
		name string
		err  error
		want errcode.Code
	}{
		{"a sentinel", full, errcode.StoreDiskFull},
		{"a wrapped sentinel", fmt.Errorf("commit: %w", full), errcode.StoreDiskFull},
		{"one of two wrapped", fmt.Errorf("%w: %w", plain, full), errcode.StoreDiskFull},
		{"joined", errors.Join(plain, full), errcode.StoreDiskFull},
		{"a code around a code", errcode.Wrap(errcode.CallbackNotDurable, full), errcode.CallbackNotDurable},
		{"none", plain, ""},
		{"no error", nil, ""},
		{"no error wrapped", errcode.Wrap(errcode.StoreIO, nil), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := errcode.Of(c.err)
			if got != c.want || ok != (c.want != "") || errcode.Text(c.err) != string(c.want) {
				t.Errorf("got %q, %v, want %q", got, ok, c.want)
			}
		})
	}
}

func TestACodeChangesNeitherTextNorChain(t *testing.T) {
	cause := errors.New("cause")
	err := errcode.Wrap(errcode.StoreIO, fmt.Errorf("read: %w", cause))
	if got := err.Error(); got != "read: cause" {
		t.Errorf("text %q", got)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	a, b := errcode.New(errcode.StoreIO, "same"), errcode.New(errcode.StoreIO, "same")
	if errors.Is(a, b) || !errors.Is(fmt.Errorf("x: %w", a), a) {
		t.Error("sentinels are told apart by themselves, not by their code")
	}
	if errcode.Wrap(errcode.StoreIO, nil) != nil {
		t.Error("no error became one")
	}
}

var form = regexp.MustCompile(`^EDG-([A-Z]{2,5})-[0-9]{3}$`)

func TestEveryEntryIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range errcode.Areas() {
		var codes []errcode.Code
		for _, e := range a.Entries {
			codes = append(codes, e.Code)
			if m := form.FindStringSubmatch(string(e.Code)); m == nil || m[1] != a.Name || e.Code.Area() != a.Name {
				t.Errorf("%s is not a code of area %s", e.Code, a.Name)
			}
			for _, name := range []string{string(e.Code), e.Display, e.Title} {
				if name != "" && seen[name] {
					t.Errorf("%s: %q is used twice", e.Code, name)
				}
				seen[name] = true
			}
			if e.Display != "" && "EDG-LANE-0"+e.Display[1:] != string(e.Code) {
				t.Errorf("%s is shown as %s: the digits differ", e.Code, e.Display)
			}
			for what, text := range map[string]string{"cause": e.Cause, "customer": e.Customer, "technician": e.Technician} {
				if !strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
					t.Errorf("%s: %s is not a sentence: %q", e.Code, what, text)
				}
			}
			if e.Title == "" || strings.HasSuffix(e.Title, ".") || e.Since == "" {
				t.Errorf("%s: title %q, since %q", e.Code, e.Title, e.Since)
			}
		}
		if !slices.IsSorted(codes) {
			t.Errorf("area %s is not in order: %v", a.Name, codes)
		}
	}
	t.Logf("%d codes", len(errcode.All()))
}

func TestACodeIsFoundByWhatAPersonTypes(t *testing.T) {
	for typed, want := range map[string]errcode.Code{
		"EDG-ZVT-014": errcode.ZVTSilent, "edg-zvt-014": errcode.ZVTSilent, " ZVT-014 ": errcode.ZVTSilent,
		"E11": errcode.LaneTerminalDown, "e11": errcode.LaneTerminalDown, "": "", "E": "", "E10": "", "EDG-": "", "EDG-ZVT-999": "",
	} {
		e, ok := errcode.Find(typed)
		if e.Code != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", typed, e.Code, ok, want)
		}
	}
}

// TestCodesAreForEver: the list holds every code there ever was, with its constant. A
// line of it is never changed or removed; -update appends what is new.
func TestCodesAreForEver(t *testing.T) {
	path := filepath.Join("testdata", "codes.txt")
	had, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var missing []string
	for _, e := range errcode.All() {
		if line := fmt.Sprintf("%s %s\n", e.Code, constants(t)[e.Code]); !bytes.Contains(had, []byte(line)) {
			missing = append(missing, line)
		}
	}
	for line := range strings.Lines(string(had)) {
		code, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if e, ok := errcode.Find(code); !ok || constants(t)[e.Code] != name {
			t.Errorf("%s was %s once and is not any more: codes are never removed, renumbered or used again", code, name)
		}
	}
	if *update && !t.Failed() {
		had = append(had, strings.Join(missing, "")...)
		if err := os.WriteFile(path, had, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(missing) > 0 {
		t.Errorf("not in %s; run this test with -update to append:\n%s", path, strings.Join(missing, ""))
	}
}

func TestTheManualIsTheCatalogue(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "errors.md")
	want := manual()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the catalogue says; run this test with -update and read the diff", path)
	}
}

// manual is the catalogue as a page.
func manual() []byte {
	var b bytes.Buffer
	b.WriteString(`# Error codes

<!-- Written by "go test ./internal/errcode -update"; do not edit. -->

Every code here is in the log (key ` + "`code`" + `), in ` + "`--json`" + ` (` + "`error_code`" + `), in lists and hints, and is never used for anything else. ` +
		"`edged explain CODE`" + ` says the same as this page on the machine itself, without a network. A display shows E and two digits: they are the last two of the lane's code.
`)
	for _, a := range errcode.Areas() {
		fmt.Fprintf(&b, "\n## %s\n", a.Title)
		for _, e := range a.Entries {
			shown := ""
			if e.Display != "" {
				shown = " (" + e.Display + ")"
			}
			fmt.Fprintf(&b, "\n### %s%s: %s\n\n", e.Code, shown, e.Title)
			fmt.Fprintf(&b, "- **Cause:** %s\n- **The customer sees:** %s\n- **The technician does:** %s\n- Since %s.\n", e.Cause, e.Customer, e.Technician, e.Since)
		}
	}
	return b.Bytes()
}
