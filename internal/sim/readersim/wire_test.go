package readersim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

type vector struct {
	Name    string `json:"name"`
	Layer   string `json:"layer"`
	Hex     string `json:"hex"`
	Meaning struct {
		Valid bool   `json:"valid"`
		APDU  string `json:"apdu"`
		Len   int    `json:"apdu_length"`
	} `json:"meaning"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/zvt-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte(" "), nil)))
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

func TestPublishedSerialFramesAreCutAndWrapped(t *testing.T) {
	seen := 0
	for _, v := range vectors(t) {
		frame := unhex(t, v.Hex)
		if v.Layer != "serial-frame" || len(frame) == 1 {
			continue
		}
		seen++
		items := new(serialWire).feed(frame)
		if len(items) == 0 {
			t.Errorf("%s: nothing came out", v.Name)
			continue
		}
		if !v.Meaning.Valid {
			if items[0].kind != itemBad {
				t.Errorf("%s: got item kind %d, want a NAK", v.Name, items[0].kind)
			}
			continue
		}
		if got := hex.EncodeToString(items[0].raw); got != v.Meaning.APDU {
			t.Errorf("%s: got %s, want %s", v.Name, got, v.Meaning.APDU)
		}
		if got := new(serialWire).encode(items[0].apdu); !bytes.Equal(got, frame) {
			t.Errorf("%s: wrapped again: got %x, want %x", v.Name, got, frame)
		}
	}
	if seen < 18 {
		t.Errorf("only %d frames in the vectors", seen)
	}
}

func TestNoPrefixOfAFrameIsAFrame(t *testing.T) {
	for _, v := range vectors(t) {
		frame := unhex(t, v.Hex)
		if v.Layer != "serial-frame" || len(frame) == 1 || !v.Meaning.Valid {
			continue
		}
		for n := range frame {
			if items := new(serialWire).feed(frame[:n]); len(items) != 0 {
				t.Errorf("%s: %d of %d bytes gave an item", v.Name, n, len(frame))
			}
		}
	}
}

func TestPublishedMessagesAreCutByTheirLength(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Layer != "apdu" || !v.Meaning.Valid {
			continue
		}
		b := unhex(t, v.Hex)
		a, n, err := parseAPDU(append(b[:len(b):len(b)], 0x80, 0x00))
		if err != nil || n != len(b) || len(a.data) != v.Meaning.Len {
			t.Errorf("%s: got %d bytes, %d of data, %v; want %d, %d", v.Name, n, len(a.data), err, len(b), v.Meaning.Len)
		}
		for cut := range b {
			if _, _, err := parseAPDU(b[:cut]); err == nil {
				t.Errorf("%s: cut at %d was accepted", v.Name, cut)
			}
		}
	}
}

func FuzzWire(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(unhex(f, v.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, w := range []wire{&serialWire{}, &tcpWire{}} {
			whole := len(w.feed(b))
			w.reset()
			parts := 0
			for i := range b {
				parts += len(w.feed(b[i : i+1]))
			}
			if whole != parts {
				t.Errorf("%T: %d items at once, %d byte by byte", w, whole, parts)
			}
			for _, it := range w.feed(b) {
				_, _ = parseFields(it.apdu.data)
				_ = listsCommand(it.apdu.data, cmdPrintBlock)
			}
		}
	})
}
