package displaysim

// mode is how the display moves at its edges (§1.3).
type mode int

const (
	overwrite mode = iota
	vertical
	horizontal
)

// matrix is the cells and the cursor.
type matrix struct {
	cells      [][]rune
	x, y       int // 0-based
	mode       mode
	lazy       bool
	pending    bool // a scroll or shift is due before the next character
	brightness int
	blank      bool
	cursor     bool
	page       page
	intl       int
}

func newMatrix(rows, cols int, lazy bool) matrix {
	m := matrix{lazy: lazy, brightness: 4, cursor: true, page: page437}
	for range rows {
		m.cells = append(m.cells, make([]rune, cols))
	}
	m.clear()
	return m
}

func (m *matrix) rows() int { return len(m.cells) }
func (m *matrix) cols() int { return len(m.cells[0]) }

func (m *matrix) screen() Screen {
	s := Screen{Brightness: m.brightness, Blank: m.blank, Cursor: m.cursor}
	for _, r := range m.cells {
		s.Rows = append(s.Rows, string(r))
	}
	return s
}

// initialise is ESC @: power-on settings, blank, home. The page is kept by some
// boxes; drivers select it again, so it is kept here (§1.2).
func (m *matrix) initialise() {
	m.clear()
	m.mode, m.brightness, m.blank, m.cursor, m.intl = overwrite, 4, false, true, 0
}

func (m *matrix) clear() {
	for y := range m.cells {
		m.clearRow(y)
	}
	m.home()
}

func (m *matrix) clearRow(y int) {
	for x := range m.cells[y] {
		m.cells[y][x] = ' '
	}
}

func (m *matrix) home() { m.x, m.y, m.pending = 0, 0, false }

// position moves to 1-based column and row; outside the matrix it is ignored.
func (m *matrix) position(x, y int) {
	if x >= 1 && x <= m.cols() && y >= 1 && y <= m.rows() {
		m.x, m.y, m.pending = x-1, y-1, false
	}
}

// put writes one character and advances.
func (m *matrix) put(b byte) {
	m.settle()
	m.cells[m.y][m.x] = m.page.decode(b, m.intl)
	last := m.x == m.cols()-1
	switch {
	case !last:
		m.x++
	case m.mode == horizontal:
		m.pending = true
	case m.mode == vertical && m.y == m.rows()-1:
		m.edge()
	default:
		m.x, m.y = 0, (m.y+1)%m.rows()
	}
}

// settle makes the room that the next character needs. In horizontal mode the
// cursor stays at the end of the row and the line moves.
func (m *matrix) settle() {
	switch {
	case !m.pending:
	case m.mode == horizontal:
		m.shiftLeft()
	default:
		m.scrollUp()
		m.x = 0
	}
	m.pending = false
}

// edge is the end of the last row in vertical mode: firmwares differ (§1.3).
func (m *matrix) edge() {
	if m.lazy {
		m.pending = true
		return
	}
	m.scrollUp()
	m.x = 0
}

func (m *matrix) scrollUp() {
	top := m.cells[0]
	copy(m.cells, m.cells[1:])
	m.cells[m.rows()-1] = top
	m.clearRow(m.rows() - 1)
}

func (m *matrix) scrollDown() {
	bottom := m.cells[m.rows()-1]
	copy(m.cells[1:], m.cells)
	m.cells[0] = bottom
	m.clearRow(0)
}

// shiftLeft makes room at the end of the row.
func (m *matrix) shiftLeft() {
	row := m.cells[m.y]
	copy(row, row[1:])
	row[len(row)-1] = ' '
}

func (m *matrix) shiftRight() {
	row := m.cells[m.y]
	copy(row[1:], row)
	row[0] = ' '
}

// right is HT: one cell on, with the same edges as writing.
func (m *matrix) right() {
	m.pending = false
	switch {
	case m.x < m.cols()-1:
		m.x++
	case m.mode == horizontal:
		m.shiftLeft()
	case m.mode == vertical && m.y == m.rows()-1:
		m.scrollUp()
		m.x = 0
	default:
		m.x, m.y = 0, (m.y+1)%m.rows()
	}
}

// left is BS.
func (m *matrix) left() {
	m.pending = false
	switch {
	case m.x > 0:
		m.x--
	case m.mode == horizontal:
		m.shiftRight()
	case m.mode == vertical && m.y == 0:
		m.scrollDown()
		m.x = m.cols() - 1
	default:
		m.x, m.y = m.cols()-1, (m.y+m.rows()-1)%m.rows()
	}
}

// down is LF: the column is kept.
func (m *matrix) down() {
	m.pending = false
	if m.y == m.rows()-1 && m.mode == vertical {
		m.scrollUp()
		return
	}
	m.y = (m.y + 1) % m.rows()
}

func (m *matrix) up() {
	m.pending = false
	if m.y == 0 && m.mode == vertical {
		m.scrollDown()
		return
	}
	m.y = (m.y + m.rows() - 1) % m.rows()
}

func (m *matrix) setMode(to mode) { m.mode, m.pending = to, false }

func (m *matrix) column(x int) { m.x, m.pending = x, false }
