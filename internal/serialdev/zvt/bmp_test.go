package zvt

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func TestBMPs(t *testing.T) {
	tests := []struct {
		name string
		hex  string
		want error
	}{
		{"a fixed one", "04 00 00 00 00 50 00", nil},
		{"an empty LLVAR", "22 F0 F0", nil},
		{"an LLVAR", "8B F0 F2 41 00", nil},
		{"an LLLVAR", "3C F0 F0 F1 41", nil},
		{"a container", "06 02 12 00", nil},
		{"a fixed one cut short", "04 00 00 00 00 50", ErrLength},
		{"an LLVAR without its length", "22 F0", ErrLength},
		{"an LLVAR cut short", "22 F0 F2 41", ErrLength},
		{"an LLVAR whose length is one binary byte", "22 02 41 00", ErrLength},
		{"an LLVAR with a digit above nine", "22 F0 FA 00 00 00 00 00 00 00 00 00 00", ErrLength},
		{"a container longer than the command", "06 03 12 00", ErrLength},
		{"a container with the length form 80", "06 80 12 00", ErrLength},
		{"a container with the length form 83", "06 83 00 00 00", ErrLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := unhex(t, tt.hex)
			f, n, err := nextField(b)
			if !errors.Is(err, tt.want) || (tt.want == nil && n != len(b)) {
				t.Fatalf("got n %d, err %v, want all and %v", n, err, tt.want)
			}
			if tt.want != nil {
				return
			}
			if out, err := appendField(nil, f.tag, f.value); err != nil || !bytes.Equal(out, b) {
				t.Errorf("written as % x, %v", out, err)
			}
		})
	}
}

func TestAnUnknownBMPKeepsWhatIsBehindIt(t *testing.T) {
	fields, rest, err := splitFields(unhex(t, "27 00 87 01 23 55 01 02"))
	if err != nil || len(fields) != 2 || !bytes.Equal(rest, unhex(t, "55 01 02")) {
		t.Errorf("got %x, rest %x, err %v", fields, rest, err)
	}
}

func TestOfARepeatedBMPTheLastCounts(t *testing.T) {
	fields, _, err := splitFields(unhex(t, "27 05 27 00"))
	if err != nil || !bytes.Equal(fields[bmpResult], []byte{0}) {
		t.Errorf("got %x, %v", fields[bmpResult], err)
	}
}

// Every BMP of section 6, so that none is lost from the table by a slip.
func TestTheTableKnowsEveryBMP(t *testing.T) {
	want := unhex(t, "01 02 03 04 05 06 0B 0C 0D 0E 17 19 22 23 24 27 29 2A 2D 2E 37 3A 3B 3C 3D 49 4C 60 87 88"+
		"8A 8B 8C 9A A0 A7 AA AF BA D2 F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 FA FB FC FD")
	for tag := range 256 {
		if got, want := bmpLengths[tag] != 0, slices.Contains(want, byte(tag)); got != want {
			t.Errorf("bmp %02x known: got %v, want %v", tag, got, want)
		}
	}
}

func TestAFieldThatDoesNotFitIsNotWritten(t *testing.T) {
	for tag, size := range map[byte]int{bmpAmount: 5, bmpPAN: 100, bmpText: 1000, bmpResult: 0} {
		if _, err := appendField(nil, tag, make([]byte, size)); !errors.Is(err, ErrRange) {
			t.Errorf("bmp %02x with %d bytes: got %v, want ErrRange", tag, size, err)
		}
	}
}

// FuzzBMP: each field that is found is written back as it was, but for a container,
// whose length has several forms.
func FuzzBMP(f *testing.F) {
	for _, b := range vectorAPDUs(f) {
		f.Add(mustDecode(f, b).Data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			field, n, err := nextField(b)
			if err != nil || n == 0 {
				return
			}
			if out, err := appendField(nil, field.tag, field.value); err != nil ||
				(field.tag != bmpTLV && !bytes.Equal(out, b[:n])) {
				t.Fatalf("%x is written as %x, %v", b[:n], out, err)
			}
			b = b[n:]
		}
	})
}
