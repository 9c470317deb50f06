package cd5220

import (
	"slices"
	"strings"
	"testing"

	"edged/internal/serialdev/cmdset"
	"edged/internal/serialdev/cmdset/cmdtest"
)

// samples holds one command of each kind as it is written.
func samples() map[string]Cmd {
	return map[string]Cmd{
		"\x1bQA2,50 \xd5\r":            cmdset.New(OpUpper, []byte("2,50 \xd5")...),
		"\x1bQB\r":                     cmdset.New(OpLower),
		"\x1bQDwelcome\r":              cmdset.New(OpMarquee, []byte("welcome")...),
		"\x1b@":                        cmdset.New(OpInitialise),
		"\x0c":                         cmdset.New(OpClear),
		"\x18":                         cmdset.New(OpClearLine),
		"\x1bl\x14\x02":                cmdset.New(OpPosition, 20, 2),
		"\x0b":                         cmdset.New(OpHome),
		"\x08":                         cmdset.New(OpLeft),
		"\x09":                         cmdset.New(OpRight),
		"\x0a":                         cmdset.New(OpDown),
		"\x0d":                         cmdset.New(OpLineStart),
		"\x1b[A":                       cmdset.New(OpUp),
		"\x1b[K":                       cmdset.New(OpBottom),
		"\x1b[R":                       cmdset.New(OpLineEnd),
		"\x1b\x11":                     cmdset.New(OpMode, ModeOverwrite),
		"\x1b\x12":                     cmdset.New(OpMode, ModeVertical),
		"\x1b\x13":                     cmdset.New(OpMode, ModeHorizontal),
		"\x1b_\x00":                    cmdset.New(OpCursor, 0),
		"\x1b*\x02":                    cmdset.New(OpBrightness, 2),
		"\x1bW\x01\x05\x0f\x01":        cmdset.New(OpWindow, 1, 5, 15, 1),
		"\x1bfG":                       cmdset.New(OpInternational, []byte("G")...),
		"\x1bcP":                       cmdset.New(OpCodeTable, TableCP858),
		"\x1b&\x01AB\x01\x7f\x00":      cmdset.New(OpDefineChars, 1, 'A', 'B', 1, 0x7F, 0),
		"\x1b%\x01":                    cmdset.New(OpUseChars, 1),
		"\x1b?A":                       cmdset.New(OpDeleteChar, []byte("A")...),
		"\x1bs\x01":                    cmdset.New(OpStoreChars),
		"\x1bd\x01":                    cmdset.New(OpRecallChars),
		"\x1bs4":                       cmdset.New(OpLamp, []byte("4")...),
		"\x1b=\x02":                    cmdset.New(OpPeripheral, 2),
		"\x1b#7":                       cmdset.New(OpCommandSet, []byte("7")...),
		"\x1fE\x05":                    cmdset.New(OpBlink, 5),
		"\x1f@":                        cmdset.New(OpSelfTest),
		"Caf\x82":                      cmdset.New(OpText, []byte("Caf\x82")...),
		"\x1bQA12345678901234567890\r": cmdset.New(OpUpper, []byte("12345678901234567890")...),
	}
}

func TestEveryCommandBothWays(t *testing.T) { cmdtest.BothWays(t, table, samples()) }

func TestTheOtherSpellingsAreRead(t *testing.T) {
	for wire, want := range map[string]Op{
		"\x1b[B": OpDown, "\x1b[C": OpRight, "\x1b[D": OpLeft, "\x1b[H": OpHome, "\x1b[L": OpLineStart, "\x1f\x01": OpMode,
	} {
		if got, n, err := Decode([]byte(wire)); err != nil || n != len(wire) || got.Op != want {
			t.Errorf("% x: got %v, %d, %v, want %s", wire, got, n, err, want)
		}
	}
}

func TestARowThatDoesNotEndDoesNotSwallowTheLine(t *testing.T) {
	for _, c := range []struct {
		name, wire string
		want       []Op
	}{
		{"a cell too many", "\x1bQA" + strings.Repeat("x", 21) + "\r", []Op{OpUnknown, OpText, OpLineStart}},
		{"a control byte inside", "\x1bQAab\x0cc\r", []Op{OpUnknown, OpText, OpClear, OpText, OpLineStart}},
		{"no such row", "\x1bQC\r", []Op{OpUnknown, OpText, OpLineStart}},
	} {
		var got []Op
		for _, cmd := range cmdtest.All(t, table, []byte(c.wire)) {
			got = append(got, cmd.Op)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCommandsThatDoNotExistAreNotWritten(t *testing.T) {
	cmdtest.Refused(
		t, table,
		cmdset.New(OpUpper, []byte("a\rb")...), cmdset.New(OpLower, []byte(strings.Repeat("x", 21))...), cmdset.New(OpText, 0x1B), cmdset.New(OpLamp, []byte("9")...),
		cmdset.New(OpWindow, 0), cmdset.New(OpClear, 1), cmdset.New(OpUnknown, 0), Cmd{},
	)
	if out, err := Append(nil, cmdset.New(OpClear)); err != nil || string(out) != "\x0c" {
		t.Errorf("clear is written as % x, %v", out, err)
	}
}

// FuzzDecode: any bytes are taken step by step, and what is known is written so that it
// decodes to the same.
func FuzzDecode(f *testing.F) { cmdtest.Fuzz(f, table, loadVectors(f), samples()) }
