package cmdset_test

import (
	"errors"
	"testing"

	"edged/internal/serialdev/cmdset"
	"edged/internal/serialdev/cmdset/cmdtest"
)

// table is a command set of one layout of each kind.
func table() cmdset.Table {
	return cmdset.Table{
		{Op: "plain", Lead: "\x0c"},
		{Op: "counted", Lead: "\x1ba", Args: 2},
		{Op: "said by the lead", Lead: "\x1bb\x01", Implied: "\x01"},
		{Op: "with a trail", Lead: "\x1bc", Args: 1, Trail: "\x03"},
		{Op: "row", Lead: "\x1bd", Text: 3, Trail: "\r"},
		{Op: "found", Lead: "\x1b&", Args: 3, More: cmdset.DefinedChars},
	}
}

func samples() map[string]cmdset.Cmd {
	return map[string]cmdset.Cmd{
		"\x0c":                cmdset.New("plain"),
		"\x1ba\x01\x02":       cmdset.New("counted", 1, 2),
		"\x1bb\x01":           cmdset.New("said by the lead", 1),
		"\x1bc\x07\x03":       cmdset.New("with a trail", 7),
		"\x1b&\x01AB\x00\x00": cmdset.New("found", 1, 'A', 'B', 0, 0),
		"\x1bdxyz\r":          cmdset.New("row", []byte("xyz")...),
		"abc":                 cmdset.New(cmdset.OpText, []byte("abc")...),
	}
}

func TestEveryKindOfLayoutBothWays(t *testing.T) {
	cmdtest.BothWays(t, table(), samples())
}

func TestDefinedCharsWithoutAny(t *testing.T) {
	// The last before the first: no character follows.
	got, n, err := table().Decode([]byte("\x1b&\x01BA"))
	if err != nil || n != 5 || got.Op != "found" {
		t.Errorf("got %v, %d, %v", got, n, err)
	}
}

func TestAppendAllWritesAllOrNothing(t *testing.T) {
	b, err := table().AppendAll([]byte{9}, cmdset.New("plain"), cmdset.New("counted", 1))
	if !errors.Is(err, cmdset.ErrRange) || len(b) != 1 {
		t.Errorf("got % x, %v, want ErrRange", b, err)
	}
}

func TestNothingIsTruncated(t *testing.T) {
	if _, n, err := table().Decode(nil); !errors.Is(err, cmdset.ErrTruncated) || n != 0 {
		t.Errorf("got %d, %v, want ErrTruncated", n, err)
	}
}

func TestWhatIsNotInTheTableIsHandedOver(t *testing.T) {
	for wire, want := range map[string]int{"\x1bz": 2, "\x1b\x1b": 2, "\x02": 1, "\x1bc\x07\x04": 2, "\x1bdxyzz\r": 2, "\x1bdx\x0c": 2} {
		if got, n, err := table().Decode([]byte(wire)); err != nil || n != want || got.Op != cmdset.OpUnknown {
			t.Errorf("% x: got %v, %d, %v, want %d unknown bytes", wire, got, n, err, want)
		}
	}
}

func TestCommandsThatDoNotExistAreNotWritten(t *testing.T) {
	cmdtest.Refused(
		t, table(),
		cmdset.New("no such"), cmdset.New("plain", 1), cmdset.New("said by the lead", 2), cmdset.New("row", []byte("abcd")...),
		cmdset.New("row", '\r'), cmdset.New(cmdset.OpText, 0x1B), cmdset.New("found", 1, 'A', 'A'),
	)
}

func FuzzDecode(f *testing.F) { cmdtest.Fuzz(f, table(), nil, samples()) }
