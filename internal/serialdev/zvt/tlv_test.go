package zvt

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestObjects(t *testing.T) {
	tests := []struct {
		name string
		hex  string
		want []Object
		err  error
	}{
		{"none", "", nil, nil},
		{"a primitive one", "12 01 40", []Object{{Tag: 0x12, Value: []byte{0x40}}}, nil},
		{"an empty one", "1F 73 00", []Object{{Tag: 0x1F73, Value: []byte{}}}, nil},
		{"a nested one", "26 04 0A 02 06 D3", []Object{{Tag: 0x26, Children: []Object{{Tag: 0x0A, Value: []byte{6, 0xD3}}}}}, nil},
		{"a constructed one that is empty", "23 00", []Object{{Tag: 0x23}}, nil},
		{"a constructed tag of two bytes", "FF 01 02 07 00", []Object{{Tag: 0xFF01, Children: []Object{{Tag: 7, Value: []byte{}}}}}, nil},
		{"tag zero", "00 00", []Object{{Tag: 0, Value: []byte{}}}, nil},
		{"a tag that does not end", "1F 81 81 81 81 00", nil, ErrTag},
		{"a tag cut short", "1F", nil, ErrLength},
		{"an object without length", "12", nil, ErrLength},
		{"an object cut short", "12 02 40", nil, ErrLength},
		{"an inner object longer than the outer", "26 04 0A 03 06 D3", nil, ErrLength},
		{"length form 80", "12 80", nil, ErrLength},
		{"length form 81 cut short", "12 81", nil, ErrLength},
		{"length form 82 cut short", "12 82 00", nil, ErrLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeObjects(unhex(t, tt.hex), 1)
			if !errors.Is(err, tt.err) || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %+v, %v, want %+v, %v", got, err, tt.want, tt.err)
			}
			if tt.err != nil {
				return
			}
			if out, err := appendObjects(nil, got, 1); err != nil || !bytes.Equal(out, unhex(t, tt.hex)) {
				t.Errorf("written as % x, %v", out, err)
			}
		})
	}
}

func TestLengthsOfObjects(t *testing.T) {
	for size, want := range map[int]string{0x7F: "07 7F", 0x80: "07 81 80", 0xFF: "07 81 FF", 0x100: "07 82 01 00"} {
		out, err := appendObjects(nil, []Object{{Tag: TagTextLine, Value: make([]byte, size)}}, 1)
		if err != nil || !bytes.HasPrefix(out, unhex(t, want)) || len(out) != size+len(unhex(t, want)) {
			t.Errorf("%d bytes: starts % x, %v, want %s", size, out[:4], err, want)
		}
		back, err := decodeObjects(out, 1)
		if err != nil || len(back) != 1 || len(back[0].Value) != size {
			t.Errorf("%d bytes come back as %v, %v", size, back, err)
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	inner := []byte{0x12, 0x00}
	for range maxTLVDepth {
		inner = append([]byte{0x26, byte(len(inner))}, inner...)
	}
	if _, err := decodeObjects(inner, 1); !errors.Is(err, ErrDepth) {
		t.Errorf("decode: got %v, want ErrDepth", err)
	}
	o := Object{Tag: 0x26}
	for range maxTLVDepth {
		o = Object{Tag: 0x26, Children: []Object{o}}
	}
	if _, err := appendObjects(nil, []Object{o}, 1); !errors.Is(err, ErrDepth) {
		t.Errorf("append: got %v, want ErrDepth", err)
	}
}

func TestObjectsThatWouldComeBackOtherwiseAreNotWritten(t *testing.T) {
	tests := map[string]Object{
		"a tag whose first byte says it goes on": {Tag: 0x1F},
		"a tag whose first byte says it ends":    {Tag: 0x1206},
		"a constructed tag with a value":         {Tag: 0x26, Value: []byte{1}},
		"a primitive tag with children":          {Tag: 0x12, Children: []Object{{Tag: 0x07}}},
	}
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			if out, err := appendObjects(nil, []Object{o}, 1); !errors.Is(err, ErrTag) {
				t.Errorf("got % x, %v, want ErrTag", out, err)
			}
		})
	}
}

func TestFindFollowsAPath(t *testing.T) {
	tlv := Wrap(Object{Tag: 0x12}, Reference("AC", "384HH2"))
	o, ok := tlv.Find(TagReference, TagReferenceValue)
	if !ok || string(o.Value) != "384HH2" {
		t.Errorf("got %q, %v", o.Value, ok)
	}
	for _, path := range [][]Tag{nil, {TagReceipt}, {TagReference, TagReceipt}, {0x12, TagReceipt}} {
		if o, ok := tlv.Find(path...); ok {
			t.Errorf("path %x: got %v, want nothing", path, o)
		}
	}
}

// FuzzTLV: what is decoded is written and decoded again as the same.
func FuzzTLV(f *testing.F) {
	for _, b := range vectorAPDUs(f) {
		for data := mustDecode(f, b).Data; len(data) > 0; {
			field, n, err := nextField(data)
			if err != nil || n == 0 {
				break
			}
			if field.tag == bmpTLV {
				f.Add(bytes.Clone(field.value))
			}
			data = data[n:]
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxData {
			return
		}
		objects, err := decodeObjects(b, 1)
		if err != nil {
			return
		}
		out, err := appendObjects(nil, objects, 1)
		if err != nil {
			t.Fatalf("%x: append: %v", b, err)
		}
		if len(out) == len(b) && !bytes.Equal(out, b) {
			t.Errorf("same length, other bytes: %x, %x", out, b)
		}
		again, err := decodeObjects(out, 1)
		if err != nil || flatObjects(again) != flatObjects(objects) {
			t.Errorf("%x comes back as %s, %v, want %s", b, flatObjects(again), err, flatObjects(objects))
		}
	})
}
