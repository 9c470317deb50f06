package cmdset

import (
	"strings"

	"edged/internal/serialdev/cells"
)

// Op names a command.
type Op string

// The two commands of every set.
const (
	OpText    Op = "text"    // the cells to write at the cursor
	OpUnknown Op = "unknown" // bytes that begin no known command
)

// Cmd is one command. Args is what belongs to Op, nil if nothing does.
type Cmd struct {
	Op   Op
	Args []byte
}

// New makes a command.
func New(op Op, args ...byte) Cmd { return Cmd{Op: op, Args: args} }

// Layout is how a command looks on the wire: Lead, its arguments, Trail. There are Args
// bytes of arguments, or as many as More finds, or a text of at most Text cells that
// Trail ends.
type Layout struct {
	Op      Op
	Lead    string
	Args    int
	More    func(args []byte) (n int, ok bool) // number of arguments, given at least Args; ok: there are enough to tell
	Text    int
	Implied string // arguments that the lead itself says
	Trail   string // one byte if Text is set
}

// Table is a command set. Of several layouts with the same op the first is the one
// that is written; of several that fit the bytes the first is read.
type Table []Layout

// verdict is what a layout says of bytes.
type verdict int

const (
	other verdict = iota // not this command
	short                // the bytes end too soon to say, or inside it
	whole
)

// match compares b with the layout.
func (l *Layout) match(b []byte) (Cmd, int, verdict) {
	if len(b) < len(l.Lead) {
		if strings.HasPrefix(l.Lead, string(b)) {
			return Cmd{}, 0, short
		}
		return Cmd{}, 0, other
	}
	if string(b[:len(l.Lead)]) != l.Lead {
		return Cmd{}, 0, other
	}
	rest := b[len(l.Lead):]
	n, v := l.arguments(rest)
	if v != whole {
		return Cmd{}, 0, v
	}
	cmd := Cmd{Op: l.Op, Args: rest[:n:n]}
	if n == 0 {
		cmd.Args = nil
	}
	if l.Implied != "" {
		cmd.Args = []byte(l.Implied)
	}
	return cmd, len(l.Lead) + n + len(l.Trail), whole
}

// arguments counts them in what follows the lead; whole: the trail is there too.
func (l *Layout) arguments(rest []byte) (int, verdict) {
	if l.Text > 0 {
		return l.text(rest)
	}
	n, ok := l.count(rest)
	switch {
	case !ok || len(rest) < n+len(l.Trail):
		return n, short
	case string(rest[n:n+len(l.Trail)]) != l.Trail:
		return n, other
	}
	return n, whole
}

func (l *Layout) count(rest []byte) (n int, ok bool) {
	if l.More == nil || len(rest) < l.Args {
		return l.Args, len(rest) >= l.Args
	}
	return l.More(rest)
}

// text counts the cells before the trail. One too many, or a control byte, and it is
// none: a lost end must not swallow the rest of the line.
func (l *Layout) text(rest []byte) (int, verdict) {
	for i, b := range rest {
		switch {
		case b == l.Trail[0]:
			return i, whole
		case i == l.Text || !cells.Printable(b):
			return i, other
		}
	}
	return len(rest), short
}

// fits tells whether args belong to the layout.
func (l *Layout) fits(args []byte) bool {
	if l.Implied != "" {
		return string(args) == l.Implied
	}
	if l.Text > 0 {
		return len(args) <= l.Text && plain(args)
	}
	n, ok := l.count(args)
	return ok && n == len(args)
}

func plain(b []byte) bool {
	for _, x := range b {
		if !cells.Printable(x) {
			return false
		}
	}
	return true
}

// DefinedChars is the More of "define characters", which several sets have alike: for
// each character from the second to the third argument a count and as many columns
// (section 1.7 of the notes on displays).
func DefinedChars(args []byte) (int, bool) {
	n := 3
	for c := int(args[1]); c <= int(args[2]); c++ {
		if n >= len(args) {
			return n + 1, false
		}
		n += 1 + int(args[n])
	}
	return n, true
}
