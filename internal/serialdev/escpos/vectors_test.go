package escpos

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// vector is one record of testdata/escpos-vectors.json: bytes that public drivers of
// these displays send, with their meaning.
type vector struct {
	Name    string
	Hex     string
	Meaning map[string]any
}

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
	raw, err := os.ReadFile("testdata/escpos-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(raw, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) != 15 {
		t.Fatalf("%d vectors, want 15", len(vs))
	}
	return vs
}

func decodeAll(t testing.TB, b []byte) []Cmd {
	t.Helper()
	var cmds []Cmd
	for len(b) > 0 {
		c, n, err := Decode(b)
		if err != nil {
			t.Fatalf("Decode(% x): %v", b, err)
		}
		cmds = append(cmds, c)
		b = b[n:]
	}
	return cmds
}

func TestEveryVectorDecodesToItsMeaning(t *testing.T) {
	for _, v := range loadVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			got := decodeAll(t, unhex(t, v.Hex))
			want := meaning(t, v)
			if len(got) != len(want) {
				t.Fatalf("got %v, want %v", got, want)
			}
			for i := range want {
				if shown := describe(got[i], want[i]); shown != want[i] {
					t.Errorf("command %d: got %q, want %q", i+1, shown, want[i])
				}
			}
		})
	}
}

func TestEveryVectorIsWrittenByteForByte(t *testing.T) {
	others := map[string]string{
		"escpos-webserial-bixolon-init": "two commands in the spelling of the CD5220",
		"escpos-aures-selftest":         "the spelling of one family",
	}
	for _, v := range loadVectors(t) {
		b := unhex(t, v.Hex)
		var out []byte
		for _, c := range decodeAll(t, b) {
			var err error
			if out, err = Append(out, c); err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
		}
		if got, want := bytes.Equal(out, b), others[v.Name] == ""; got != want {
			t.Errorf("%s: same bytes: got %v, want %v:\n got % x\nfrom % x", v.Name, got, want, out, b)
		}
	}
}

// meaning turns a vector's meaning into one line for each command.
func meaning(t *testing.T, v vector) []string {
	t.Helper()
	if v.Name == "escpos-text-crlf" { // one text with line ends, given as a whole
		return []string{"text Hello", "line start", "LF", "text World", "line start", "LF"}
	}
	list, ok := v.Meaning["sequence"].([]any)
	if !ok {
		list = []any{v.Meaning}
	}
	var lines []string
	for _, e := range list {
		lines = append(lines, meaningOf(e.(map[string]any)))
	}
	return lines
}

func meaningOf(m map[string]any) string {
	line := m["command"].(string)
	for _, key := range []string{"on", "col", "row", "mode", "level", "n", "emulation", "text"} {
		if value, ok := m[key]; ok {
			line += fmt.Sprintf(" %v", value)
		}
	}
	return line
}

// describe shows a command in the words of the vectors. A text of which the vector
// does not give the characters shows as its name alone.
func describe(c Cmd, want string) string {
	switch c.Op {
	case OpText:
		if want == "text" {
			return want
		}
		return "text " + string(c.Args)
	case OpCursor:
		return fmt.Sprintf("cursor %v", c.Args[0] == 1)
	case OpPosition:
		return fmt.Sprintf("position %d %d", c.Args[0], c.Args[1])
	case OpMode:
		return "mode " + [...]string{1: "overwrite", 2: "vertical scroll", 3: "horizontal scroll"}[c.Args[0]]
	case OpBrightness, OpCodePage, OpPeripheral:
		return fmt.Sprintf("%s %d", c.Op, c.Args[0])
	case OpEmulation:
		return "select emulation " + map[byte]string{0x31: "escpos"}[c.Args[0]]
	case OpDown:
		return "LF"
	case OpFirmware:
		return "show firmware version"
	case OpLogo:
		return "show stored logo"
	}
	return string(c.Op)
}

func TestScreensOfTheVectors(t *testing.T) {
	for _, v := range loadVectors(t) {
		screen, ok := v.Meaning["screen"].([]any)
		if !ok {
			continue
		}
		got := AppendScreen(nil, CP858, [Rows]string{screen[0].(string), screen[1].(string)})
		if !bytes.Equal(got, unhex(t, v.Hex)) {
			t.Errorf("%s:\n got % x\nwant %s", v.Name, got, v.Hex)
		}
	}
}
