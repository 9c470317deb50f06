package zvt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// vector is one record of testdata/zvt-vectors.json: published captures of real
// terminals and registers, and a few frames derived from them ("source").
type vector struct {
	Name    string
	Layer   string
	Hex     string
	Meaning map[string]any
}

func (v vector) bytes(t testing.TB) []byte {
	t.Helper()
	return unhex(t, v.Hex)
}

func (v vector) valid() bool { return v.Meaning["valid"] == true }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/zvt-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(raw, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) < 70 {
		t.Fatalf("%d vectors, expected all 70", len(vs))
	}
	return vs
}

// vectorAPDUs returns the commands of all valid vectors, taken out of their frames.
func vectorAPDUs(t testing.TB) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, v := range loadVectors(t) {
		switch {
		case v.Layer == "apdu":
			out[v.Name] = v.bytes(t)
		case v.valid() && v.Meaning["apdu"] != nil:
			out[v.Name] = unhex(t, v.Meaning["apdu"].(string))
		}
	}
	return out
}

func TestEveryVectorDecodesToItsMeaning(t *testing.T) {
	for _, v := range loadVectors(t) {
		if !v.valid() || v.Meaning["command"] == nil {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			b := v.bytes(t)
			if v.Layer == "serial-frame" {
				b = unhex(t, v.Meaning["apdu"].(string))
			}
			a := mustDecode(t, b)
			if got, want := len(a.Data), int(v.Meaning["apdu_length"].(float64)); got != want {
				t.Errorf("length: got %d, want %d", got, want)
			}
			m := parseVector(t, v, a)
			got, want := describe(t, m), meaningOf(t, v)
			if !maps.Equal(got, want) {
				t.Errorf("\n got %v\nwant %v", got, want)
			}
		})
	}
}

// parseVector uses the status enquiry's rule where the vector is its completion.
func parseVector(t *testing.T, v vector, a APDU) Message {
	t.Helper()
	var m Message
	var err error
	if v.Meaning["terminal_status"] != nil {
		m, err = ParseStatusCompletion(a)
	} else {
		m, err = Parse(a)
	}
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return m
}

func TestEveryVectorComesBackTheSame(t *testing.T) {
	// These are legal, but this room writes the same meaning with other bytes.
	differ := map[string]string{
		"reservation-25-00-with-reference":       "order of fields",
		"partial-reversal-12-95-of-receipt-0491": "order of fields",
		"preauth-reversal-receipt-0231":          "order of fields",
		"authorization-10-00-max-status-1":       "order of fields",
		"status-after-reservation-25-00":         "order of fields",
		"status-after-preauth-reversal":          "order of fields",
		"status-after-end-of-day":                "order of fields",
		"status-payment-0-01-visa":               "order of fields",
		"status-without-amount-long-trace":       "order of fields",
		"apdu-extended-length-one-byte":          "longer form of the length",
	}
	for _, v := range loadVectors(t) {
		if !v.valid() || v.Meaning["command"] == nil {
			continue
		}
		b := vectorAPDUs(t)[v.Name]
		m := parseVector(t, v, mustDecode(t, b))
		out, err := Append(nil, m)
		if err != nil {
			t.Errorf("%s: Append: %v", v.Name, err)
			continue
		}
		if got, want := bytes.Equal(out, b), differ[v.Name] == ""; got != want {
			t.Errorf("%s: same bytes: got %v, want %v:\n got %x\nfrom %x", v.Name, got, want, out, b)
		}
		if again := parseVector(t, v, mustDecode(t, out)); !reflect.DeepEqual(again, m) {
			t.Errorf("%s: decoded again:\n got %+v\nwant %+v", v.Name, again, m)
		}
	}
}

func mustDecode(t testing.TB, b []byte) APDU {
	t.Helper()
	a, err := DecodeExact(b)
	if err != nil {
		t.Fatalf("DecodeExact(%x): %v", b, err)
	}
	return a
}

// meaningOf flattens a vector's meaning into strings.
func meaningOf(t *testing.T, v vector) map[string]string {
	t.Helper()
	out := make(map[string]string)
	flatten(out, v.Meaning)
	if f, ok := v.Meaning["fields"].(map[string]any); ok {
		flatten(out, f)
	}
	for _, k := range []string{
		"valid", "apdu", "crc16", "crc_bytes_on_wire", "apdu_length", "note", "stuffed_dle_count", "fields",
	} {
		delete(out, k)
	}
	return out
}

func flatten(out map[string]string, m map[string]any) {
	for k, v := range m {
		switch v := v.(type) {
		case string:
			out[k] = v
		case float64:
			out[k] = strconv.FormatInt(int64(v), 10)
		case []any:
			out[k] = flatTLV(v)
		}
	}
}

func flatTLV(list []any) string {
	var s strings.Builder
	for _, e := range list {
		m := e.(map[string]any)
		s.WriteString(strings.ToUpper(m["tag"].(string)))
		if sub, ok := m["sub"].([]any); ok {
			fmt.Fprintf(&s, "{%s}", flatTLV(sub))
		} else {
			fmt.Fprintf(&s, "=%s;", m["hex"])
		}
	}
	return s.String()
}

func flatObjects(objects []Object) string {
	var s strings.Builder
	for _, o := range objects {
		fmt.Fprintf(&s, "%02X", uint32(o.Tag))
		if o.Tag.Constructed() {
			fmt.Fprintf(&s, "{%s}", flatObjects(o.Children))
		} else {
			fmt.Fprintf(&s, "=%x;", o.Value)
		}
	}
	return s.String()
}
