package app

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// contract reads testdata/metrics.txt: the fields of each line by name.
func contract(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "#" {
			out[f[0]] = f[1:]
		}
	}
	if len(out) != 31 {
		t.Fatalf("%d metrics in the contract, want 31", len(out))
	}
	return out
}

// described is type and labels of a family, the labels sorted.
func described(f *dto.MetricFamily) (kind string, labels []string) {
	for _, l := range f.GetMetric()[0].GetLabel() {
		labels = append(labels, l.GetName())
	}
	slices.Sort(labels)
	return strings.ToLower(f.GetType().String()), labels
}

// Dashboards and alerts are written against these names before anything happens:
// each must be there before the first card, with its type and labels.
func TestEveryMetricOfTheContractIsThereBeforeTheFirstCard(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		compare(t, d.reg)
	})
}

func compare(t *testing.T, reg prometheus.Gatherer) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*dto.MetricFamily{}
	for _, f := range families {
		found[f.GetName()] = f
	}
	for name, want := range contract(t) {
		f := found[name]
		switch {
		case want[0] == "later" && f == nil:
		case want[0] == "later":
			t.Errorf("%s is there: say so in testdata/metrics.txt", name)
		case f == nil:
			t.Errorf("%s is missing", name)
		default:
			kind, labels := described(f)
			wanted := strings.Split(want[1], ",")
			slices.Sort(wanted)
			if want[1] == "-" {
				wanted = nil
			}
			missing := slices.DeleteFunc(slices.Clone(wanted), func(l string) bool { return slices.Contains(labels, l) })
			if kind != want[0] || len(missing) > 0 || (name != "edged_build_info" && len(labels) != len(wanted)) {
				t.Errorf("%s is a %s by %v, want a %s by %v", name, kind, labels, want[0], wanted)
			}
		}
	}
}
