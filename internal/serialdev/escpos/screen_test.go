package escpos

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset/cmdtest"
)

func TestSetup(t *testing.T) {
	tests := []struct {
		name string
		s    cells.Setup
		want string
	}{
		{"as section 1.2 says", cells.Setup{}, "1f01 1f4300 1b5200 1b7413 1f5804"},
		{"dimmed", cells.Setup{Brightness: 1}, "1f01 1f4300 1b5200 1b7413 1f5801"},
		{"without the cursor command", cells.Setup{NoCursorCommand: true}, "1f01 1b5200 1b7413 1f5804"},
		{"another page", cells.Setup{Charset: cells.CP1252}, "1f01 1f4300 1b5200 1b7410 1f5804"},
		{"ASCII needs no code page", cells.Setup{Charset: cells.ASCII}, "1f01 1f4300 1b5200 1f5804"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AppendSetup(nil, tt.s)
			if err != nil || !bytes.Equal(got, cmdtest.Unhex(t, tt.want)) {
				t.Errorf("got % x, %v, want %s", got, err, tt.want)
			}
		})
	}
	for _, s := range []cells.Setup{{Brightness: 5}, {Charset: "klingon"}} {
		if got, err := AppendSetup([]byte{1}, s); !errors.Is(err, cells.ErrSetup) || len(got) != 1 {
			t.Errorf("%+v: got % x, %v, want cells.ErrSetup", s, got, err)
		}
	}
	if got := AppendReset(nil); !bytes.Equal(got, cmdtest.Unhex(t, "1b40")) {
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
