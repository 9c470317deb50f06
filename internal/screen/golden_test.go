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

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// film is what a display shows while nothing but time passes: each page with the
// time it first appears, for as long as anything new can come.
func film(s Situation, size Size) string {
	var out strings.Builder
	seen := map[string]bool{}
	play(s, size, func(at time.Duration, p Page) {
		drawn := draw(p)
		if !seen[drawn] {
			seen[drawn] = true
			fmt.Fprintf(&out, "%8s   %s\n%s", at, p.Kind, drawn)
		}
	})
	return out.String()
}

// play renders whenever the page before asks for it.
func play(s Situation, size Size, see func(at time.Duration, p Page)) {
	const longest = 3 * time.Minute
	for at := time.Duration(0); at < longest; {
		s.OrderFor, s.LaneFor = at, at
		p := Render(s, size, "en")
		see(at, p)
		if p.Next == 0 {
			return
		}
		at += p.Next
	}
}

func draw(p Page) string {
	edge := "           +" + strings.Repeat("-", len([]rune(p.Rows[0]))) + "+\n"
	out := edge
	for _, row := range p.Rows {
		out += "           |" + row + "|\n"
	}
	return out + edge
}

func TestEveryStateAsTheCustomerSeesIt(t *testing.T) {
	for _, size := range []Size{{2, 20}, {4, 20}} {
		name := fmt.Sprintf("%dx%d.txt", size.Rows, size.Cols)
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, c := range cases() {
				fmt.Fprintf(&got, "%s\n%s\n", c.name, film(c.s, size))
			}
			golden(t, name, got.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -rewrite and read the diff. Got:\n%s", name, firstDifference(got, string(want)))
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
