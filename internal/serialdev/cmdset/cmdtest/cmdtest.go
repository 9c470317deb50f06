// Package cmdtest asks every display codec the same questions: published bytes decode
// to their meaning and are written again, no part of a command is a command, and any
// bytes at all are taken step by step. It knows the table of commands, not a display.
package cmdtest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset"
)

// Vector is a record of a file of published bytes with their meaning.
type Vector struct {
	Name    string
	Hex     string
	Meaning map[string]any
}

// Bytes are those of the vector.
func (v Vector) Bytes(t testing.TB) []byte { return Unhex(t, v.Hex) }

// Commands are the vector's commands, each with its values as the vectors name them.
func (v Vector) Commands() []map[string]any {
	list, ok := v.Meaning["sequence"].([]any)
	if !ok {
		return []map[string]any{v.Meaning}
	}
	var out []map[string]any
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// Vectors reads a file, which must hold want of them.
func Vectors(t testing.TB, file string, want int) []Vector {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var vs []Vector
	if err := json.Unmarshal(raw, &vs); err != nil {
		t.Fatal(err)
	}
	if len(vs) != want {
		t.Fatalf("%s: %d vectors, want %d", file, len(vs), want)
	}
	return vs
}

// Unhex reads hex digits with or without spaces.
func Unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

// All takes b apart; it must end with a whole command.
func All(t testing.TB, table cmdset.Table, b []byte) []cmdset.Cmd {
	t.Helper()
	var cmds []cmdset.Cmd
	for len(b) > 0 {
		c, n, err := table.Decode(b)
		if err != nil {
			t.Fatalf("Decode(% x): %v", b, err)
		}
		cmds = append(cmds, c)
		b = b[n:]
	}
	return cmds
}

// Meanings decodes every vector and compares its commands with words, which must say of
// one what the vector says. Texts stand for a whole vector whose commands it does not
// list: the name of the vector, and what its commands are in words.
func Meanings(t *testing.T, table cmdset.Table, vs []Vector, words func(cmdset.Cmd) string, texts map[string][]string) {
	for _, v := range vs {
		t.Run(v.Name, func(t *testing.T) {
			want, ok := texts[v.Name]
			if !ok {
				for _, m := range v.Commands() {
					want = append(want, meaning(m))
				}
			}
			got := All(t, table, v.Bytes(t))
			if len(got) != len(want) {
				t.Fatalf("got %v, want %q", got, want)
			}
			for i, c := range got {
				// A text of which the vector gives no characters is its name alone.
				if w := words(c); w != want[i] && (c.Op != cmdset.OpText || want[i] != "text") {
					t.Errorf("command %d: got %q, want %q", i+1, w, want[i])
				}
			}
		})
	}
}

func meaning(m map[string]any) string {
	line, _ := m["command"].(string)
	for _, key := range []string{"on", "select", "col", "x1", "x2", "row", "mode", "level", "n", "emulation", "lamp", "text"} {
		if value, ok := m[key]; ok {
			line += fmt.Sprintf(" %v", value)
		}
	}
	return line
}

// Rewritten writes every vector from its commands again. Others are those that come
// out in other bytes of the same meaning, with the reason.
func Rewritten(t *testing.T, table cmdset.Table, vs []Vector, others map[string]string) {
	for _, v := range vs {
		b := v.Bytes(t)
		out, err := table.AppendAll(nil, All(t, table, b)...)
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		if got, want := bytes.Equal(out, b), others[v.Name] == ""; got != want {
			t.Errorf("%s: same bytes: got %v, want %v:\n got % x\nfrom % x", v.Name, got, want, out, b)
		}
	}
}

// BothWays holds samples (wire to command) against the table: each is read and written,
// none of its parts is a command, and no command of the table lacks a sample.
func BothWays(t *testing.T, table cmdset.Table, samples map[string]cmdset.Cmd) {
	seen := map[cmdset.Op]bool{}
	for wire, want := range samples {
		seen[want.Op] = true
		got, n, err := table.Decode([]byte(wire + "\x0c"))
		if err != nil || n != len(wire) || !reflect.DeepEqual(got, want) {
			t.Errorf("% x: got %v, n %d, %v, want %v", wire, got, n, err, want)
		}
		if out, err := table.Append(nil, want); err != nil || string(out) != wire {
			t.Errorf("%v: written as % x, %v, want % x", want, out, err, wire)
		}
		if want.Op == cmdset.OpText {
			continue // any part of a text is a text
		}
		for n := range wire {
			if got, _, err := table.Decode([]byte(wire[:n])); !errors.Is(err, cmdset.ErrTruncated) {
				t.Errorf("% x cut at %d: got %v, %v, want ErrTruncated", wire, n, got, err)
			}
		}
	}
	for _, l := range table {
		if !seen[l.Op] {
			t.Errorf("no sample of %s", l.Op)
		}
	}
}

// Refused holds that none of the commands is written.
func Refused(t *testing.T, table cmdset.Table, cmds ...cmdset.Cmd) {
	for _, c := range cmds {
		if out, err := table.AppendAll([]byte{1}, c); !errors.Is(err, cmdset.ErrRange) || len(out) != 1 {
			t.Errorf("%v: got % x, %v, want ErrRange", c, out, err)
		}
	}
}

// Setups holds how a display is prepared: the bytes of each setup, and that the refused
// ones write nothing.
func Setups(t *testing.T, write func([]byte, cells.Setup) ([]byte, error), want map[cells.Setup]string, refused ...cells.Setup) {
	for s, hex := range want {
		if got, err := write(nil, s); err != nil || !bytes.Equal(got, Unhex(t, hex)) {
			t.Errorf("%+v: got % x, %v, want %s", s, got, err, hex)
		}
	}
	for _, s := range refused {
		if got, err := write([]byte{1}, s); !errors.Is(err, cells.ErrSetup) || len(got) != 1 {
			t.Errorf("%+v: got % x, %v, want ErrSetup", s, got, err)
		}
	}
}

// Fuzz takes any bytes apart; what is known must be written so that it decodes to the
// same.
func Fuzz(f *testing.F, table cmdset.Table, vs []Vector, samples map[string]cmdset.Cmd) {
	for _, v := range vs {
		f.Add(v.Bytes(f))
	}
	for wire := range samples {
		f.Add([]byte(wire))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			c, n, err := table.Decode(b)
			if err != nil {
				return
			}
			if n <= 0 || n > len(b) {
				t.Fatalf("took %d of %d bytes", n, len(b))
			}
			if c.Op != cmdset.OpUnknown {
				again(t, table, c)
			}
			b = b[n:]
		}
	})
}

func again(t *testing.T, table cmdset.Table, c cmdset.Cmd) {
	out, err := table.Append(nil, c)
	if err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	got, n, err := table.Decode(out)
	if err != nil || n != len(out) || got.Op != c.Op || !bytes.Equal(got.Args, c.Args) {
		t.Fatalf("%v comes back as %v, %v", c, got, err)
	}
}
