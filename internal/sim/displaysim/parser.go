package displaysim

import "strings"

const (
	esc = 0x1B
	us  = 0x1F
	stx = 0x02
)

// parser collects the bytes of a command until it is whole.
type parser struct {
	emulation Emulation
	cmd       []byte
	strings   bool // CD5220: only ESC Q A/B until CLR or CAN (§1.8)
}

// feed takes one byte.
func (p *parser) feed(m *matrix, b byte) {
	if len(p.cmd) == 0 && !introduces(b) {
		p.single(m, b)
		return
	}
	p.cmd = append(p.cmd, b)
	if !p.whole() {
		return
	}
	cmd := p.cmd
	p.cmd = nil
	if p.emulation == CD5220 {
		p.cd5220(m, cmd)
	} else {
		escpos(m, cmd)
	}
}

func introduces(b byte) bool { return b == esc || b == us || b == stx }

// single is a character or a control byte; unknown ones do nothing.
func (p *parser) single(m *matrix, b byte) {
	switch {
	case b == 0x0C:
		p.strings = false
		m.clear()
	case b == 0x18:
		p.strings = false
		m.clearRow(m.y)
	case p.strings:
	case b >= 0x20:
		m.put(b)
	default:
		move(m, b)
	}
}

func move(m *matrix, b byte) {
	switch b {
	case 0x08:
		m.left()
	case 0x09:
		m.right()
	case 0x0A:
		m.down()
	case 0x0B:
		m.home()
	case 0x0D:
		m.column(0)
	}
}

// whole says whether the command has all its bytes.
func (p *parser) whole() bool {
	c := p.cmd
	if len(c) < 2 {
		return false
	}
	switch c[0] {
	case stx:
		return wholeSTX(c)
	case esc:
		if p.emulation == CD5220 {
			return wholeCD5220(c)
		}
		return wholeESC(c)
	default:
		return wholeUS(c)
	}
}

// wholeSTX is the vendor family 02 05 .. 03 and the stored logo (§1.1).
func wholeSTX(c []byte) bool {
	if c[1] == 0xFC {
		return len(c) == 6
	}
	return c[len(c)-1] == 0x03 && len(c) > 2 || len(c) == 8
}

// wholeESC counts the parameters of ESC commands (§1.2).
func wholeESC(c []byte) bool {
	switch c[1] {
	case 't', 'R', '=', '%', '?':
		return len(c) == 3
	case 'W':
		return len(c) == 4 && c[3] == 0 || len(c) == 8
	case '&':
		return wholeGlyphs(c)
	default: // @ and what is not known
		return len(c) == 2
	}
}

// wholeGlyphs is ESC & 01 n m, then a count and columns for each code (§1.7).
func wholeGlyphs(c []byte) bool {
	if len(c) < 5 {
		return false
	}
	at := 5
	for range int(c[4]) - int(c[3]) + 1 {
		if at >= len(c) {
			return false
		}
		at += 1 + int(c[at])
	}
	return len(c) >= at
}

// wholeUS counts the parameters of US commands (§1.2).
func wholeUS(c []byte) bool {
	switch c[1] {
	case '$', '#', 'T', '^':
		return len(c) == 4
	case 'C', 'X', 'E', 'r', '.', ',', ';', 'v':
		return len(c) == 3
	case '(':
		return len(c) >= 5 && len(c) == 5+int(c[3])+int(c[4])<<8
	default:
		return len(c) == 2
	}
}

func escpos(m *matrix, c []byte) {
	switch {
	case c[0] == us:
		escposUS(m, c)
	case c[0] == stx:
	case c[1] == '@':
		m.initialise()
	case c[1] == 't':
		m.page = pageByNumber(c[2])
	case c[1] == 'R':
		m.intl = int(c[2])
	}
}

func escposUS(m *matrix, c []byte) {
	switch c[1] {
	case 0x01:
		m.setMode(overwrite)
	case 0x02:
		m.setMode(vertical)
	case 0x03:
		m.setMode(horizontal)
	case 0x0A:
		m.up()
	case 0x0D:
		m.column(m.cols() - 1)
	case 'B':
		m.position(m.cols(), m.rows())
	case '$':
		m.position(int(c[2]), int(c[3]))
	case 'C':
		m.cursor = c[2] != 0
	case 'X':
		if c[2] >= 1 && c[2] <= 4 {
			m.brightness = int(c[2])
		}
	case 'E':
		m.blank = c[2] == 0xFF
	case '.', ',', ';':
		m.put(c[2])
	case '@': // self test, then blank
		m.clear()
	}
}

// wholeCD5220 counts the parameters of ESC commands of a CD5220 (§1.8).
func wholeCD5220(c []byte) bool {
	switch c[1] {
	case 'Q':
		return len(c) > 3 && c[len(c)-1] == 0x0D || len(c) > 64
	case 'l':
		return len(c) == 4
	case 'W':
		return len(c) == 6
	case '[', '*', '_', 'f', 'c', '=', '%', '?', 's', 'd', '#':
		return len(c) == 3
	case '&':
		return wholeGlyphs(c)
	default:
		return len(c) == 2
	}
}

func (p *parser) cd5220(m *matrix, c []byte) {
	if c[0] == esc && c[1] == 'Q' {
		p.writeRow(m, c[2], strings.TrimSuffix(string(c[3:]), "\r"))
		return
	}
	if p.strings {
		return
	}
	switch {
	case c[0] == us:
		escposUS(m, c)
	case c[0] == stx:
	case c[1] == '@':
		m.initialise()
	case c[1] == 'l':
		m.position(int(c[2]), int(c[3]))
	case c[1] == '[':
		cd5220Move(m, c[2])
	case c[1] >= 0x11 && c[1] <= 0x13:
		m.setMode(mode(c[1] - 0x11))
	case c[1] == '*' && c[2] >= 1 && c[2] <= 4:
		m.brightness = int(c[2])
	case c[1] == '_':
		m.cursor = c[2] != 0
	case c[1] == 'c':
		m.page = pageByLetter(c[2])
	case c[1] == 'f':
		m.intl = max(0, strings.IndexByte("AFGUDWISJNE", c[2]))
	}
}

// writeRow is ESC Q A/B/D: a whole row, whatever the cursor and mode. Of a text
// shorter than the row, the rest stays as it was (firmwares differ).
func (p *parser) writeRow(m *matrix, row byte, text string) {
	y := 0
	if row == 'B' && m.rows() > 1 {
		y = 1
	}
	p.strings = true
	for x := 0; x < len(text) && x < m.cols(); x++ {
		m.cells[y][x] = m.page.decode(text[x], m.intl)
	}
}

func cd5220Move(m *matrix, c byte) {
	switch c {
	case 'A':
		m.up()
	case 'B':
		m.down()
	case 'C':
		m.right()
	case 'D':
		m.left()
	case 'H':
		m.home()
	case 'K':
		m.position(m.cols(), m.rows())
	case 'L':
		m.column(0)
	case 'R':
		m.column(m.cols() - 1)
	}
}
