package watch

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the dashboards")

const dashboardDir = "../../packaging/grafana/dashboards"

func TestTheDashboardsAreWhatTheCodeGives(t *testing.T) {
	for _, b := range Boards() {
		want, err := b.JSON()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dashboardDir, b.UID+".json")
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got := []byte(read(t, file)); !bytes.Equal(got, want) {
			t.Errorf("%s is not what the code gives: go test ./internal/watch -update, and read the diff", file)
		}
	}
}

// TestEveryPanelKeepsTheConventions: words, unit, variables, and no more than five
// panels that may be empty.
func TestEveryPanelKeepsTheConventions(t *testing.T) {
	empty := 0
	for _, b := range Boards() {
		var titles []string
		for _, p := range b.Panels() {
			for _, problem := range p.problems() {
				t.Errorf("%s: %s: %s", b.Title, p.Title, problem)
			}
			titles = append(titles, string(p.Kind)+p.Title)
			for _, q := range p.Queries {
				if q.Empty != "" {
					empty++
				}
			}
			if p.Runbook != "" {
				read(t, filepath.Join(runbooks, p.Runbook+".md"))
			}
		}
		slices.Sort(titles)
		if n := len(slices.Compact(slices.Clone(titles))); n != len(titles) {
			t.Errorf("%s has two panels of one kind and title", b.Title)
		}
	}
	if empty > 5 {
		t.Errorf("%d queries may be empty, want 5 at most", empty)
	}
}

// problems are what a panel lacks.
func (p Panel) problems() (out []string) {
	if p.Title == "" || !strings.HasSuffix(p.Description, ".") {
		out = append(out, "no title, or no sentence that describes it")
	}
	if p.Unit == "" {
		out = append(out, "no unit")
	}
	if p.Width < 3 || p.Width > 24 {
		out = append(out, "its width is not 3 to 24")
	}
	if len(p.Queries) == 0 {
		out = append(out, "no query")
	}
	for _, q := range p.Queries {
		if !strings.Contains(q.Expr, chosen) {
			out = append(out, "a query that does not obey job, site and instance: "+q.Expr)
		}
		if q.Legend == "" {
			out = append(out, "no legend")
		}
		if strings.Contains(q.Expr, "rate(") && !strings.Contains(q.Expr, "[$__rate_interval]") {
			out = append(out, "a rate over a fixed window: "+q.Expr)
		}
	}
	return out
}

func TestAPanelThatLacksSomethingIsNamed(t *testing.T) {
	bad := Panel{Title: "x", Description: "no stop", Width: 30, Queries: []Query{{Expr: "rate(a[5m])"}}}
	got := strings.Join(bad.problems(), "\n")
	for _, want := range []string{"describes it", "no unit", "width", "does not obey", "no legend", "fixed window"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said in:\n%s", want, got)
		}
	}
}

// TestTheDashboardsCanBeProvisioned looks at the JSON as Grafana does.
func TestTheDashboardsCanBeProvisioned(t *testing.T) {
	for _, b := range Boards() {
		data, err := b.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			UID      string
			Editable *bool
			Panels   []struct {
				ID      int
				Type    string
				GridPos struct{ X, Y, W, H int }
			}
			Templating struct{ List []struct{ Name string } }
		}
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		if d.UID != b.UID || d.Editable == nil || *d.Editable || len(d.Templating.List) < 5 {
			t.Errorf("%s: uid %q, editable %v, %d variables", b.Title, d.UID, d.Editable, len(d.Templating.List))
		}
		taken := map[[2]int]int{}
		for i, p := range d.Panels {
			if p.ID != i+1 {
				t.Errorf("%s: panel %d has the id %d", b.Title, i+1, p.ID)
			}
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					if other := taken[[2]int{x, y}]; other != 0 || x >= 24 {
						t.Fatalf("%s: panels %d and %d lie on one another", b.Title, other, p.ID)
					}
					taken[[2]int{x, y}] = p.ID
				}
			}
		}
	}
}
