package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	alertsFile    = "../../packaging/prometheus/edged-alerts.rules.yml"
	recordingFile = "../../packaging/prometheus/edged-recording.rules.yml"
	alertTests    = "../../packaging/prometheus/edged-alerts_test.yml"
	runbooks      = "../../docs/runbooks"
	metricsPage   = "../../docs/metrics.md"
)

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func rules(t *testing.T, file string) []Rule {
	t.Helper()
	r, err := ReadRules(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(r) == 0 {
		t.Fatalf("%s has no rule", file)
	}
	return r
}

// known are the metrics that the daemon shows, by its generated page.
func known(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(edged_[a-z0-9_]+)`").FindAllStringSubmatch(read(t, metricsPage), -1) {
		out = append(out, m[1])
	}
	if len(out) < 30 {
		t.Fatalf("%s names %d metrics", metricsPage, len(out))
	}
	return out
}

func TestEveryAlertHasItsWordsItsPageAndItsTests(t *testing.T) {
	tests := read(t, alertTests)
	var pages []string
	for _, r := range rules(t, alertsFile) {
		for _, p := range r.Check() {
			t.Error(p)
		}
		page := r.Alert + ".md"
		pages = append(pages, page)
		text := read(t, filepath.Join(runbooks, page))
		for _, part := range []string{"# " + r.Alert + "\n", "**What it means.** ", "**What the customer sees.** ", "\n## Do\n\n1. "} {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no %q", page, part)
			}
		}
		for _, name := range []string{r.Alert + " fires\n", r.Alert + " is quiet\n"} {
			if strings.Count(tests, name) != 1 {
				t.Errorf("%d promtool tests are called %q, want 1", strings.Count(tests, name), name)
			}
		}
	}
	found, err := filepath.Glob(filepath.Join(runbooks, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !slices.Contains(pages, filepath.Base(f)) {
			t.Errorf("%s belongs to no alert", f)
		}
	}
}

func TestEveryMetricThatIsNamedExists(t *testing.T) {
	names := known(t)
	recorded := ""
	for _, r := range rules(t, recordingFile) {
		recorded += r.Record + " "
	}
	files, err := filepath.Glob(filepath.Join(runbooks, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	dashboards, err := filepath.Glob("../../packaging/grafana/dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, alertsFile, recordingFile, alertTests, "../../docs/operate.md")
	for _, f := range append(files, dashboards...) {
		for _, name := range Metrics(read(t, f)) {
			if !slices.Contains(names, name) && !strings.Contains(recorded, ":"+name+":") {
				t.Errorf("%s names %s, which the daemon does not show", f, name)
			}
		}
	}
}

// TestThePagesOfTheRunbooksLeadSomewhere: each page that a runbook links to is there.
func TestThePagesOfTheRunbooksLeadSomewhere(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(runbooks, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(read(t, f), -1) {
			if _, err := os.Stat(filepath.Join(runbooks, m[1])); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}

// TestPrometheusTakesTheRules asks Prometheus's own tool, where it is installed; .ci/run
// installs it.
func TestPrometheusTakesTheRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	for _, args := range [][]string{
		{"check", "rules", alertsFile, recordingFile},
		{"test", "rules", alertTests},
		{"check", "config", "../../packaging/prometheus/prometheus.example.yml"},
	} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestAnAlertThatLacksSomethingIsRefused(t *testing.T) {
	r := Rule{Alert: "tooHot", Expr: "1", Labels: map[string]string{"severity": "urgent"}}
	got := strings.Join(r.Check(), "\n")
	for _, want := range []string{"EdgedInCamelCase", "no `for`", `severity is "urgent"`, "no summary", "no description", "no runbook_url"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said in:\n%s", want, got)
		}
	}
	if got := Metrics("rate(edged_phase_duration_seconds_bucket[5m]) + edged_x + edged_x"); !slices.Equal(got, []string{"edged_phase_duration_seconds", "edged_x"}) {
		t.Errorf("metrics are %q", got)
	}
}
