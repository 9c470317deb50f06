package app

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
)

var update = flag.Bool("update", false, "write docs/metrics.md")

const metricsPage = "../../docs/metrics.md"

// TestThePageOfMetricsIsWhatTheDaemonShows: docs/metrics.md is written from a running
// daemon (go test ./internal/app -run Page -update), so that neither forgets the other.
func TestThePageOfMetricsIsWhatTheDaemonShows(t *testing.T) {
	inBubble(t, marketOptions{certificate: true}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		problems, err := testutil.GatherAndLint(d.reg)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
		families, err := d.reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		page := metricsDoc(families, contract(t))
		if *update {
			if err := os.WriteFile(metricsPage, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		got, err := os.ReadFile(metricsPage)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != page {
			t.Errorf("docs/metrics.md is not what the daemon shows: run go test ./internal/app -run Page -update and read the diff. Want:\n%s", page)
		}
	})
}

const metricsIntro = `# Metrics

` + "`/metrics`" + ` of the gateway (` + "`metrics.listen`" + `). This page is written from a running daemon by ` + "`go test ./internal/app -run Page -update`" + `.

Names marked ● are a contract: dashboards and alerts of other people use them, and they do not change. No label ever holds the number of an order. Labels
` + "`lane`, `door`, `machine_id` and `device`" + ` are bounded by the configuration, all others by the lists below. Every series exists from the start, so that
` + "`increase()`" + ` sees the first event. Durations of holds are powered-on seconds (M10). Each histogram is a native one beside its classic buckets.
` + "`go_*` and `process_*`" + ` are those of the Go client library and are not listed.

| metric | type | labels | meaning |
|---|---|---|---|
`

// metricsDoc is the whole page.
func metricsDoc(families []*dto.MetricFamily, contract map[string][]string) string {
	var s strings.Builder
	s.WriteString(metricsIntro)
	for _, f := range families {
		name := f.GetName()
		if !strings.HasPrefix(name, "edged_") {
			continue
		}
		mark := ""
		if _, ok := contract[name]; ok {
			mark = " ●"
		}
		fmt.Fprintf(&s, "| `%s`%s | %s | %s | %s |\n", name, mark, strings.ToLower(f.GetType().String()), labelsDoc(f), f.GetHelp())
	}
	return s.String()
}

// labelsDoc names the labels of a family, with the values of those that edged bounds.
func labelsDoc(f *dto.MetricFamily) string {
	values := map[string][]string{}
	var names []string
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if !slices.Contains(names, l.GetName()) {
				names = append(names, l.GetName())
			}
			values[l.GetName()] = append(values[l.GetName()], l.GetValue())
		}
	}
	var out []string
	for _, n := range names {
		if said := listed(f.GetName(), n, values[n]); said != "" {
			n = fmt.Sprintf("`%s`: %s", n, said)
		} else {
			n = fmt.Sprintf("`%s`", n)
		}
		out = append(out, n)
	}
	return strings.Join(out, "; ")
}

// listed are the values of a label that are the same at every site.
func listed(metric, label string, values []string) string {
	site := []string{"lane", "door", "machine_id", "device", "currency"}
	if slices.Contains(site, label) || metric == "edged_build_info" {
		return ""
	}
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ", ")
}
