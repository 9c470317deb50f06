package remotewrite

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// The decoder of the tests shares nothing with the encoder: it is the protobuf runtime
// with the descriptions below, written from the .proto files of the Prometheus
// repository (prompb/remote.proto, prompb/types.proto and
// prompb/io/prometheus/write/v2/types.proto).

// histogramFields and the rest are "message: name=number:type", * is repeated.
const histogramFields = "count_int=1:uint64 sum=3:double schema=4:sint32 zero_threshold=5:double zero_count_int=6:uint64 " +
	"negative_spans=8:*BucketSpan negative_deltas=9:*sint64 positive_spans=11:*BucketSpan positive_deltas=12:*sint64 timestamp=15:int64"

func protoV1() map[string]string {
	return map[string]string{
		"WriteRequest": "timeseries=1:*TimeSeries",
		"TimeSeries":   "labels=1:*Label samples=2:*Sample histograms=4:*Histogram",
		"Label":        "name=1:string value=2:string",
		"Sample":       "value=1:double timestamp=2:int64",
		"Histogram":    histogramFields,
		"BucketSpan":   "offset=1:sint32 length=2:uint32",
	}
}

func protoV2() map[string]string {
	return map[string]string{
		"Request":    "symbols=4:*string timeseries=5:*TimeSeries",
		"TimeSeries": "labels_refs=1:*uint32 samples=2:*Sample histograms=3:*Histogram metadata=5:Metadata",
		"Metadata":   "type=1:int32 help_ref=3:uint32 unit_ref=4:uint32",
		"Sample":     "value=1:double timestamp=2:int64",
		"Histogram":  histogramFields,
		"BucketSpan": "offset=1:sint32 length=2:uint32",
	}
}

// messages makes the descriptions of a set of messages.
func messages(t *testing.T, pkg string, defs map[string]string) protoreflect.MessageDescriptors {
	t.Helper()
	types := map[string]descriptorpb.FieldDescriptorProto_Type{
		"string": descriptorpb.FieldDescriptorProto_TYPE_STRING, "double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
		"int64": descriptorpb.FieldDescriptorProto_TYPE_INT64, "int32": descriptorpb.FieldDescriptorProto_TYPE_INT32,
		"uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64, "uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32,
		"sint64": descriptorpb.FieldDescriptorProto_TYPE_SINT64, "sint32": descriptorpb.FieldDescriptorProto_TYPE_SINT32,
	}
	file := &descriptorpb.FileDescriptorProto{Name: proto.String(pkg + ".proto"), Package: proto.String(pkg), Syntax: proto.String("proto3")}
	for name, fields := range defs {
		m := &descriptorpb.DescriptorProto{Name: proto.String(name)}
		for _, f := range strings.Fields(fields) {
			what, typ, _ := strings.Cut(f, ":")
			var number int32
			fieldName, digits, _ := strings.Cut(what, "=")
			if _, err := fmt.Sscan(digits, &number); err != nil {
				t.Fatal(err)
			}
			d := &descriptorpb.FieldDescriptorProto{Name: proto.String(fieldName), Number: &number, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
			if rest, many := strings.CutPrefix(typ, "*"); many {
				typ, d.Label = rest, descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			}
			if scalar, ok := types[typ]; ok {
				d.Type = &scalar
			} else {
				d.Type, d.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String("."+pkg+"."+typ)
			}
			m.Field = append(m.Field, d)
		}
		file.MessageType = append(file.MessageType, m)
	}
	fd, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fd.Messages()
}

// received is one series of a request as the receiver reads it.
type received struct {
	labels string // name{a="b",...}
	points []point
	native []*dynamicpb.Message
	kind   int64
	help   string
}

type point struct {
	at    int64
	value float64
}

// decode reads a compressed body.
func decode(t *testing.T, version int, body []byte) []received {
	t.Helper()
	raw, err := snappy.Decode(nil, body)
	if err != nil {
		t.Fatalf("body is not snappy: %v", err)
	}
	m := messagesOf(t, version, raw)
	nothingUnknown(t, m)
	var symbols []string
	if version == V2 {
		list := get(m, "symbols").List()
		for i := range list.Len() {
			symbols = append(symbols, list.Get(i).String())
		}
		if len(symbols) == 0 || symbols[0] != "" {
			t.Fatalf("symbols %q do not begin with an empty one", symbols)
		}
	}
	var out []received
	list := get(m, "timeseries").List()
	for i := range list.Len() {
		out = append(out, readSeries(t, list.Get(i).Message(), symbols))
	}
	return out
}

// messagesOf reads the bytes of a request.
func messagesOf(t *testing.T, version int, raw []byte) *dynamicpb.Message {
	t.Helper()
	defs, top := protoV1(), "WriteRequest"
	if version == V2 {
		defs, top = protoV2(), "Request"
	}
	m := dynamicpb.NewMessage(messages(t, fmt.Sprintf("v%d", version), defs).ByName(protoreflect.Name(top)))
	if err := proto.Unmarshal(raw, m); err != nil {
		t.Fatalf("body is no %s: %v", top, err)
	}
	return m
}

// nativeText is what a native histogram says, its buckets as counts.
func nativeText(h *dynamicpb.Message) string {
	counts := func(deltas, spans string) (out []int64) {
		var n int64
		d := get(h, deltas).List()
		for i := range d.Len() {
			n += d.Get(i).Int()
			out = append(out, n)
		}
		length := uint64(0)
		for s, i := get(h, spans).List(), 0; i < s.Len(); i++ {
			length += get(s.Get(i).Message(), "length").Uint()
		}
		if length != uint64(len(out)) {
			return []int64{-1}
		}
		return slices.DeleteFunc(out, func(n int64) bool { return n == 0 })
	}
	return fmt.Sprintf("%d of %g: zero %d, negative %v, positive %v @%d", get(h, "count_int").Uint(), get(h, "sum").Float(), get(h, "zero_count_int").Uint(),
		counts("negative_deltas", "negative_spans"), counts("positive_deltas", "positive_spans"), get(h, "timestamp").Int())
}

func readSeries(t *testing.T, ts protoreflect.Message, symbols []string) (r received) {
	t.Helper()
	var pairs []string
	if symbols != nil {
		refs := get(ts, "labels_refs").List()
		for i := range refs.Len() {
			pairs = append(pairs, symbols[refs.Get(i).Uint()])
		}
		about := get(ts, "metadata").Message()
		r.kind, r.help = get(about, "type").Int(), symbols[get(about, "help_ref").Uint()]
	} else {
		labels := get(ts, "labels").List()
		for i := range labels.Len() {
			l := labels.Get(i).Message()
			pairs = append(pairs, get(l, "name").String(), get(l, "value").String())
		}
	}
	r.labels = printed(t, pairs)
	samples := get(ts, "samples").List()
	for i := range samples.Len() {
		s := samples.Get(i).Message()
		r.points = append(r.points, point{get(s, "timestamp").Int(), get(s, "value").Float()})
	}
	native := get(ts, "histograms").List()
	for i := range native.Len() {
		r.native = append(r.native, native.Get(i).Message().Interface().(*dynamicpb.Message))
	}
	if len(r.points) > 0 && len(r.native) > 0 {
		t.Errorf("%s has samples and histograms", r.labels)
	}
	return r
}

// printed is the labels of a series; they must be sorted.
func printed(t *testing.T, pairs []string) string {
	t.Helper()
	var names, rest []string
	name := ""
	for i := 0; i+1 < len(pairs); i += 2 {
		names = append(names, pairs[i])
		if pairs[i] == "__name__" {
			name = pairs[i+1]
			continue
		}
		rest = append(rest, fmt.Sprintf("%s=%q", pairs[i], pairs[i+1]))
	}
	if len(pairs)%2 != 0 || !sort.StringsAreSorted(names) {
		t.Errorf("labels %q are not sorted pairs", pairs)
	}
	return name + "{" + strings.Join(rest, ",") + "}"
}

func get(m protoreflect.Message, name string) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

// nothingUnknown checks that every field was one of the descriptions.
func nothingUnknown(t *testing.T, m protoreflect.Message) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Errorf("%s has fields that its description has not: %x", m.Descriptor().Name(), m.GetUnknown())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				nothingUnknown(t, v.List().Get(i).Message())
			}
		default:
			nothingUnknown(t, v.Message())
		}
		return true
	})
}

func isStale(v float64) bool { return math.Float64bits(v) == 0x7ff0000000000002 }
