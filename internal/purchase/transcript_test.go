package purchase_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/ledger"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

var rewrite = flag.Bool("rewrite", false, "write what Step yields into testdata/*.txt, to be reviewed as a diff")

// TestTranscripts plays every testdata/*.txt and compares what Step yields. Each
// event is told a second time behind its back: that must change nothing. The ledger
// adds up after each.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playFile(t, file) })
	}
	t.Logf("%d transcripts", len(files))
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := transcript.Parse(file, string(text))
	if err != nil {
		t.Fatal(err)
	}
	var line ledger.Line
	got, err := script.Play(func(before purchase.State, ev purchase.Event, after purchase.State, _ []purchase.Effect) {
		line = line.Post(before, after, ledger.Mark{})
		if err := line.Check(after); err != nil {
			t.Errorf("%s: %v", ev.Body.Kind(), err)
		}
		checkTwice(t, ev, after)
		checkStored(t, after, ev)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got == string(text) {
		return
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("Step yields something else; run with -rewrite and review the diff\n%s", firstDifference(string(text), got))
}

// checkTwice: the same event once more changes nothing and asks for nothing. A
// second restart is a second restart.
func checkTwice(t *testing.T, ev purchase.Event, s purchase.State) {
	t.Helper()
	if ev.Body.Kind() == purchase.KindRestarted {
		return
	}
	again, effects, err := purchase.Step(s, ev)
	if err != nil && ev.Body.Kind() == purchase.KindPerson {
		return
	}
	if err != nil {
		t.Errorf("%s told twice: %v", ev.Body.Kind(), err)
	}
	if a, b := encode(t, s), encode(t, again); a != b {
		t.Errorf("%s told twice changes the state\nfrom %s\nto   %s", ev.Body.Kind(), a, b)
	}
	for _, e := range effects {
		switch e.(type) {
		case purchase.Alarm, purchase.Refused:
		default:
			t.Errorf("%s told twice yields %#v", ev.Body.Kind(), e)
		}
	}
}

// checkStored: what is written can be read.
func checkStored(t *testing.T, s purchase.State, ev purchase.Event) {
	t.Helper()
	read, err := purchase.DecodeState([]byte(encode(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := encode(t, s), encode(t, read); a != b {
		t.Errorf("state reads as\n%s, wrote\n%s", b, a)
	}
	b, err := purchase.EncodeEvent(ev)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := purchase.DecodeEvent(b); err != nil {
		t.Errorf("event %s: %v", b, err)
	}
}

func encode(t *testing.T, s purchase.State) string {
	t.Helper()
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "line " + g[i] + "\nwas  " + w[i]
		}
	}
	return "one is longer"
}
