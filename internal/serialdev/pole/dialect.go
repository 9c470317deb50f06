package pole

import (
	"cmp"
	"fmt"

	"edged/internal/serialdev/cd5220"
	"edged/internal/serialdev/cells"
	"edged/internal/serialdev/escpos"
)

// Dialect is a command set as the driver uses it. Make one with NewDialect.
type Dialect struct {
	charset cells.Charset
	reset   []byte // for a display in any state; it blanks
	setup   []byte // shows nothing, and changes nothing on a display that has it
	paint   func(dst []byte, c cells.Charset, rows [cells.Rows]string) []byte
	// The setup goes before every screen: after a screen it would not be taken any
	// more, by a display that has lost its power in between (section 1.8, string mode).
	setupFirst bool
}

// The drivers' names in the configuration.
const (
	ESCPOS = "pole-escpos"
	CD5220 = "pole-cd5220"
)

// NewDialect makes the command set of a driver. ErrOptions for a driver that is none,
// and for a setup that its displays do not know.
func NewDialect(driver string, s cells.Setup) (Dialect, error) {
	d := Dialect{charset: cmp.Or(s.Charset, cells.CP858)}
	var err error
	switch driver {
	case ESCPOS:
		d.reset, d.paint = escpos.AppendReset(nil), escpos.AppendScreen
		d.setup, err = escpos.AppendSetup(nil, s)
	case CD5220:
		d.reset, d.paint, d.setupFirst = cd5220.AppendReset(nil), cd5220.AppendScreen, true
		d.setup, err = cd5220.AppendSetup(nil, s)
	default:
		err = fmt.Errorf("no display driver %q", driver)
	}
	if err != nil {
		return Dialect{}, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return d, nil
}

// screen is the bytes of both rows, with the setup if the dialect or the caller wants it.
func (d Dialect) screen(rows [cells.Rows]string, setup bool) []byte {
	var b []byte
	if setup || d.setupFirst {
		b = append(b, d.setup...)
	}
	return d.paint(b, d.charset, rows)
}

// Charset is what the display shows; rows are laid out of its Shown.
func (d Dialect) Charset() cells.Charset { return d.charset }
