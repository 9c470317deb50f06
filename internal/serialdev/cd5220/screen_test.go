package cd5220

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset/cmdtest"
)

func TestSetup(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    cells.Setup
		want string
	}{
		{"as section 1.8 says", cells.Setup{}, "1b11 1b5f00 1b6641 1b6350 1b2a04"},
		{"dimmed", cells.Setup{Brightness: 1}, "1b11 1b5f00 1b6641 1b6350 1b2a01"},
		{"without the cursor command", cells.Setup{NoCursorCommand: true}, "1b11 1b6641 1b6350 1b2a04"},
		{"another table", cells.Setup{Charset: cells.CP1252}, "1b11 1b5f00 1b6641 1b6357 1b2a04"},
		{"an older unit", cells.Setup{Charset: cells.ASCII}, "1b11 1b5f00 1b6641 1b6341 1b2a04"},
	} {
		got, err := AppendSetup(nil, tt.s)
		if err != nil || !bytes.Equal(got, cmdtest.Unhex(t, tt.want)) {
			t.Errorf("%s: got % x, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	for _, s := range []cells.Setup{{Brightness: 5}, {Charset: "klingon"}, {Charset: cells.CP850}} {
		if got, err := AppendSetup([]byte{1}, s); !errors.Is(err, cells.ErrSetup) || len(got) != 1 {
			t.Errorf("%+v: got % x, %v, want ErrSetup", s, got, err)
		}
	}
	if got := AppendReset(nil); !bytes.Equal(got, cmdtest.Unhex(t, "0c 1b40")) {
		t.Errorf("AppendReset: got % x", got)
	}
}

// However long the texts are, the display gets two whole rows and nothing else.
func TestScreenIsAlwaysTwoWholeRows(t *testing.T) {
	for _, rows := range [][cells.Rows]string{
		{"", ""},
		{"Karte vorhalten", "2,50 €"},
		{strings.Repeat("€", 19), strings.Repeat("x", 200)},
		{"\n\r\x1b@\x1f\x0c", "日本\r"},
	} {
		for _, c := range Charsets() {
			cmds := cmdtest.All(t, table, AppendScreen(nil, c, rows))
			if len(cmds) != 2 || cmds[0].Op != OpUpper || cmds[1].Op != OpLower || len(cmds[0].Args) != cells.Cols || len(cmds[1].Args) != cells.Cols {
				t.Errorf("%s %q: %v", c, rows, cmds)
			}
		}
	}
}
