package cd5220

import (
	"fmt"
	"slices"

	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset"
)

// Charsets lists those that a display with this command set can be put to. Older units
// have ASCII only (section 1.8).
func Charsets() []cells.Charset { return []cells.Charset{cells.CP858, cells.CP1252, cells.ASCII} }

// AppendReset writes the commands that clear the display and its settings: clearing
// leaves string mode, in which nothing else is taken. Slow boxes need 200 ms after it
// before they take more (section 1.2).
func AppendReset(dst []byte) []byte { return append(dst, 0x0C, 0x1B, '@') }

// AppendSetup writes the settings: overwrite mode, no cursor, plain ASCII, code table,
// brightness (section 1.8). They do nothing in string mode, and change nothing that is
// shown. cells.ErrSetup for what no display of this set has; dst is then returned as it
// was.
func AppendSetup(dst []byte, s cells.Setup) ([]byte, error) {
	s, err := s.Filled()
	if err != nil {
		return dst, err
	}
	if !slices.Contains(Charsets(), s.Charset) {
		return dst, fmt.Errorf("charset %q on a CD5220: %w", s.Charset, cells.ErrSetup)
	}
	cmds := []Cmd{cmdset.New(OpMode, ModeOverwrite)}
	if !s.NoCursorCommand {
		cmds = append(cmds, cmdset.New(OpCursor, 0))
	}
	return table.AppendAll(dst, append(
		cmds,
		cmdset.New(OpInternational, InternationalUS),
		cmdset.New(OpCodeTable, codeTable(s.Charset)),
		cmdset.New(OpBrightness, s.Brightness),
	)...)
}

func codeTable(c cells.Charset) byte {
	switch c {
	case cells.CP858:
		return TableCP858
	case cells.CP1252:
		return TableCP1252
	}
	return TableASCII
}

// AppendScreen writes both rows whole, padded: firmwares differ on what becomes of the
// rest of a row (section 1.8). Repeating it changes nothing.
func AppendScreen(dst []byte, c cells.Charset, rows [cells.Rows]string) []byte {
	for i, text := range rows {
		dst = append(dst, 0x1B, 'Q', byte('A'+i))
		dst = append(c.AppendRow(dst, text, cells.Cols), '\r')
	}
	return dst
}
