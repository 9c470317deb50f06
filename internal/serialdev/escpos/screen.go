package escpos

import "fmt"

// Geometry of the displays this room writes for.
const (
	Rows = 2
	Cols = 20
)

// Setup is how a display is prepared after power-on.
type Setup struct {
	Charset    Charset // CP858 if empty
	Brightness byte    // 1 to 4 quarters, 4 if 0
	// NoCursorCommand leaves out "cursor off" for displays that show it as text
	// (section 1.2).
	NoCursorCommand bool
}

// AppendReset writes the command that clears the display and its settings. Slow boxes
// need 200 ms after it before they take more (section 1.2).
func AppendReset(dst []byte) []byte { return append(dst, esc, '@') }

// AppendSetup writes the settings to be sent after AppendReset: overwrite mode, no
// cursor, plain ASCII, code page, brightness (section 1.2). ErrRange for a brightness
// or a charset that does not exist; dst is then returned as it was.
func AppendSetup(dst []byte, s Setup) ([]byte, error) {
	if s.Brightness == 0 {
		s.Brightness = 4
	}
	cmds := []Cmd{{OpMode, []byte{ModeOverwrite}}}
	if !s.NoCursorCommand {
		cmds = append(cmds, Cmd{OpCursor, []byte{0}})
	}
	cmds = append(cmds, Cmd{OpInternational, []byte{0}})
	switch s.Charset {
	case CP858, "":
		cmds = append(cmds, Cmd{OpCodePage, []byte{PageCP858}})
	case ASCII: // whatever page is on: ASCII is the same on all
	default:
		return dst, fmt.Errorf("charset %q: %w", s.Charset, ErrRange)
	}
	if s.Brightness > 4 {
		return dst, fmt.Errorf("brightness %d: %w", s.Brightness, ErrRange)
	}
	cmds = append(cmds, Cmd{OpBrightness, []byte{s.Brightness}})
	out := dst
	for _, c := range cmds {
		var err error
		if out, err = Append(out, c); err != nil {
			return dst, err
		}
	}
	return out, nil
}

// AppendScreen writes both rows. Each is addressed and written whole: padded with
// blanks, cut after the last column, so nothing depends on where the cursor was, and
// nothing wraps (section 1.3). Repeating it changes nothing.
func AppendScreen(dst []byte, c Charset, rows [Rows]string) []byte {
	for i, text := range rows {
		dst = AppendRow(dst, c, i+1, text)
	}
	return dst
}

// AppendRow writes one row, counted from 1, as AppendScreen does.
func AppendRow(dst []byte, c Charset, row int, text string) []byte {
	dst = append(dst, us, '$', 1, byte(row))
	cells := c.Encode(text)
	dst = append(dst, cells[:min(len(cells), Cols)]...)
	for range Cols - len(cells) {
		dst = append(dst, ' ')
	}
	return dst
}
