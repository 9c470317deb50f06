package remotewrite

import (
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"
)

// The messages are written by hand: they are few and small, and each field's number is
// named here with its source. V1 is prompb/remote.proto and prompb/types.proto, V2 is
// prompb/io/prometheus/write/v2/types.proto of the Prometheus repository, which the
// specifications 1.0 and 2.0 refer to.

// encode makes the body of a request of scrapes with one layout, not yet compressed.
func encode(version int, batch []*scrape) []byte {
	if version == V2 {
		return encodeV2(batch)
	}
	return encodeV1(batch)
}

// encodeV1: WriteRequest{timeseries=1}, TimeSeries{labels=1, samples=2, histograms=4},
// Label{name=1, value=2}.
func encodeV1(batch []*scrape) []byte {
	var body, ts, part []byte
	each(batch, func(s series, points func(sample func(float64, int64), native func([]byte, int64))) {
		ts = ts[:0]
		for _, l := range s.labels {
			part = appendText(part[:0], 1, l.name)
			part = appendText(part, 2, l.value)
			ts = appendBytes(ts, 1, part)
		}
		points(
			func(v float64, at int64) { ts = appendBytes(ts, 2, appendSample(part[:0], v, at)) },
			func(h []byte, at int64) { ts = appendBytes(ts, 4, appendAt(append(part[:0], h...), at)) },
		)
		body = appendBytes(body, 1, ts)
	})
	return body
}

// encodeV2: Request{symbols=4, timeseries=5}, TimeSeries{labels_refs=1, samples=2,
// histograms=3, metadata=5}, Metadata{type=1, help_ref=3}. Samples and histograms are
// the messages of V1.
func encodeV2(batch []*scrape) []byte {
	var all, ts, part []byte
	symbols := newSymbols()
	each(batch, func(s series, points func(sample func(float64, int64), native func([]byte, int64))) {
		part = part[:0]
		for _, l := range s.labels {
			part = protowire.AppendVarint(part, symbols.ref(l.name))
			part = protowire.AppendVarint(part, symbols.ref(l.value))
		}
		ts = appendBytes(ts[:0], 1, part)
		points(
			func(v float64, at int64) { ts = appendBytes(ts, 2, appendSample(part[:0], v, at)) },
			func(h []byte, at int64) { ts = appendBytes(ts, 3, appendAt(append(part[:0], h...), at)) },
		)
		part = appendVarint(part[:0], 1, kindV2(s.meta.kind))
		part = appendVarint(part, 3, symbols.ref(s.meta.help))
		ts = appendBytes(ts, 5, part)
		all = appendBytes(all, 5, ts)
	})
	var body []byte
	for _, s := range symbols.list {
		body = appendText(body, 4, s)
	}
	return append(body, all...)
}

// each visits the series of a batch, each with its points in the order of time.
func each(batch []*scrape, visit func(s series, points func(sample func(float64, int64), native func([]byte, int64)))) {
	for i, s := range batch[0].layout.plain {
		visit(s, func(sample func(float64, int64), _ func([]byte, int64)) {
			for _, b := range batch {
				sample(b.values[i], b.at)
			}
		})
	}
	for i, s := range batch[0].layout.native {
		visit(s, func(_ func(float64, int64), native func([]byte, int64)) {
			for _, b := range batch {
				native(b.native[i], b.at)
			}
		})
	}
}

// symbols is the table of a request of V2. The first is always "" (2.0, "Symbols").
type symbols struct {
	list []string
	refs map[string]uint64
}

func newSymbols() *symbols { return &symbols{list: []string{""}, refs: map[string]uint64{"": 0}} }

func (s *symbols) ref(text string) uint64 {
	n, ok := s.refs[text]
	if !ok {
		n = uint64(len(s.list))
		s.list, s.refs[text] = append(s.list, text), n
	}
	return n
}

// kindV2 is Metadata.MetricType.
func kindV2(t dto.MetricType) uint64 {
	switch t {
	case dto.MetricType_COUNTER:
		return 1
	case dto.MetricType_GAUGE:
		return 2
	case dto.MetricType_HISTOGRAM:
		return 3
	case dto.MetricType_GAUGE_HISTOGRAM:
		return 4
	case dto.MetricType_SUMMARY:
		return 5
	}
	return 0
}

// appendSample: Sample{value=1, timestamp=2}.
func appendSample(b []byte, v float64, at int64) []byte {
	return appendVarint(appendDouble(b, 1, v), 2, uint64(at))
}

// appendAt adds the time to a native histogram: timestamp=15.
func appendAt(b []byte, at int64) []byte { return appendVarint(b, 15, uint64(at)) }

// appendNative: Histogram{count_int=1, sum=3, schema=4, zero_threshold=5,
// zero_count_int=6, negative_spans=8, negative_deltas=9, positive_spans=11,
// positive_deltas=12}, without its time.
func appendNative(b []byte, h *dto.Histogram) []byte {
	b = appendVarint(b, 1, h.GetSampleCount())
	b = appendDouble(b, 3, h.GetSampleSum())
	b = appendVarint(b, 4, protowire.EncodeZigZag(int64(h.GetSchema())))
	b = appendDouble(b, 5, h.GetZeroThreshold())
	b = appendVarint(b, 6, h.GetZeroCount())
	b = appendBuckets(b, 8, h.GetNegativeSpan(), h.GetNegativeDelta())
	return appendBuckets(b, 11, h.GetPositiveSpan(), h.GetPositiveDelta())
}

// staleNative is the end of a native series: its sum is the marker.
func staleNative() []byte {
	return appendVarint(appendDouble(appendVarint(nil, 1, 0), 3, staleNaN()), 6, 0)
}

// appendBuckets: BucketSpan{offset=1, length=2} under num, their deltas under the next.
func appendBuckets(b []byte, num protowire.Number, spans []*dto.BucketSpan, deltas []int64) []byte {
	// A histogram without an observation has one empty span in client_golang, which
	// only says that it is native (client_model, "no-op span").
	for _, s := range spans {
		if s.GetLength() == 0 && len(deltas) == 0 {
			continue
		}
		var span []byte
		span = appendVarint(span, 1, protowire.EncodeZigZag(int64(s.GetOffset())))
		b = appendBytes(b, num, appendVarint(span, 2, uint64(s.GetLength())))
	}
	if len(deltas) == 0 {
		return b
	}
	var packed []byte
	for _, d := range deltas {
		packed = protowire.AppendVarint(packed, protowire.EncodeZigZag(d))
	}
	return appendBytes(b, num+1, packed)
}

func appendVarint(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
}

func appendDouble(b []byte, num protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), math.Float64bits(v))
}

func appendBytes(b []byte, num protowire.Number, v []byte) []byte {
	b = slices.Grow(b, len(v)+12)
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
}

func appendText(b []byte, num protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
}
