package remotewrite

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// nameLabel is the label that holds a series' name (remote write 1.0, "Labels").
const nameLabel = "__name__"

// staleNaN marks the end of a series: a NaN of this one bit pattern (remote write 1.0,
// "Stale Markers").
func staleNaN() float64 { return math.Float64frombits(0x7ff0000000000002) }

type label struct{ name, value string }

// meta is what version 2 says of a series beside its samples.
type meta struct {
	kind dto.MetricType
	help string
}

// series is one line of a scrape: its labels sorted by name.
type series struct {
	labels []label
	meta   meta
}

func (s series) equal(other series) bool {
	return s.meta == other.meta && slices.Equal(s.labels, other.labels)
}

// key is a series as a map's key. The bytes between cannot be in valid UTF-8.
func (s series) key() string {
	var b strings.Builder
	for _, l := range s.labels {
		b.WriteString(l.name + "\xff" + l.value + "\xfe")
	}
	return b.String()
}

// layout is the series of a gathering. Gatherings with the same series share one: what
// waits is then 8 bytes a sample.
type layout struct {
	plain  []series
	native []series
}

func (l *layout) equal(other *layout) bool {
	return slices.EqualFunc(l.plain, other.plain, series.equal) && slices.EqualFunc(l.native, other.native, series.equal)
}

// flat is what was gathered at one moment, before it has a time.
type flat struct {
	layout *layout
	values []float64 // one for each plain series
	native [][]byte  // one for each native series: the message without its time
}

// flattener turns families into series and values.
type flattener struct {
	external []label
	native   bool
	out      flat
}

// flatten makes series of families, as a scraper would: a histogram is its buckets, sum
// and count, and with native also itself.
func flatten(families []*dto.MetricFamily, external []label, native bool) flat {
	f := &flattener{external: external, native: native, out: flat{layout: &layout{}}}
	for _, family := range families {
		about := meta{kind: family.GetType(), help: family.GetHelp()}
		for _, m := range family.GetMetric() {
			f.metric(family.GetName(), about, m)
		}
	}
	return f.out
}

func (f *flattener) metric(name string, about meta, m *dto.Metric) {
	own := m.GetLabel()
	switch {
	case m.GetCounter() != nil:
		f.add(name, about, own, label{}, m.GetCounter().GetValue())
	case m.GetGauge() != nil:
		f.add(name, about, own, label{}, m.GetGauge().GetValue())
	case m.GetUntyped() != nil:
		f.add(name, about, own, label{}, m.GetUntyped().GetValue())
	case m.GetSummary() != nil:
		s := m.GetSummary()
		for _, q := range s.GetQuantile() {
			f.add(name, about, own, label{"quantile", number(q.GetQuantile())}, q.GetValue())
		}
		f.add(name+"_sum", about, own, label{}, s.GetSampleSum())
		f.add(name+"_count", about, own, label{}, float64(s.GetSampleCount()))
	case m.GetHistogram() != nil:
		f.histogram(name, about, own, m.GetHistogram())
	}
}

func (f *flattener) histogram(name string, about meta, own []*dto.LabelPair, h *dto.Histogram) {
	infinite := false
	for _, b := range h.GetBucket() {
		infinite = infinite || math.IsInf(b.GetUpperBound(), 1)
		f.add(name+"_bucket", about, own, label{"le", number(b.GetUpperBound())}, float64(b.GetCumulativeCount()))
	}
	if !infinite {
		f.add(name+"_bucket", about, own, label{"le", "+Inf"}, float64(h.GetSampleCount()))
	}
	f.add(name+"_sum", about, own, label{}, h.GetSampleSum())
	f.add(name+"_count", about, own, label{}, float64(h.GetSampleCount()))
	if f.native && h.Schema != nil {
		f.out.layout.native = append(f.out.layout.native, f.series(name, about, own, label{}))
		f.out.native = append(f.out.native, appendNative(nil, h))
	}
}

func (f *flattener) add(name string, about meta, own []*dto.LabelPair, extra label, value float64) {
	f.out.layout.plain = append(f.out.layout.plain, f.series(name, about, own, extra))
	f.out.values = append(f.out.values, value)
}

func (f *flattener) series(name string, about meta, own []*dto.LabelPair, extra label) series {
	labels := make([]label, 0, len(own)+len(f.external)+2)
	labels = append(labels, label{nameLabel, name})
	for _, l := range own {
		if l.GetValue() != "" { // an empty label is none
			labels = append(labels, label{l.GetName(), l.GetValue()})
		}
	}
	if extra.name != "" {
		labels = append(labels, extra)
	}
	for _, e := range f.external {
		if !slices.ContainsFunc(labels, func(l label) bool { return l.name == e.name }) {
			labels = append(labels, e)
		}
	}
	slices.SortFunc(labels, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	return series{labels: labels, meta: about}
}

// number writes the value of le and quantile as OpenMetrics does ("Numbers": 1.0, not
// 1), which is what a scraper of this daemon gets.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if math.IsInf(v, 0) || math.IsNaN(v) || strings.ContainsAny(s, ".e") {
		return s
	}
	return s + ".0"
}

// gone is the end of the series of old that next does not have; its layout is empty if
// there is none.
func gone(old, next *layout) flat {
	out := flat{layout: &layout{}}
	if old == nil || old == next {
		return out
	}
	out.layout.plain = missing(old.plain, next.plain)
	out.layout.native = missing(old.native, next.native)
	for range out.layout.plain {
		out.values = append(out.values, staleNaN())
	}
	for range out.layout.native {
		out.native = append(out.native, staleNative())
	}
	return out
}

func missing(old, next []series) (out []series) {
	there := make(map[string]bool, len(next))
	for _, s := range next {
		there[s.key()] = true
	}
	for _, s := range old {
		if !there[s.key()] {
			out = append(out, s)
		}
	}
	return out
}
