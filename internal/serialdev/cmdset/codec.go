package cmdset

import (
	"fmt"

	"edged/internal/serialdev/cells"
)

// Bytes that begin a command of two bytes or more.
const (
	esc = 0x1B
	us  = 0x1F
)

// Decode takes the first command off b and returns how many bytes it took. A run of
// text is one command, as long as b holds it. The only error is ErrTruncated. Args may
// be a part of b.
func (t Table) Decode(b []byte) (Cmd, int, error) {
	if len(b) == 0 {
		return Cmd{}, 0, ErrTruncated
	}
	if n := run(b); n > 0 {
		return Cmd{Op: OpText, Args: b[:n:n]}, n, nil
	}
	for i := range t {
		switch cmd, n, v := t[i].match(b); v {
		case whole:
			return cmd, n, nil
		case short:
			return Cmd{}, 0, fmt.Errorf("%s: %w", t[i].Op, ErrTruncated)
		}
	}
	return unknown(b)
}

// run is how many cells b begins with.
func run(b []byte) int {
	n := 0
	for n < len(b) && cells.Printable(b[n]) {
		n++
	}
	return n
}

// unknown hands over what nobody knows: an introducer takes the byte behind it along.
func unknown(b []byte) (Cmd, int, error) {
	n := 1
	if (b[0] == esc || b[0] == us) && len(b) > 1 {
		n = 2
	}
	return Cmd{Op: OpUnknown, Args: b[:n:n]}, n, nil
}

// Append writes a command. ErrRange: the operation is unknown, or Args are not what
// belongs to it. dst is then returned as it was.
func (t Table) Append(dst []byte, c Cmd) ([]byte, error) {
	if c.Op == OpText {
		if !plain(c.Args) {
			return dst, fmt.Errorf("text with a control byte % x: %w", c.Args, ErrRange)
		}
		return append(dst, c.Args...), nil
	}
	for i := range t {
		l := &t[i]
		if l.Op != c.Op || !l.fits(c.Args) {
			continue
		}
		dst = append(dst, l.Lead...)
		if l.Implied == "" {
			dst = append(dst, c.Args...)
		}
		return append(dst, l.Trail...), nil
	}
	return dst, fmt.Errorf("%s % x: %w", c.Op, c.Args, ErrRange)
}

// AppendAll writes commands one after the other, or returns dst as it was.
func (t Table) AppendAll(dst []byte, cmds ...Cmd) ([]byte, error) {
	out := dst
	for _, c := range cmds {
		var err error
		if out, err = t.Append(out, c); err != nil {
			return dst, err
		}
	}
	return out, nil
}
