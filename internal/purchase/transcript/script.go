package transcript

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/internal/purchase"
)

// ErrSyntax is returned when a text is not a transcript.
var ErrSyntax = errors.New("not a transcript")

// Script is one transcript.
type Script struct {
	Name  string
	About string // the comment at its top
	Terms purchase.Terms
	Lines []Line
	tail  []string // comments after the last directive
}

// Line is one directive: an event, or something about time or process.
type Line struct {
	N    int      // in the text, from 1
	Text string   // the directive as written
	Want []string // what the text says it yields, without indentation

	// Exactly one of the following is set.
	Wait    *Wait
	Restart *Restart
	Again   bool // the event before, once more
	event   func(purchase.State) (purchase.Body, error)
	terms   bool

	lead []string // comments and blank lines before it
}

// Wait lets time pass on every clock.
type Wait struct {
	For         time.Duration
	Unreachable bool // the SaaS cannot reach us meanwhile
	Untold      bool // something else comes before the deadlines are told
}

// Restart is the daemon started anew, after a Reboot of the machine or not.
type Restart struct{ Reboot bool }

// IsEvent says that the line is something that happens to the order.
func (l Line) IsEvent() bool { return l.event != nil }

// Event gives the event's body for an order in state s: an answer is one to the
// newest command of its kind. Errors: ErrSyntax, if there is none.
func (l Line) Event(s purchase.State) (purchase.Body, error) {
	if l.event == nil {
		return nil, fmt.Errorf("%w: line %d: %q is no event", ErrSyntax, l.N, l.Text)
	}
	body, err := l.event(s)
	if err != nil {
		return nil, fmt.Errorf("line %d: %q: %w", l.N, l.Text, err)
	}
	return body, nil
}

// Parse reads a transcript. Errors: ErrSyntax, with the line.
func Parse(name, text string) (Script, error) {
	s := Script{Name: name, Terms: Terms()}
	for i, raw := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if err := s.add(i+1, raw); err != nil {
			return Script{}, fmt.Errorf("%s: line %d: %q: %w", name, i+1, raw, err)
		}
	}
	if s.About == "" {
		return Script{}, fmt.Errorf("%s: %w: no comment at its top", name, ErrSyntax)
	}
	return s, nil
}

func (s *Script) add(n int, raw string) error {
	line := strings.TrimRight(raw, " ")
	switch {
	case line == "" || line[0] == '#':
		if len(s.Lines) == 0 && line != "" {
			s.About += strings.TrimPrefix(strings.TrimPrefix(line, "#"), " ") + "\n"
		}
		s.tail = append(s.tail, line)
		return nil
	case line[0] == ' ':
		if len(s.Lines) == 0 {
			return fmt.Errorf("%w: output of nothing", ErrSyntax)
		}
		last := &s.Lines[len(s.Lines)-1]
		last.Want = append(last.Want, strings.TrimSpace(line))
		return nil
	}
	l, err := s.parse(line)
	if err != nil {
		return err
	}
	l.N, l.Text, l.lead = n, line, s.tail
	s.tail = nil
	s.Lines = append(s.Lines, l)
	return nil
}

// render gives the text of the script with the given output under its lines.
func (s Script) render(output [][]string) string {
	var b strings.Builder
	for i, l := range s.Lines {
		for _, lead := range l.lead {
			b.WriteString(lead + "\n")
		}
		b.WriteString(l.Text + "\n")
		for _, out := range output[i] {
			b.WriteString("    " + out + "\n")
		}
	}
	for _, t := range s.tail {
		b.WriteString(t + "\n")
	}
	return b.String()
}
