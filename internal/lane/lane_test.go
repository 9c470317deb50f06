package lane_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/lane"
	"edged/internal/purchase"
)

var rewrite = flag.Bool("rewrite", false, "write what Step yields into testdata/*.txt, to be reviewed as a diff")

// TestTranscripts plays every testdata/*.txt and compares what Step yields.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := new(script).play(string(text))
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

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "line " + g[i] + "\nwas  " + w[i]
		}
	}
	return "one is longer"
}

// TestUnknownEvent: an event that Step does not know is a bug of ours.
func TestUnknownEvent(t *testing.T) {
	s := lane.New(lane.Settings{Name: "front"}, lane.Durable{})
	if _, _, err := lane.Step(s, lane.Event{}); !errors.Is(err, purchase.ErrBug) {
		t.Errorf("error %v, want %v", err, purchase.ErrBug)
	}
}

// TestEveryReasonIsListed: a metric for each starts at zero.
func TestEveryReasonIsListed(t *testing.T) {
	s := lane.New(lane.Settings{Name: "front", Gone: true}, lane.Durable{Out: "by hand", Restock: &lane.Restock{Sent: true}})
	s.Strange = []string{"0001"}
	listed := map[lane.Reason]bool{}
	for _, r := range lane.Reasons() {
		listed[r] = true
	}
	for _, r := range s.Why() {
		if !listed[r] {
			t.Errorf("reason %s is not listed", r)
		}
	}
	if got := len(listed); got != 15 {
		t.Errorf("%d reasons, want 15 different ones", got)
	}
}
