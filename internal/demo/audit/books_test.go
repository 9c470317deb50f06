package audit

import (
	"encoding/json"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

const (
	testLane  = "front"
	testTID   = "52500001"
	testOrder = "01JCLEANORDER0000000000001"
	testVisit = "1-001"
)

// at is n milliseconds after the customer came.
func at(n int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
}

// shop is a set of books of one customer that a test may spoil before it is
// checked.
type shop struct {
	Books
	order    *Order
	saas     *saassim.Order
	hold     *readersim.Hold
	capture  *readersim.Tx
	terminal *readersim.Ledger
	opening  *world.Opening
	visit    *world.Visit
}

// goodDay: a hold of 50.00, goods for 7.40, everything as it must be.
func goodDay() *shop {
	lines := []saassim.Line{{ID: "101", Name: "Cola", Count: "1", PriceMinor: 740}}
	s := &shop{
		order: &Order{
			OrderID: testOrder, Lane: testLane, Phase: "closed", Outcome: outPaid, HeldMinor: 5000, TotalMinor: 740,
			CapturedMinor: 740, SaaSOrderNo: "SO1", Terminal: testTID, Receipt: "0001", HoldState: holdCaptured,
			Decision:     &Decision{Source: fromDetection, Charge: true, TotalMinor: 740, At: at(900)},
			Reports:      []Report{{N: 1, Type: 0, OrderID: testOrder, OrderNo: "SO1", OK: true, State: "acked"}},
			HeldAt:       at(100),
			DoorOpenedAt: at(300), DoorClosedAt: at(600),
		},
		saas: &saassim.Order{
			OrderID: testOrder, OrderNo: "SO1",
			Callbacks: []*saassim.Callback{
				{ID: 1, OrderID: testOrder, Action: saassim.ActionOpened, TakenAt: at(301)},
				{ID: 2, OrderID: testOrder, Action: saassim.ActionClosed, TakenAt: at(601)},
				{ID: 3, OrderID: testOrder, Action: saassim.ActionDetected, TakenAt: at(901), Decision: &saassim.Decision{Lines: lines}, Lines: lines, Total: 740},
			},
			Reports: []*saassim.Report{{At: at(1200), OrderID: testOrder, OrderNo: "SO1", PayStatus: payOK, Accepted: true}},
		},
		hold: &readersim.Hold{
			Tx: readersim.Tx{
				ID: 1, Command: cmdReserve, TerminalID: testTID, Receipt: 1, Requested: 5000, Amount: 5000,
				AuthorisedAt: at(90), SentAt: []time.Time{at(91)}, AnsweredAt: at(110), BookedAt: at(110),
			},
			State: readersim.Captured, CapturedMinor: 740, Captures: 1, AckedAt: at(110), EndedAt: at(1100), EndedBy: cmdPartial,
		},
		capture: &readersim.Tx{ID: 2, Hold: 1, Command: cmdPartial, TerminalID: testTID, Receipt: 2, Amount: 740, AuthorisedAt: at(1050), BookedAt: at(1100)},
		opening: &world.Opening{OrderID: testOrder, Visit: testVisit, OpenedAt: at(290), ClosedAt: at(590), Taken: lines, Total: 740},
		visit: &world.Visit{
			Scenario: world.Scenario{ID: testVisit, Kind: "goods are taken and paid", Lane: testLane, Expect: world.Expect{Outcomes: []world.Outcome{world.Paid}, CaptureMinor: 740}},
			At:       at(0), Tap: &readersim.TapResult{Approved: true, Tx: 1, Receipt: 1}, OrderIDs: []string{testOrder},
		},
	}
	s.terminal = &readersim.Ledger{
		Holds: map[int64]*readersim.Hold{1: s.hold}, Txs: map[int64]*readersim.Tx{1: &s.hold.Tx, 2: s.capture},
		Events: []readersim.Event{
			{At: at(90), Kind: readersim.Authorised, Tx: 1, Command: cmdReserve},
			{At: at(110), Kind: readersim.Answered, Tx: 1},
			{At: at(110), Kind: readersim.Booked, Tx: 1, Amount: 5000},
			{At: at(1050), Kind: readersim.Authorised, Tx: 2, Hold: 1, Command: cmdPartial, Amount: 740},
			{At: at(1100), Kind: readersim.Booked, Tx: 2, Amount: 740},
		},
	}
	s.Books = Books{
		World: &world.Ledger{Visits: map[string]*world.Visit{testVisit: s.visit}, Openings: map[string]*world.Opening{testOrder: s.opening}},
		SaaS: &saassim.Ledger{
			Orders: map[string]*saassim.Order{testOrder: s.saas},
			Events: []saassim.Event{
				openDoorAt(120),
				{At: at(121), Kind: saassim.OpenAccepted, OrderID: testOrder},
				{At: at(1200), Kind: saassim.ReportAccepted, OrderID: testOrder, OrderNo: "SO1", PayStatus: payOK, Body: json.RawMessage(`{"a":1}`)},
			},
		},
		Terminals: map[string]*readersim.Ledger{testLane: s.terminal},
	}
	return s
}

// openDoorAt is an OpenDoor of the customer's order.
func openDoorAt(ms int) saassim.Event {
	return saassim.Event{At: at(ms), Kind: saassim.RequestSeen, Call: saassim.CallOpenDoor, OrderID: testOrder, Body: json.RawMessage(`{"transeType":0}`)}
}

// opens adds an OpenDoor that was taken.
func (s *shop) opens(ms int) {
	s.SaaS.Events = append(s.SaaS.Events, openDoorAt(ms), saassim.Event{At: at(ms), Kind: saassim.OpenRepeated, OrderID: testOrder})
}

// bookCapture adds a capture of the hold at the terminal.
func (s *shop) bookCapture(id int64, ms int) {
	s.terminal.Events = append(s.terminal.Events, readersim.Event{At: at(ms), Kind: readersim.Authorised, Tx: id, Hold: 1, Command: cmdPartial, Amount: 740})
}

// unpaid makes the day one on which the hold was given back and the order reported
// as unpaid.
func (s *shop) unpaid(cause string) {
	s.hold.State, s.hold.CapturedMinor, s.hold.Captures = readersim.Released, 0, 0
	s.capture.Command, s.capture.Amount = cmdRelease, 0
	o := s.order
	o.Outcome, o.Cause, o.CapturedMinor, o.HoldState = outUnpaid, cause, 0, holdReleased
	o.Reports[0].OK = false
	s.saas.Reports[0].PayStatus = payFailed
}

// explain scripts a fault that allows the outcome.
func (s *shop) explain(because string, o world.Outcome) {
	s.visit.Scenario.Expect = world.Expect{Outcomes: []world.Outcome{o}, Because: because}
}

// check hands in the books as they are now.
func (s *shop) check() []Finding {
	if s.order != nil {
		s.Orders = []Order{*s.order}
	}
	return Check(s.Books)
}
