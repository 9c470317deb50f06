package escpos

import (
	"fmt"
	"strings"
)

const (
	esc = 0x1B
	us  = 0x1F
	del = 0x7F
)

// printable reports whether b is written into a cell: it is no control byte.
func printable(b byte) bool { return b >= 0x20 && b != del }

// Decode takes the first command off b and returns how many bytes it took. A run of
// text is one command, as long as b holds it. The only error is ErrTruncated. Args may
// be a part of b.
func Decode(b []byte) (Cmd, int, error) {
	if len(b) == 0 {
		return Cmd{}, 0, ErrTruncated
	}
	if printable(b[0]) {
		n := 1
		for n < len(b) && printable(b[n]) {
			n++
		}
		return Cmd{Op: OpText, Args: b[:n:n]}, n, nil
	}
	for i := range layouts {
		if cmd, n, ok := layouts[i].match(b); ok {
			return cmd, n, nil
		} else if n < 0 {
			return Cmd{}, 0, fmt.Errorf("%s: %w", layouts[i].op, ErrTruncated)
		}
	}
	return unknown(b)
}

// unknown hands over what nobody knows: an introducer takes the byte behind it along.
func unknown(b []byte) (Cmd, int, error) {
	n := 1
	if (b[0] == esc || b[0] == us) && len(b) > 1 {
		n = 2
	}
	return Cmd{Op: OpUnknown, Args: b[:n:n]}, n, nil
}

// match compares b with the layout. n is negative if b ends too soon to say.
func (l *layout) match(b []byte) (cmd Cmd, n int, ok bool) {
	if len(b) < len(l.lead) {
		if strings.HasPrefix(l.lead, string(b)) {
			return Cmd{}, -1, false
		}
		return Cmd{}, 0, false
	}
	if string(b[:len(l.lead)]) != l.lead {
		return Cmd{}, 0, false
	}
	rest := b[len(l.lead):]
	args, enough := l.count(rest)
	if !enough || len(rest) < args+len(l.trail) {
		return Cmd{}, -1, false
	}
	if string(rest[args:args+len(l.trail)]) != l.trail {
		return Cmd{}, 0, false
	}
	cmd = Cmd{Op: l.op, Args: rest[:args:args]}
	if args == 0 {
		cmd.Args = implied(l.implied)
	}
	return cmd, len(l.lead) + args + len(l.trail), true
}

func implied(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// count returns the number of arguments; ok is false if rest is too short to tell.
func (l *layout) count(rest []byte) (n int, ok bool) {
	if l.more == nil || len(rest) < l.args {
		return l.args, len(rest) >= l.args
	}
	return l.more(rest)
}

// Append writes a command. ErrRange: the operation is unknown, or Args are not what
// belongs to it. dst is then returned as it was.
func Append(dst []byte, c Cmd) ([]byte, error) {
	if c.Op == OpText {
		for _, b := range c.Args {
			if !printable(b) {
				return dst, fmt.Errorf("text with control byte %02x: %w", b, ErrRange)
			}
		}
		return append(dst, c.Args...), nil
	}
	for i := range layouts {
		l := &layouts[i]
		switch {
		case l.op != c.Op:
		case l.implied != "" && string(c.Args) == l.implied:
			return append(dst, l.lead...), nil
		case l.implied == "" && l.fits(c.Args):
			return append(append(append(dst, l.lead...), c.Args...), l.trail...), nil
		}
	}
	return dst, fmt.Errorf("%s % x: %w", c.Op, c.Args, ErrRange)
}

func (l *layout) fits(args []byte) bool {
	n, ok := l.count(args)
	return ok && n == len(args)
}
