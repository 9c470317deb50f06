package purchase

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is the whole policy of a purchase. It has no clock, no I/O and no
// randomness: time and identifiers arrive in the event, deadlines are part of
// the state. It never changes the State it was given.
//
//	          no card, abandoned, declined
//	armed ──────────────────────────────────────────────────────► closed
//	  │ HoldGranted (on flash, then acknowledged)                   ▲
//	  ▼                                                             │
//	opening ──► open ──► detecting ──► (decision) ──► capturing ──► reporting
//	  │  └► in_doubt ─┐      │  └► review ─┘    │         │           ▲
//	  │ refused,      │      │     settlement,  │         │ refused   │
//	  │ not sent,     │ no sign    deadline     │ total 0 ▼           │
//	  └───────────────┴──────┴──────────────────┴───► releasing ──────┘
//
// The arrows are not stored: the phase is computed from facts, so any order of
// arrival gives the same end. After a restart every request without an answer
// is in doubt, and what moves money is asked about before it is repeated.
//
// The error is a bug of ours, never the fault of an event from outside.
func Step(s State, ev Event) (State, []Effect, error) {
	w := &work{State: s.clone(), now: ev.At}
	if err := w.apply(ev); err != nil {
		return s, nil, fmt.Errorf("order %s, event %s: %w", s.Order, ev.Body.Kind(), err)
	}
	w.advance()
	if err := w.Check(); err != nil {
		return s, nil, fmt.Errorf("order %s, event %s: %w", s.Order, ev.Body.Kind(), err)
	}
	return w.State, w.out, nil
}

// work is a State being changed by one event.
type work struct {
	State
	now Stamp
	out []Effect
}

func (w *work) apply(ev Event) error {
	if w.Order == "" {
		return w.create(ev)
	}
	switch b := ev.Body.(type) {
	case Arm, CardSeen, Attached, Detached:
		return nil // repeated, or of no consequence here
	case HoldGranted:
		w.onHoldGranted(b)
	case Captured:
		return w.onCaptured(b)
	case Released:
		return w.onReleased(b)
	case Reversed:
		return w.onReversed(b)
	case Ended:
		return w.onEnded(b)
	case HoldFound:
		w.onHoldFound(b)
	case HoldAbsent:
		w.onHoldAbsent()
	case OpenAnswered:
		return w.onOpenAnswered(b)
	case Sign:
		w.onSign(b)
	case Detected:
		w.onDetected(b)
	case Adjustment:
		w.onAdjustment(b)
	case Refund:
		w.onRefund(b)
	case Reported:
		return w.onReported(b)
	case Due:
		w.onDue(b.Name)
	case Restarted:
		w.onRestarted()
	case SettleNow:
		w.onSettleNow()
	case Abandon:
		w.onAbandon(b)
	case Person:
		return w.onPerson(b)
	default:
		return fmt.Errorf("%w: unknown event %T", ErrBug, b)
	}
	return nil
}

func (w *work) create(ev Event) error {
	b, ok := ev.Body.(Arm)
	if !ok {
		return fmt.Errorf("%w: %s for an order that was never armed", ErrBug, ev.Body.Kind())
	}
	w.Order, w.Terms, w.ArmedAt = ev.Order, b.Terms, w.wall()
	return nil
}

// advance draws the conclusions that follow from the facts, whatever event
// brought them.
func (w *work) advance() {
	if w.Hold != nil && w.Decision != nil && w.Outcome == nil {
		w.settle()
	}
	if w.Outcome != nil {
		w.advanceAdjustments()
		w.advanceRefunds()
		w.queueReports()
	}
	if w.Closed() {
		w.Due = nil
	}
}

func (w *work) emit(e Effect) { w.out = append(w.out, e) }

// wall is the time for people. It is never zero, which means "never" in a fact: a
// clock that starts in 1970 must not undo a door (M10).
func (w *work) wall() int64 {
	if w.now.Wall == 0 {
		return 1
	}
	return w.now.Wall
}

// maxText bounds what is kept of texts from outside: the journal has them whole.
const maxText = 160

func cut(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// because adds a reason that may be empty.
func because(text, why string) string {
	if why = strings.TrimSpace(why); why == "" {
		return text
	}
	return text + ": " + why
}

func (w *work) alarm(kind AlarmKind, text string) { w.emit(Alarm{Alarm: kind, Text: text}) }

// set starts the deadline, in place of a running one of the same name.
func (w *work) set(name DeadlineName, clock ClockName, in time.Duration) {
	w.drop(name)
	w.Due = append(w.Due, deadline(name, clock, w.now, in))
}

// setOnce starts the deadline unless it runs already.
func (w *work) setOnce(name DeadlineName, clock ClockName, in time.Duration) {
	if _, ok := w.due(name); !ok {
		w.set(name, clock, in)
	}
}

func (w *work) drop(names ...DeadlineName) {
	w.Due = slices.DeleteFunc(w.Due, func(d Deadline) bool { return slices.Contains(names, d.Name) })
}

func (w *work) due(name DeadlineName) (Deadline, bool) {
	for _, d := range w.Due {
		if d.Name == name {
			return d, true
		}
	}
	return Deadline{}, false
}

// running says whether the deadline is set and not over.
func (w *work) running(name DeadlineName) bool {
	d, ok := w.due(name)
	return ok && !d.Over(w.now)
}

func (s State) clone() State {
	s.Hold = copyOf(s.Hold)
	s.Unused = copyOf(s.Unused)
	s.Review = copyOf(s.Review)
	s.Outcome = copyOf(s.Outcome)
	if s.Decision != nil {
		d := *s.Decision
		d.Lines = slices.Clone(d.Lines)
		s.Decision = &d
	}
	s.Opens = slices.Clone(s.Opens)
	s.Conflict = slices.Clone(s.Conflict)
	s.Ops = slices.Clone(s.Ops)
	s.Reports = slices.Clone(s.Reports)
	s.Refunds = slices.Clone(s.Refunds)
	s.Adjusts = slices.Clone(s.Adjusts)
	s.Due = slices.Clone(s.Due)
	return s
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
