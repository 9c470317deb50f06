package cd5220

import (
	"strings"
	"testing"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset/cmdtest"
)

func TestSetup(t *testing.T) {
	cmdtest.Setups(
		t, AppendSetup, map[cells.Setup]string{
			{}:                      "1b11 1b5f00 1b6641 1b6350 1b2a04", // section 1.8
			{Brightness: 1}:         "1b11 1b5f00 1b6641 1b6350 1b2a01",
			{NoCursorCommand: true}: "1b11 1b6641 1b6350 1b2a04",
			{Charset: cells.CP1252}: "1b11 1b5f00 1b6641 1b6357 1b2a04",
			{Charset: cells.ASCII}:  "1b11 1b5f00 1b6641 1b6341 1b2a04", // older units
		},
		cells.Setup{Brightness: 5}, cells.Setup{Charset: "klingon"}, cells.Setup{Charset: cells.CP850},
	)
	if got := AppendReset(nil); string(got) != "\x0c\x1b@" {
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
