package zvt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestNoPrefixOfACommandIsACommand(t *testing.T) {
	for name, b := range vectorAPDUs(t) {
		for n := range b {
			if _, _, err := Decode(b[:n]); !errors.Is(err, ErrTruncated) {
				t.Errorf("%s cut at %d: got %v, want ErrTruncated", name, n, err)
			}
		}
	}
}

func TestExtendedLengthHasTheLowByteFirst(t *testing.T) {
	b := append(unhex(t, "06 D3 FF 61 04"), make([]byte, 0x461)...) // section 4, live capture
	a, n, err := Decode(append(b, 0x80))
	if err != nil || n != len(b) || len(a.Data) != 0x461 {
		t.Fatalf("got %d data bytes, n %d, err %v", len(a.Data), n, err)
	}
	if out := a.Append(nil); !bytes.Equal(out, b) {
		t.Errorf("written with header % x", out[:5])
	}
}

func TestLengthFormChangesAt255(t *testing.T) {
	for size, want := range map[int]string{254: "06d3fe", 255: "06d3ffff00", 256: "06d3ff0001"} {
		b := APDU{Class: 0x06, Instr: 0xD3, Data: make([]byte, size)}.Append(nil)
		if got := fmt.Sprintf("%x", b[:len(b)-size]); got != want {
			t.Errorf("%d bytes: header %s, want %s", size, got, want)
		}
	}
}

func TestBytesBehindTheCommandAreRefusedWhereOneIsExpected(t *testing.T) {
	if _, err := DecodeExact(unhex(t, "80 00 00 00")); !errors.Is(err, ErrLength) {
		t.Errorf("got %v, want ErrLength", err)
	}
}

func TestM8_APDUShowsItselfRedacted(t *testing.T) {
	a := mustDecode(t, unhex(t, "06 50 03 12 34 56"))
	want := "065003eeeeee"
	if got := fmt.Sprintf("%v", a); got != want {
		t.Errorf("%%v: got %s, want %s", got, want)
	}
	j, err := json.Marshal(map[string]APDU{"frame": a})
	if err != nil || !strings.Contains(string(j), want) {
		t.Errorf("JSON: got %s, %v", j, err)
	}
}

// FuzzAPDU: what Decode takes, Append writes back, in the short form if it can.
func FuzzAPDU(f *testing.F) {
	for _, b := range vectorAPDUs(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, n, err := Decode(b)
		if err != nil {
			return
		}
		if n > len(b) {
			t.Fatalf("took %d of %d bytes", n, len(b))
		}
		out := a.Append(nil)
		again := mustDecode(t, out)
		if again.Command() != a.Command() || !bytes.Equal(again.Data, a.Data) {
			t.Errorf("got %x, want %x", out, b[:n])
		}
		if len(out) == n && !bytes.Equal(out, b[:n]) {
			t.Errorf("same length, other bytes: %x, %x", out, b[:n])
		}
	})
}
