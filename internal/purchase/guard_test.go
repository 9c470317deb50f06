package purchase_test

import (
	"strings"
	"testing"

	"edged/internal/money"
	"edged/internal/purchase"
)

// TestAnswersToNothingAreBugs: the only errors of Step, besides a person's.
func TestAnswersToNothingAreBugs(t *testing.T) {
	sold := soldOut(t)
	id := func(kind purchase.CommandKind, n int) purchase.CommandID {
		return purchase.CommandFor(sold.Order, kind, n)
	}
	tests := []struct {
		name string
		s    purchase.State
		body purchase.Body
	}{
		{"an event before the order was armed", purchase.State{}, purchase.Restarted{}},
		{"an answer to an OpenDoor that was never sent", sold, purchase.OpenAnswered{Attempt: 2}},
		{"an answer to OpenDoor number 0", sold, purchase.OpenAnswered{}},
		{"an answer to a report that was never made", sold, purchase.Reported{Report: 1}},
		{"an answer to a report that waits for its number", unnumbered(t), purchase.Reported{Report: 1, OK: true}},
		{"an end of a release that was never asked for", sold, purchase.Ended{What: purchase.CmdRelease, Command: id(purchase.CmdRelease, 1)}},
		{"an end of a later capture", sold, purchase.Ended{What: purchase.CmdCapture, Command: id(purchase.CmdCapture, 2)}},
		{"an end of another order's capture", sold, purchase.Ended{What: purchase.CmdCapture, Command: "X/capture/1"}},
		{"an end without an ordinal", sold, purchase.Ended{What: purchase.CmdCapture, Command: purchase.CommandID(sold.Order) + "/capture"}},
		{"a capture that was never asked for", sold, purchase.Captured{Command: id(purchase.CmdCapture, 2)}},
		{"a capture as the result of a release", sold, purchase.Released{Command: id(purchase.CmdCapture, 1)}},
		{"a reversal that was never asked for", sold, purchase.Reversed{Command: id(purchase.CmdReverse, 1)}},
		{"an event of no known type", sold, unknown{}},
	}
	for _, tt := range tests {
		s, effects, err := purchase.Step(tt.s, purchase.Event{Order: sold.Order, Body: tt.body})
		if err == nil || !strings.Contains(err.Error(), purchase.ErrBug.Error()) {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if stored(s) != stored(tt.s) || effects != nil {
			t.Errorf("%s changes the order", tt.name)
		}
	}
}

// unnumbered is an order whose report waits for the SaaS's number.
func unnumbered(t *testing.T) purchase.State {
	t.Helper()
	s := soldOut(t)
	s.SaaSNo = ""
	id := purchase.CommandFor(s.Order, purchase.CmdCapture, 1)
	s, _, err := purchase.Step(s, purchase.Event{Order: s.Order, Body: purchase.Ended{What: purchase.CmdCapture, Command: id, Outcome: purchase.Done}})
	if err != nil || s.Reports[0].State != purchase.ReportWaits {
		t.Fatalf("reports %+v, %v", s.Reports, err)
	}
	return s
}

type unknown struct{}

func (unknown) Kind() purchase.Kind { return "unknown" }

// TestCheckNamesWhatIsWrong: the last guard before a state is stored (M2).
func TestCheckNamesWhatIsWrong(t *testing.T) {
	paid := func() purchase.State {
		s := soldOut(t)
		s.Outcome = &purchase.Result{Kind: purchase.Paid, Captured: 920}
		return s
	}
	tests := []struct {
		name, want string
		spoil      func(s *purchase.State)
	}{
		{"captured more than held", "captured 6000, held 5000", func(s *purchase.State) { s.Outcome.Captured = 6000 }},
		{"captured more than recognised", "captured 930, recognised 920", func(s *purchase.State) { s.Outcome.Captured = 930 }},
		{"asked for more than held", "capture of 6000, held 5000", func(s *purchase.State) { s.Ops[0].Amount = 6000 }},
		{"captured without a decision", "without a decision to charge", func(s *purchase.State) { s.Decision = nil }},
		{"refunded more than captured", "refunded 921, captured 920", func(s *purchase.State) {
			s.Refunds = []purchase.RefundFact{{State: purchase.RefundDone, Amount: 921}}
		}},
		{"opened without a hold", "OpenDoor without a hold", func(s *purchase.State) {
			*s = purchase.State{Order: s.Order, Opens: s.Opens}
		}},
		{"captured twice", "2 captures of one hold", func(s *purchase.State) {
			op := s.Ops[0]
			op.End = purchase.Done
			s.Ops = []purchase.Op{op, op}
		}},
	}
	s := paid()
	if err := s.Check(); err != nil {
		t.Errorf("a good order: %v", err)
	}
	for _, tt := range tests {
		s := paid()
		tt.spoil(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if _, _, err := purchase.Step(s, purchase.Event{Order: s.Order, Body: purchase.CardSeen{}}); err == nil {
			t.Errorf("%s: Step leaves it behind", tt.name)
		}
	}
}

func TestMoneySumsWhatMoved(t *testing.T) {
	var s purchase.State
	if h, c, r := s.Money(); h+c+r != 0 {
		t.Errorf("an empty order moved %d %d %d", h, c, r)
	}
	s = soldOut(t)
	s.Outcome = &purchase.Result{Captured: 920}
	s.Refunds = []purchase.RefundFact{{State: purchase.RefundDone, Amount: 100}, {State: purchase.RefundFailed, Amount: 50}}
	if h, c, r := s.Money(); h != 5000 || c != 920 || r != 100 {
		t.Errorf("moved %v, want 5000 920 100", []money.Minor{h, c, r})
	}
}
