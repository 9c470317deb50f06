package escpos

import (
	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/cmdset"
)

// pages are the numbers of OpCodePage that all families have alike (section 1.5). ASCII
// is the same on every page.
func pages() map[cells.Charset]byte {
	return map[cells.Charset]byte{cells.CP437: 0, cells.CP850: 2, cells.CP1252: 16, cells.CP858: 19}
}

// AppendReset writes the command that clears the display and its settings. Slow boxes
// need 200 ms after it before they take more (section 1.2).
func AppendReset(dst []byte) []byte { return append(dst, 0x1B, '@') }

// AppendSetup writes the settings to be sent after AppendReset: overwrite mode, no
// cursor, plain ASCII, code page, brightness (section 1.2). None of them changes what
// is shown, so they may be sent again at any time. cells.ErrSetup for what no display
// has; dst is then returned as it was.
func AppendSetup(dst []byte, s cells.Setup) ([]byte, error) {
	s, err := s.Filled()
	if err != nil {
		return dst, err
	}
	cmds := []Cmd{cmdset.New(OpMode, ModeOverwrite)}
	if !s.NoCursorCommand {
		cmds = append(cmds, cmdset.New(OpCursor, 0))
	}
	cmds = append(cmds, cmdset.New(OpInternational, 0))
	if n, ok := pages()[s.Charset]; ok {
		cmds = append(cmds, cmdset.New(OpCodePage, n))
	}
	return table.AppendAll(dst, append(cmds, cmdset.New(OpBrightness, s.Brightness))...)
}

// AppendScreen writes both rows. Each is addressed and written whole: padded with
// blanks, cut after the last column, so nothing depends on where the cursor was, and
// nothing wraps (section 1.3). Repeating it changes nothing.
func AppendScreen(dst []byte, c cells.Charset, rows [cells.Rows]string) []byte {
	for i, text := range rows {
		dst = append(dst, 0x1F, '$', 1, byte(i+1))
		dst = c.AppendRow(dst, text, cells.Cols)
	}
	return dst
}
