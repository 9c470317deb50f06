package escpos

import (
	"bytes"
	"strings"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset/cmdtest"
)

func TestSetup(t *testing.T) {
	cmdtest.Setups(
		t, AppendSetup, map[cells.Setup]string{
			{}:                      "1f01 1f4300 1b5200 1b7413 1f5804", // section 1.2
			{Brightness: 1}:         "1f01 1f4300 1b5200 1b7413 1f5801",
			{NoCursorCommand: true}: "1f01 1b5200 1b7413 1f5804",
			{Charset: cells.CP1252}: "1f01 1f4300 1b5200 1b7410 1f5804",
			{Charset: cells.CP850}:  "1f01 1f4300 1b5200 1b7402 1f5804",
			{Charset: cells.CP437}:  "1f01 1f4300 1b5200 1b7400 1f5804",
			{Charset: cells.ASCII}:  "1f01 1f4300 1b5200 1f5804", // the same on every page
		},
		cells.Setup{Brightness: 5}, cells.Setup{Charset: "klingon"},
	)
	if got := AppendReset(nil); string(got) != "\x1b@" {
		t.Errorf("AppendReset: got % x", got)
	}
}

// However long the texts are, the display gets two addressed rows of twenty cells.
func TestScreenIsAlwaysTwoWholeRows(t *testing.T) {
	for _, rows := range [][cells.Rows]string{
		{"", ""},
		{"Tap card to open", "2,50 €"},
		{strings.Repeat("€", 19), strings.Repeat("x", 200)},
		{"\n\r\x1b@\x1f\x0c", "日本"},
	} {
		for _, c := range []cells.Charset{cells.CP858, cells.ASCII} {
			cmds := cmdtest.All(t, table, AppendScreen(nil, c, rows))
			if len(cmds) != 4 {
				t.Fatalf("%q: %v", rows, cmds)
			}
			for i, cmd := range cmds {
				row := i/2 + 1
				if i%2 == 0 && (cmd.Op != OpPosition || !bytes.Equal(cmd.Args, []byte{1, byte(row)})) {
					t.Errorf("%q: %v before row %d", rows, cmd, row)
				}
				if i%2 == 1 && (cmd.Op != OpText || len(cmd.Args) != cells.Cols) {
					t.Errorf("%q: row %d is %v", rows, row, cmd)
				}
			}
		}
	}
}

func BenchmarkAppendScreen(b *testing.B) {
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = AppendScreen(buf[:0], cells.CP858, [cells.Rows]string{"You pay at most", "50,00 €"})
	}
}
