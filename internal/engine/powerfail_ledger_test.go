package engine

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/testutil/powerfail"
)

// cutKind names what became true outside edged.
type cutKind string

const (
	cutStarted    cutKind = "started"      // edged starts: incarnation inc, boot boot
	cutTapped     cutKind = "tapped"       // a card is at the terminal
	cutHeld       cutKind = "held"         // the terminal has our word: the hold stands
	cutListed     cutKind = "listed"       // the terminal has told which holds are open
	cutAsked      cutKind = "asked"        // a command that settles the hold has reached the terminal
	cutCaptured   cutKind = "captured"     // the terminal has our word: the money is taken
	cutReleased   cutKind = "released"     // the terminal has our word: the hold is gone
	cutReversed   cutKind = "reversed"     // the terminal has our word: a capture is undone
	cutDoorAsked  cutKind = "door asked"   // the first byte of OpenDoor has left
	cutDoorTaken  cutKind = "door taken"   // the SaaS has the order
	cutAnswered   cutKind = "answered"     // a callback was answered 200
	cutReported   cutKind = "reported"     // the SaaS has acknowledged a report
	cutDropped    cutKind = "dropped"      // edged has taken a person's word about one that it refused
	cutRestocking cutKind = "restocking"   // edged has taken the wish to restock
	cutRestocked  cutKind = "restocked"    // edged has taken the end of the restock
	cutRestDoor   cutKind = "restock door" // OpenDoor of a restock has left
)

// cutFact is one fact of the outside world. It is a mark in the disk's log, so that
// it is known which facts a crash state must agree with.
type cutFact struct {
	kind    cutKind
	lane    string
	order   purchase.OrderID
	visit   int
	n       int // of the OpenDoor, the callback or the report
	receipt string
	amount  money.Minor
	command purchase.CommandKind
	body    string

	inc  int           // incarnation of edged, from 1
	boot int           // of the gateway, from 1
	mono time.Duration // since that boot
}

// cutSale is what the outside world knows of one customer.
type cutSale struct {
	visit    cutVisit
	index    int
	order    purchase.OrderID
	receipt  string
	tapped   time.Duration
	held     *cutFact
	captured *cutFact
	released *cutFact
	reversed *cutFact
	asked    int  // captures that reached the terminal
	unlisted bool // a settling command has reached it, and it was not asked since
	doors    []cutFact
	taken    bool
	answered int // callbacks answered 200, in sequence
	reports  []cutFact
	dropped  []int
}

func (s *cutSale) open() bool { return s.held != nil && s.captured == nil && s.released == nil }

// cutLedger is the terminals', the SaaS's and the customers' memory. It outlives
// every cut, and notes each broken promise that can be seen from outside.
type cutLedger struct {
	plan []cutVisit
	log  *powerfail.Log

	mu       sync.Mutex
	start    cutFact // of this incarnation
	sales    []*cutSale
	restocks map[purchase.OrderID]cutKind
	broken   []error
}

// newCutLedger folds the facts that came before a cut.
func newCutLedger(plan []cutVisit, log *powerfail.Log, marks []any) *cutLedger {
	l := &cutLedger{plan: plan, log: log, restocks: map[purchase.OrderID]cutKind{}}
	for _, m := range marks {
		l.apply(m.(cutFact))
	}
	return l
}

// misbooked is told by the engine's own ledger, which it checks after every commit.
func (l *cutLedger) misbooked(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail("M2", "%v", err)
}

// note makes a fact true.
func (l *cutLedger) note(f cutFact, now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.inc, f.boot, f.mono = l.start.inc, l.start.boot, now
	l.log.Mark(f)
	l.apply(f)
}

func (l *cutLedger) fail(promise, format string, args ...any) {
	l.broken = append(l.broken, fmt.Errorf("%s: %s", promise, fmt.Sprintf(format, args...)))
}

// look runs fn on the ledger.
func (l *cutLedger) look(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}

// find needs mu.
func (l *cutLedger) find(ok func(*cutSale) bool) *cutSale {
	if i := slices.IndexFunc(l.sales, ok); i >= 0 {
		return l.sales[i]
	}
	return nil
}

func (l *cutLedger) byOrder(id purchase.OrderID) *cutSale {
	return l.find(func(s *cutSale) bool { return s.order == id })
}

func (l *cutLedger) byReceipt(name, receipt string) *cutSale {
	return l.find(func(s *cutSale) bool { return s.visit.lane == name && s.receipt == receipt })
}

func (l *cutLedger) apply(f cutFact) {
	s := l.byOrder(f.order)
	if s == nil && f.receipt != "" {
		s = l.byReceipt(f.lane, f.receipt)
	}
	switch f.kind {
	case cutStarted:
		l.start = f
	case cutTapped:
		l.sales = append(l.sales, &cutSale{visit: l.plan[f.visit], index: f.visit, order: f.order, receipt: f.receipt, tapped: f.mono})
	case cutListed:
		for _, o := range l.sales {
			o.unlisted = o.unlisted && o.visit.lane != f.lane
		}
	case cutRestocking, cutRestocked, cutRestDoor:
		l.applyRestock(f)
	default:
		if s == nil {
			l.fail("M1", "%s for an order that has no card: %s", f.kind, f.order)
			return
		}
		l.applyMoney(s, f)
	}
}

// applyMoney judges what can be judged at once.
func (l *cutLedger) applyMoney(s *cutSale, f cutFact) {
	switch f.kind {
	case cutHeld:
		s.held = &f
	case cutAsked:
		if s.unlisted {
			l.fail("M7", "%s of %q although one before it is in doubt, and the terminal was not asked", f.command, s.visit.name)
		}
		s.unlisted = true
		if f.command == purchase.CmdCapture {
			s.asked++
		}
	case cutCaptured:
		if total, _ := s.visit.decision(); s.captured != nil || f.amount > s.held.amount || f.amount > total {
			l.fail("M2", "%q: captured %d of %d held and %d recognised, before that %v", s.visit.name, f.amount, s.held.amount, total, s.captured)
		}
		s.captured = &f
	case cutReleased:
		s.released = &f
	case cutReversed:
		if s.reversed != nil || s.captured == nil || f.amount != s.captured.amount {
			l.fail("M2", "%q: reversed %d, captured %v, before that %v", s.visit.name, f.amount, s.captured, s.reversed)
		}
		s.reversed = &f
	case cutDoorAsked:
		l.applyDoor(s, f)
	case cutDoorTaken:
		s.taken = true
	case cutAnswered:
		s.answered = max(s.answered, f.n+1)
	case cutReported:
		l.applyReport(s, f)
	case cutDropped:
		s.dropped = append(s.dropped, f.n)
	}
}

func (l *cutLedger) applyDoor(s *cutSale, f cutFact) {
	switch {
	case s.held == nil || !s.open():
		l.fail("M1", "%q: OpenDoor without a hold", s.visit.name)
	case f.inc != s.held.inc:
		l.fail("M5", "%q: OpenDoor after a restart", s.visit.name)
	case f.mono > s.held.mono+cutOpen:
		l.fail("M5", "%q: OpenDoor %s after the hold", s.visit.name, f.mono-s.held.mono)
	case len(s.doors) > 1:
		l.fail("M7", "%q: OpenDoor for the third time", s.visit.name)
	}
	s.doors = append(s.doors, f)
}

// last is the newest report that is over, for the SaaS or for a person.
func (s *cutSale) last() (n int) {
	for _, r := range s.reports {
		n = max(n, r.n)
	}
	for _, dropped := range s.dropped {
		n = max(n, dropped)
	}
	return n
}

// applyReport: the same report has the same bytes for ever, and none comes before
// the one before it.
func (l *cutLedger) applyReport(s *cutSale, f cutFact) {
	last := s.last()
	for _, r := range s.reports {
		if r.n == f.n && r.body != f.body {
			l.fail("M4", "%q: report %d was %s, and is now %s", s.visit.name, f.n, r.body, f.body)
		}
	}
	if f.n > last+1 {
		l.fail("M4", "%q: report %d came behind %d", s.visit.name, f.n, last)
	}
	s.reports = append(s.reports, f)
}

func (l *cutLedger) applyRestock(f cutFact) {
	if f.kind == cutRestDoor && l.restocks[f.order] == cutRestDoor {
		l.fail("M5", "the door was opened for the same restock twice")
	}
	l.restocks[f.order] = f.kind
}

// cutDoorOf is the door of a lane.
func cutDoorOf(name string) lane.Door { return lane.Door{MachineID: "cabinet " + name, Number: 1} }
