package port

import (
	"os"

	"go.bug.st/serial"
)

// Modem is implemented by lines with modem lines: those of a real serial port. A
// pseudo-terminal implements it, and fails.
type Modem interface {
	SetDTR(on bool) error
	SetRTS(on bool) error
	Inputs() (Inputs, error)
}

// Inputs are the modem lines that the device drives.
type Inputs struct{ CTS, DSR, DCD, RI bool }

// SetDTR sets the line "data terminal ready"; it is on after Open.
func (l *serialLine) SetDTR(on bool) error {
	return l.onControl("set DTR of", func(c serial.Port) error { return c.SetDTR(on) })
}

// SetRTS sets the line "request to send"; it is on after Open.
func (l *serialLine) SetRTS(on bool) error {
	return l.onControl("set RTS of", func(c serial.Port) error { return c.SetRTS(on) })
}

// Inputs reads the lines that the device drives.
func (l *serialLine) Inputs() (in Inputs, err error) {
	err = l.onControl("read modem lines of", func(c serial.Port) error {
		bits, err := c.GetModemStatusBits()
		if err == nil {
			in = Inputs{CTS: bits.CTS, DSR: bits.DSR, DCD: bits.DCD, RI: bits.RI}
		}
		return err
	})
	return in, err
}

// onControl runs a call of the library unless the line is closed.
func (l *serialLine) onControl(op string, call func(serial.Port) error) error {
	l.controlMu.Lock()
	defer l.controlMu.Unlock()
	if l.closed.Load() {
		return l.wrap(op, os.ErrClosed)
	}
	return l.wrap(op, call(l.control))
}
