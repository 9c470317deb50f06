package screen

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files and docs/screens.md")

// shot is a page with the time it first appears.
type shot struct {
	at   time.Duration
	page Page
}

// film is what a display shows while nothing but time passes, for as long as anything
// new can come.
func film(s Situation, f Face) (shots []shot) {
	seen := map[string]bool{}
	play(s, f, func(at time.Duration, p Page) {
		if key := strings.Join(p.Rows, "\n"); !seen[key] {
			seen[key] = true
			shots = append(shots, shot{at, p})
		}
	})
	return shots
}

// play renders whenever the page before asks for it.
func play(s Situation, f Face, see func(at time.Duration, p Page)) { playFor(3*time.Minute, s, f, see) }

func playFor(longest time.Duration, s Situation, f Face, see func(at time.Duration, p Page)) {
	for at := time.Duration(0); at < longest; {
		s.OrderFor, s.LaneFor = at, at
		p := Render(s, f)
		see(at, p)
		if p.Next == 0 {
			return
		}
		at += p.Next
	}
}

// draw is a page as a box.
func draw(p Page) []string {
	edge := "+" + strings.Repeat("-", len([]rune(p.Rows[0]))) + "+"
	out := []string{edge}
	for _, row := range p.Rows {
		out = append(out, "|"+row+"|")
	}
	return append(out, edge)
}

func TestEveryStateOnFourRows(t *testing.T) {
	var got strings.Builder
	for _, c := range cases() {
		fmt.Fprintf(&got, "%s\n", c.name)
		for _, s := range film(c.s, Face{Size: Size{4, 20}}) {
			fmt.Fprintf(&got, "%8s   %s\n           %s\n", s.at, s.page.Kind, strings.Join(draw(s.page), "\n           "))
		}
		got.WriteString("\n")
	}
	golden(t, filepath.Join("testdata", "4x20.txt"), got.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -update and read the diff. Got:\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d: %q", i+1, g[i])
		}
	}
	return fmt.Sprintf("line %d: end of file", len(g))
}
