package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

func TestCleanBooksHaveNoFindings(t *testing.T) {
	for name, change := range map[string]func(*shop){
		"everything is as it must be": func(*shop) {},
		"a script explains that the order is unpaid": func(s *shop) {
			s.unpaid("nobody decided in time")
			s.saas.Callbacks[2].Decision.Failed = true
			s.order.Decision = &Decision{Source: "deadline"}
			s.order.ReviewedAt = at(900)
			s.explain("recognition failed and nobody settled", world.Unpaid)
		},
		"OpenDoor is repeated once while nothing is heard": func(s *shop) { s.opens(220) },
		"OpenDoor is refused for its token and sent again, twice": func(s *shop) {
			s.SaaS.Events = append([]saassim.Event{openDoorAt(115), openDoorAt(116)}, s.SaaS.Events...)
		},
		"OpenDoor was under way when the gateway was killed": func(s *shop) {
			s.World.Kills = []world.Event{{At: at(119), Kind: world.KillDone, Note: "saas: OpenDoor received"}}
		},
		"OpenDoor had arrived when the gateway was killed for another lane": func(s *shop) {
			s.World.Kills = []world.Event{{At: at(115), Kind: world.KillDone, Note: "terminal: sent 04 0f release"}}
			s.SaaS.Events[0].Came, s.SaaS.Events[0].At = at(114), at(250)
		},
		"a capture in doubt is asked about and repeated": func(s *shop) {
			s.terminal.Events = append(s.terminal.Events, readersim.Event{At: at(1055), Kind: readersim.Wire, Dir: "rx", Command: readersim.Enquiry})
			s.bookCapture(3, 1060)
		},
		"a report is repeated with the same bytes": func(s *shop) {
			again := s.SaaS.Events[2]
			again.Kind = saassim.ReportRepeated
			s.SaaS.Events = append(s.SaaS.Events, again)
		},
		"a killed gateway gives a hold back whose door never opened": func(s *shop) {
			s.neverOpened()
			s.visit.Kills = []string{"terminal: answered 04 0f hold"}
		},
		"the SaaS dies and a hold is given back whose door never opened": func(s *shop) {
			s.neverOpened()
			s.visit.Struck = []string{"saas"}
		},
		"the network is cut on another lane and a hold is given back": func(s *shop) {
			s.neverOpened()
			s.World.Visits["b"] = &world.Visit{Scenario: world.Scenario{ID: "b", Lane: "back"}, At: at(1)}
			s.World.Events = append(s.World.Events, world.Event{At: at(90), Kind: world.Happened, Visit: "b", Note: "network_cut for 2s at tap"})
		},
		"the terminal loses its power and takes the hold back": func(s *shop) {
			s.unpaid("the terminal took the hold back")
			s.hold.State, s.visit.Struck = readersim.Reversed, []string{"terminal"}
		},
		"CloseDoor is lost and the SaaS says so when asked": func(s *shop) {
			s.saas.Callbacks = s.saas.Callbacks[:1]
			s.unpaid("nobody decided in time")
			s.order.Decision = &Decision{Source: "deadline"}
			s.explain("recognition failed and nobody settled", world.Unpaid)
			s.saas.OpenedAt, s.saas.ClosedAt = s.order.DoorOpenedAt.Add(-time.Millisecond), s.order.DoorClosedAt.Add(-time.Millisecond)
			s.saas.Told = []time.Time{s.order.DoorClosedAt}
		},
		"the hold is open and somebody has a task": func(s *shop) {
			s.unpaid("the terminal is gone")
			s.explain("the terminal was stolen", world.Unpaid)
			s.hold.State, s.order.HoldState = readersim.Open, "expired"
			s.order.Tasks = []Task{{Kind: "unpaid"}}
		},
		"the terminal refused the approval nobody could keep": func(s *shop) {
			s.order = nil
			s.Orders = nil
			s.alone()
			s.hold.AnswerCode, s.hold.State = 0x66, readersim.Reversed
			s.explain("no flash", world.Declined)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := goodDay()
			change(s)
			if got := s.check(); len(got) != 0 {
				t.Errorf("findings: got %v, want none", got)
			}
		})
	}
}

// alone leaves only the terminal's book.
func (s *shop) alone() {
	s.SaaS = &saassim.Ledger{}
	s.World.Openings = nil
	s.visit.OrderIDs = nil
	s.terminal.Events = s.terminal.Events[:3]
	delete(s.terminal.Txs, 2)
	s.hold.CapturedMinor, s.hold.Captures = 0, 0
}

// neverOpened ends the order as cancelled before anything reached the SaaS.
func (s *shop) neverOpened() {
	s.alone()
	s.hold.State = readersim.Released
	s.order.Outcome, s.order.Cause, s.order.CapturedMinor, s.order.HoldState = outCancelled, "restarted", 0, holdReleased
	s.order.Decision, s.order.Reports, s.order.DoorOpenedAt, s.order.DoorClosedAt = &Decision{Source: "network"}, nil, time.Time{}, time.Time{}
}

func TestEveryViolationIsNamed(t *testing.T) {
	for _, tc := range []struct {
		name, rule, says string
		spoil            func(*shop)
	}{
		{"OpenDoor comes before the acknowledgement", "M1", "before the terminal had", func(s *shop) {
			s.hold.AckedAt, s.hold.AnsweredAt = at(500), at(500)
			s.terminal.Events[1].At, s.terminal.Events[2].At = at(500), at(500)
		}},
		{"OpenDoor comes without a hold", "M1", "no hold", func(s *shop) { s.order.Receipt = "" }},
		{"OpenDoor comes for an order edged does not have", "M1", "no such order", func(s *shop) { s.order.OrderID = "another" }},

		{"a hold is captured twice", "M2", "captured 2 times", func(s *shop) { s.hold.Captures = 2 }},
		{"a settled hold is asked for again", "M2", "settled already", func(s *shop) {
			s.terminal.Events = append(s.terminal.Events, readersim.Event{At: at(1150), Kind: readersim.Refused, Command: cmdPartial, Code: codeNotOpen})
		}},
		{"the capture runs on another terminal", "M2", "ran on terminal", func(s *shop) { s.capture.TerminalID = "1" }},
		{"more is taken than held", "M2", "of a hold of", func(s *shop) { s.hold.Amount, s.order.HeldMinor = 500, 500 }},
		{"more is taken than recognised", "M2", "recognised total", func(s *shop) { s.hold.CapturedMinor, s.order.CapturedMinor = 5000, 5000 }},
		{"money is taken and nothing recognised", "M2", "nothing was recognised", func(s *shop) { s.saas.Callbacks = s.saas.Callbacks[:2] }},
		{"edged says another amount", "M2", "edged says", func(s *shop) { s.order.CapturedMinor = 741 }},
		{"a refund is there twice", "M2", "there twice", func(s *shop) { s.order.Refunds = []Refund{{Number: "R1"}, {Number: "R1"}} }},
		{"more is given back than taken", "M2", "given back of", func(s *shop) { s.order.Refunds = []Refund{{Number: "R1", AmountMinor: 741, State: refundDone}} }},
		{"a refund is made up", "M2", "reversed nothing", func(s *shop) { s.order.Refunds = []Refund{{Number: "R1", AmountMinor: 740, State: refundDone}} }},
		{"a refund is done and nobody knows", "M3", "says nothing of it", func(s *shop) {
			s.terminal.Txs[3] = &readersim.Tx{ID: 3, Hold: 1, Command: cmdReverse, TerminalID: testTID, BookedAt: at(2000)}
		}},
		{"the SaaS is told of a refund that failed", "M4", "has succeeded: true", func(s *shop) {
			s.order.Refunds = []Refund{{Number: "R1", AmountMinor: 740, State: "failed"}}
			s.order.Reports = append(s.order.Reports, Report{N: 2, Type: 2, OrderNo: "R1", OK: true, State: "acked"})
		}},
		{"the SaaS is told of a refund nobody asked for", "M4", "edged has none", func(s *shop) {
			s.order.Reports = append(s.order.Reports, Report{N: 2, Type: 2, OrderNo: "R1", OK: true, State: "acked"})
		}},
		{"a deduction is called paid", "M2", "nothing can have been taken", func(s *shop) {
			s.order.Reports = append(s.order.Reports, Report{N: 2, Type: 1, OrderNo: "D1", OK: true, State: "acked"})
		}},
		{"a deduction is answered twice", "M2", "there twice", func(s *shop) {
			for range 2 {
				s.order.Reports = append(s.order.Reports, Report{N: 2, Type: 1, OrderNo: "D1", State: "acked"})
			}
		}},
		{"an order and its hold are left open", "M3", "so is the order", func(s *shop) {
			s.hold.State, s.hold.CapturedMinor, s.hold.Captures, s.order.Outcome = readersim.Open, 0, 0, ""
		}},
		{"a forged callback is answered 200", "M6", "a forged Cancel", func(s *shop) {
			s.saas.Callbacks = append(s.saas.Callbacks, &saassim.Callback{Action: saassim.ActionCancel, Noise: true, URL: "http://forged", LastHTTP: 200})
		}},
		{"ten megabytes are answered 200", "M6", "bytes behind it", func(s *shop) {
			s.saas.Callbacks = append(s.saas.Callbacks, &saassim.Callback{Action: saassim.ActionOpened, Noise: true, Pad: 10 << 20, LastHTTP: 200})
		}},
		{"a capture is reversed twice", "M2", "reversed 2 times", func(s *shop) {
			for id := int64(3); id < 5; id++ {
				s.terminal.Txs[id] = &readersim.Tx{ID: id, Hold: 1, Command: cmdReverse, TerminalID: testTID, BookedAt: at(2000)}
			}
		}},

		{"a hold is open and edged has no order", "M3", "no order for it", func(s *shop) {
			s.order, s.Orders = nil, nil
			s.alone()
			s.hold.State = readersim.Open
		}},
		{"a hold is open and the order has ended", "M3", "nobody has a task", func(s *shop) {
			s.hold.State, s.hold.CapturedMinor, s.hold.Captures = readersim.Open, 0, 0
		}},
		{"a hold is given back after goods were recognised", "M3", "given back after", func(s *shop) { s.unpaid("a whim") }},
		{"an acknowledged approval is unknown", "M3", "knows nothing of it", func(s *shop) {
			s.order, s.Orders = nil, nil
			s.alone()
			s.hold.State = readersim.Released
		}},
		{"an acknowledged approval is found after a restart", "M3", "find it after a restart", func(s *shop) {
			s.neverOpened()
			s.order.Decision.Source = fromRestart
		}},
		{"the acknowledgement comes before edged has it", "M3", "before edged had it", func(s *shop) { s.order.HeldAt = at(400) }},
		{"the order is parked", "M3", "edged failed", func(s *shop) { s.order.Parked = "bug" }},

		{"the SaaS is never told", "M4", "never told", func(s *shop) { s.saas.Reports = nil }},
		{"edged counts a lost report as acknowledged", "M4", "has not got it", func(s *shop) { s.saas.Reports = nil }},
		{"the SaaS is told the wrong status", "M4", "told PayStatus 2", func(s *shop) { s.saas.Reports[0].PayStatus = payFailed }},
		{"the SaaS is told what edged does not say", "M4", "never made", func(s *shop) { s.order.Reports = nil }},
		{"the report is refused", "M4", "refused a report", func(s *shop) { s.saas.Reports[0].Accepted = false }},
		{"the report is repeated with other bytes", "M4", "different reports", func(s *shop) {
			again := s.SaaS.Events[2]
			again.Kind, again.Body = saassim.ReportRepeated, json.RawMessage(`{"a":2}`)
			s.SaaS.Events = append(s.SaaS.Events, again)
		}},
		{"the reports arrive out of sequence", "M4", "before report 1", func(s *shop) {
			s.order.Reports = append(s.order.Reports, Report{N: 2, Type: 2, OrderNo: "R1", OK: true, State: "acked"})
			s.saas.Reports = append(s.saas.Reports, &saassim.Report{At: at(1100), OrderNo: "R1", PayType: 2, PayStatus: payOK, Accepted: true})
		}},

		{"OpenDoor comes after its deadline", "M5", "after its deadline", func(s *shop) { s.OpenDeadline = 100 * time.Millisecond; s.SaaS.Events[0].At = at(900) }},
		{"OpenDoor comes after a restart", "M5", "after a restart", func(s *shop) {
			s.World.Kills = []world.Event{{At: at(115), Kind: world.KillDone, Note: "terminal: answered 04 0f hold"}}
			s.SaaS.Events[0].At = at(250)
		}},
		{"OpenDoor is repeated after a restart at its arrival", "M5", "after a restart", func(s *shop) {
			s.World.Kills = []world.Event{{At: at(119), Kind: world.KillDone, Note: "saas: OpenDoor received"}}
			s.opens(280)
		}},

		{"a callback is answered and forgotten", "M6", "CloseDoor was answered 200", func(s *shop) { s.order.DoorClosedAt = time.Time{} }},
		{"a callback is answered before it is kept", "M6", "before edged had it", func(s *shop) { s.order.DoorOpenedAt = at(500) }},
		{"a decision is answered and forgotten", "M6", "has no decision", func(s *shop) { s.order.Decision = nil }},
		{"another decision is forgotten", "M6", "does not have it", func(s *shop) {
			more := []saassim.Line{{ID: "101", Count: "9", PriceMinor: 740}}
			s.saas.Callbacks = append(s.saas.Callbacks, &saassim.Callback{Action: saassim.ActionDetected, TakenAt: at(1500), Decision: &saassim.Decision{Lines: more}, Lines: more})
		}},
		{"a refund is answered and forgotten", "M6", "refund R1", func(s *shop) {
			s.saas.Callbacks = append(s.saas.Callbacks, &saassim.Callback{Action: saassim.ActionRefund, ClaimNo: "R1", TakenAt: at(1500)})
		}},
		{"a forged cancellation is believed", "M6", "never said so", func(s *shop) { s.order.CancelledAt = at(700) }},
		{"a door is called closed before the SaaS, when asked, said so", "M6", "closed door", func(s *shop) {
			s.saas.Callbacks = s.saas.Callbacks[:1]
			s.saas.ClosedAt = s.order.DoorClosedAt.Add(time.Second)
			s.saas.Told = []time.Time{s.order.DoorClosedAt, s.saas.ClosedAt}
		}},
		{"a forged decision is believed", "M6", "never said so", func(s *shop) {
			s.order.Conflicts = []Decision{{Source: fromSettlement, Charge: true, TotalMinor: 1}}
		}},

		{"OpenDoor is sent a third time", "M7", "received 3 times", func(s *shop) { s.opens(220); s.opens(230) }},
		{"OpenDoor is repeated although something was heard", "M7", "had been taken", func(s *shop) { s.opens(900) }},
		{"a capture is repeated without a question", "M7", "without a question", func(s *shop) { s.bookCapture(3, 1060) }},

		{"goods are gone and everything is released", "M13", "does not explain it", func(s *shop) { s.unpaid("a whim") }},
		{"goods are gone and called nothing", "M13", "nothing was taken", func(s *shop) { s.order.Outcome = outNothing }},
		{"less is taken than is gone", "M13", "740 minor units are gone", func(s *shop) { s.hold.CapturedMinor, s.order.CapturedMinor = 1, 1 }},
		{"unpaid has no cause", "M13", "no cause", func(s *shop) { s.unpaid(""); s.explain("recognition failed", world.Unpaid) }},
		{"goods are released because a terminal elsewhere lost its power", "M13", "does not explain it", func(s *shop) {
			s.unpaid("the terminal took the hold back")
			s.hold.State = readersim.Reversed
			s.World.Strikes = []world.Event{{At: at(100), Kind: world.StruckDone, Lane: "back", Note: "terminal"}}
		}},
		{"a hold is given back after the network of its own lane was cut", "M13", "does not explain it", func(s *shop) {
			s.neverOpened()
			s.World.Events = append(s.World.Events, world.Event{At: at(90), Kind: world.Happened, Visit: s.visit.Scenario.ID, Note: "network_cut for 2s at tap"})
		}},
		{"a sale ends early for no reason", "M13", "does not explain it", func(s *shop) { s.neverOpened() }},
		{"the hold has ended and the order has not", "M13", "has not ended", func(s *shop) { s.order.Outcome = "" }},
		{"a customer's card is forgotten", "M13", "edged has no order", func(s *shop) {
			s.alone()
			s.order, s.Orders = nil, nil
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := goodDay()
			tc.spoil(s)
			got := s.check()
			for _, f := range got {
				if f.Rule == tc.rule && strings.Contains(f.Text, tc.says) {
					return
				}
			}
			t.Errorf("findings: got %v, want %s: …%s…", got, tc.rule, tc.says)
		})
	}
}

func TestAFindingNamesOrderAndCustomer(t *testing.T) {
	f := Finding{Rule: "M2", Order: "A", Visit: "1-001", Text: "taken twice"}
	if got, want := f.String(), "M2: order A: taken twice (customer 1-001)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFindingsComeInTheOrderOfTheRules(t *testing.T) {
	s := goodDay()
	s.unpaid("")
	s.hold.Captures = 2
	last := 0
	for _, f := range s.check() {
		if n := rank(f.Rule); n < last {
			t.Errorf("%s comes after M%d", f.Rule, last)
		} else {
			last = n
		}
	}
}
