package port

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"go.bug.st/serial"
)

// Line is an open line to a device. Read and Write may be called from two goroutines
// at once; Close from any, at any time, more than once.
//
// Write returns when the kernel has the bytes, not when the device has them.
type Line interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// Parity of a serial port.
type Parity string

// The parities; the empty one is none.
const (
	ParityNone Parity = "none"
	ParityOdd  Parity = "odd"
	ParityEven Parity = "even"
)

// Settings say which line and how. Eight data bits, no flow control: XON and XOFF are
// data in the protocols spoken here.
type Settings struct {
	Path     string // device node, best under /dev/serial/by-id, or tcp://host:port
	Baud     int    // bits per second, 9600 if 0; not used on TCP
	StopBits int    // 1 or 2, 1 if 0; not used on TCP
	Parity   Parity
}

const (
	tcpScheme   = "tcp://"
	defaultBaud = 9600
)

// Check refuses settings that no device could ever serve, with ErrSettings.
func (s Settings) Check() error {
	if addr, ok := strings.CutPrefix(s.Path, tcpScheme); ok {
		host, port, err := net.SplitHostPort(addr)
		if err != nil || host == "" || port == "" {
			return fmt.Errorf("%w: %s: want tcp://host:port", ErrSettings, s.Path)
		}
		return nil
	}
	if !strings.HasPrefix(s.Path, "/") {
		return fmt.Errorf("%w: path %q: want an absolute path or tcp://host:port", ErrSettings, s.Path)
	}
	_, err := s.mode()
	return err
}

// mode translates the settings for the serial library.
func (s Settings) mode() (*serial.Mode, error) {
	m := serial.Mode{BaudRate: s.Baud, DataBits: 8}
	if s.Baud == 0 {
		m.BaudRate = defaultBaud
	}
	if s.Baud < 0 {
		return nil, fmt.Errorf("%w: baud %d", ErrSettings, s.Baud)
	}
	switch s.StopBits {
	case 0, 1:
		m.StopBits = serial.OneStopBit
	case 2:
		m.StopBits = serial.TwoStopBits
	default:
		return nil, fmt.Errorf("%w: stop bits %d: want 1 or 2", ErrSettings, s.StopBits)
	}
	switch s.Parity {
	case "", ParityNone:
		m.Parity = serial.NoParity
	case ParityOdd:
		m.Parity = serial.OddParity
	case ParityEven:
		m.Parity = serial.EvenParity
	default:
		return nil, fmt.Errorf("%w: parity %q: want none, odd or even", ErrSettings, s.Parity)
	}
	return &m, nil
}

// Open opens a line, trying once. A serial port opens at once or not at all; a TCP
// connection is waited for up to dialTimeout or until ctx ends.
func Open(ctx context.Context, s Settings) (Line, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if addr, ok := strings.CutPrefix(s.Path, tcpScheme); ok {
		return dial(ctx, s.Path, addr)
	}
	return openSerial(s)
}
