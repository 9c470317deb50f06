package purchase_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"edged/internal/purchase"
)

// TestKeptStatesHaveEveryPhase: a new phase needs stored states of its own.
func TestKeptStatesHaveEveryPhase(t *testing.T) {
	have := map[string]int{}
	for _, k := range statesV1() {
		have[string(k.phase)]++
	}
	for _, p := range constants(t)["Phase"] {
		if have[p] == 0 {
			t.Errorf("no stored state is %s", p)
		}
	}
}

// TestKeptStatesUseWordsStillKnown: a word that is renamed would be read without an
// error and mean nothing: a deadline that nobody acts on, a report nobody sends.
func TestKeptStatesUseWordsStillKnown(t *testing.T) {
	known, used := constants(t), map[string]int{}
	for _, k := range statesV1() {
		_, s := k.load(t)
		for kind, words := range wordsOf(s) {
			used[kind] += len(words)
			for _, word := range words {
				if !slices.Contains(known[kind], word) {
					t.Errorf("%s has the %s %q, which no constant has any more", k.name, kind, word)
				}
			}
		}
	}
	for kind, n := range used {
		if n == 0 {
			t.Errorf("no stored state has a word of %s", kind)
		}
	}
}

// wordsOf lists the words of a state by the type of their constants.
func wordsOf(s purchase.State) map[string][]string {
	words := map[string][]string{}
	add := func(kind, word string) {
		if word != "" {
			words[kind] = append(words[kind], word)
		}
	}
	add("OnDeadline", string(s.Terms.OnDeadline))
	add("OverLimit", string(s.Terms.OverLimit))
	for _, d := range s.Due {
		add("DeadlineName", string(d.Name))
	}
	for _, o := range s.Opens {
		add("OpenAnswer", string(o.Answer))
	}
	for _, op := range s.Ops {
		add("CommandKind", string(op.Kind))
		add("Outcome", string(op.End))
		add("Reason", string(op.Why))
	}
	for _, r := range s.Reports {
		add("ReportState", string(r.State))
	}
	for _, r := range s.Refunds {
		add("RefundState", string(r.State))
	}
	if s.Decision != nil {
		add("Source", string(s.Decision.Source))
	}
	if s.Outcome != nil {
		add("ResultKind", string(s.Outcome.Kind))
	}
	if s.Hold != nil {
		add("Outcome", string(s.Hold.End))
		add("", s.Hold.Settled) // HoldCaptured and its like have no type
	}
	if s.Unused != nil {
		add("Reason", string(s.Unused.Why))
	}
	return words
}

// constants are the words that the room's sources define, by the name of their type.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if group, ok := d.(*ast.GenDecl); ok && group.Tok == token.CONST {
				addWords(words, group)
			}
		}
	}
	if len(words["Phase"]) < 10 {
		t.Fatalf("phases in the sources: %v", words["Phase"])
	}
	return words
}

func addWords(words map[string][]string, group *ast.GenDecl) {
	for _, spec := range group.Specs {
		spec := spec.(*ast.ValueSpec)
		kind, _ := spec.Type.(*ast.Ident)
		if kind == nil {
			kind = ast.NewIdent("")
		}
		for _, v := range spec.Values {
			if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				words[kind.Name] = append(words[kind.Name], strings.Trim(lit.Value, `"`))
			}
		}
	}
}
