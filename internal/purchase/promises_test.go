package purchase_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

func TestM1_NoDoorIsAskedForWithoutAHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chaos(t, func(x turn) {
			for _, e := range x.effects {
				if _, ok := e.(purchase.OpenDoor); ok && (x.after.Hold == nil || x.after.Hold.Amount < x.after.Terms.MinHold) {
					t.Fatalf("%#v opens a door on hold %+v", x.ev.Body, x.after.Hold)
				}
			}
		})
	})
}

func TestM2_NeverMoreThanHeldRecognisedOrCaptured(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		captures := map[purchase.CommandID]bool{}
		numbers := map[string]int{}
		s := chaos(t, func(x turn) {
			if err := x.after.Check(); err != nil {
				t.Fatal(err)
			}
			for _, e := range x.effects {
				switch e := e.(type) {
				case purchase.Command:
					if captures[e.ID] {
						t.Fatalf("%s is asked for twice", e.ID)
					}
					captures[e.ID] = true
					if e.Kind == purchase.CmdCapture && (e.Amount <= 0 || e.Amount > x.after.Hold.Amount || e.Amount > x.after.Decision.Total) {
						t.Fatalf("capture of %d, held %d, recognised %d", e.Amount, x.after.Hold.Amount, x.after.Decision.Total)
					}
				case purchase.SendReport:
					if e.Report.Type != purchase.PayNormal {
						key := fmt.Sprint(e.Report.Type, e.Report.OrderNo)
						numbers[key]++
						if numbers[key] > 1 && e.Report.OrderNo != x.after.SaaSNo { // the fallback of unnumbered ones
							t.Fatalf("report for %s is made twice", key)
						}
					}
				}
			}
		})
		held, captured, refunded := s.Money()
		if captured > held || refunded > captured {
			t.Fatalf("held %d, captured %d, refunded %d", held, captured, refunded)
		}
	})
}

// TestM3_EveryOrderEndsOrWaits: whatever happened, an order that is not closed has
// something to wait for.
func TestM3_EveryOrderEndsOrWaits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tasks := map[string]bool{}
		s := chaos(t, func(x turn) {
			if what := acceptedTooMuch(x); what != "" {
				t.Fatalf("%#v is accepted and %s: %s", x.ev.Body, what, stored(x.after))
			}
			for _, e := range x.effects {
				switch e := e.(type) {
				case purchase.OpenTask:
					tasks[string(e.Task)+e.Subject] = true
				case purchase.CloseTask:
					delete(tasks, string(e.Task)+e.Subject)
				}
			}
		})
		asked := slices.ContainsFunc(s.Ops, func(op purchase.Op) bool { return op.End == "" })
		pending := slices.ContainsFunc(s.Opens, func(o purchase.OpenTry) bool { return o.Answer == "" })
		reports := slices.ContainsFunc(s.Reports, func(r purchase.Report) bool { return r.State != purchase.ReportAcked })
		granting := s.Hold != nil && s.Hold.End == ""
		waits := asked || pending || reports || granting || len(s.Due) > 0 || len(tasks) > 0 ||
			s.Phase() == purchase.PhaseArmed || s.Phase() == purchase.PhaseUnclear
		if !s.Closed() && !waits {
			t.Fatalf("phase %s waits for nothing: %s", s.Phase(), stored(s))
		}
		if s.Closed() && s.HoldOpen() {
			t.Fatalf("closed with an open hold: %s", stored(s))
		}
	})
}

// acceptedTooMuch: a result that is not refused stands at the terminal. The order
// must then know of it.
func acceptedTooMuch(x turn) string {
	for _, e := range x.effects {
		if _, ok := e.(purchase.Refused); ok {
			return ""
		}
	}
	switch b := x.ev.Body.(type) {
	case purchase.HoldGranted:
		if !x.after.HoldOpen() || x.after.Hold.Receipt != b.Hold.Receipt {
			return "the order has no such hold"
		}
	case purchase.Captured:
		for _, op := range x.after.Ops {
			if purchase.CommandFor(x.after.Order, op.Kind, op.N) == b.Command && op.Result &&
				(op.End == "" || x.after.Hold.Settled == purchase.HoldCaptured) {
				return ""
			}
		}
		return "the order does not know that it was captured"
	}
	return ""
}

func TestM4_ReportsKeepTheirWordsAndTheirSequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		next := 1
		chaos(t, func(x turn) {
			for i, r := range x.before.Reports {
				now := x.after.Reports[i]
				if r.State != purchase.ReportWaits {
					now.State = r.State
					if now != r {
						t.Fatalf("report %+v became %+v", r, now)
					}
				}
			}
			for _, e := range x.effects {
				send, ok := e.(purchase.SendReport)
				if !ok {
					continue
				}
				if send.Report.N != next || send.Report.OrderNo == "" {
					t.Fatalf("sent %+v, expected number %d", send.Report, next)
				}
				next++
			}
		})
	})
}

func TestM5_NoDoorAfterItsDeadlineOrARestart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		restarted := false
		chaos(t, func(x turn) {
			restarted = restarted || x.ev.Body.Kind() == purchase.KindRestarted
			for _, e := range x.effects {
				open, ok := e.(purchase.OpenDoor)
				switch {
				case !ok:
				case open.Deadline.Over(x.ev.At):
					t.Fatalf("%#v asks for a door %v late", x.ev.Body, -open.Deadline.Left(x.ev.At))
				case restarted:
					t.Fatalf("%#v asks for a door after a restart", x.ev.Body)
				}
			}
		})
	})
}

func TestM6_TheSameAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chaos(t, func(x turn) {
			if x.ev.Body.Kind() == purchase.KindRestarted {
				return
			}
			again, effects, err := purchase.Step(x.after, x.ev)
			if err != nil && x.ev.Body.Kind() != purchase.KindPerson {
				t.Fatal(err)
			}
			if stored(again) != stored(x.after) {
				t.Fatalf("%#v told twice: from\n%s to\n%s", x.ev.Body, stored(x.after), stored(again))
			}
			for _, e := range effects {
				switch e.(type) {
				case purchase.Alarm, purchase.Refused:
				default:
					t.Fatalf("%#v told twice yields %#v", x.ev.Body, e)
				}
			}
		})
	})
}

// TestM7_MoneyIsAskedAboutBeforeItIsMovedAgain: after a capture or release whose
// fate is not known the next command is a question, unless the terminal has none.
func TestM7_MoneyIsAskedAboutBeforeItIsMovedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chaos(t, func(x turn) {
			for _, e := range x.effects {
				c, ok := e.(purchase.Command)
				if !ok || c.Kind == purchase.CmdAsk || c.Kind == purchase.CmdReverse || x.after.Hold.NoAsk || x.after.Terms.SessionLimit > 0 {
					continue
				}
				for _, op := range x.before.Ops {
					answered := x.ev.Body.Kind() == purchase.KindEnded && x.before.Ops[len(x.before.Ops)-1].Kind == purchase.CmdAsk
					if (op.Kind == purchase.CmdCapture || op.Kind == purchase.CmdRelease) && !answered {
						t.Fatalf("%#v yields %s after %s was tried", x.ev.Body, c.ID, op.Kind)
					}
				}
			}
		})
	})
}

// TestM10_TheWallClockDecidesNothing: the same events under a clock that stands
// at its epoch, runs backwards or leaps by decades yield the same.
func TestM10_TheWallClockDecidesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var other purchase.State
		chaos(t, func(x turn) {
			ev := x.ev
			ev.At.Wall = rapid.SampledFrom([]int64{0, 0, -1, 1 << 50, 1_764_000_000_000}).Draw(t, "wall")
			ev.At.Synced = !ev.At.Synced
			next, effects, _ := purchase.Step(other, ev)
			if next.Phase() != x.after.Phase() || !reflect.DeepEqual(effects, x.effects) || !slices.Equal(next.Due, x.after.Due) {
				t.Fatalf("%#v at wall time %d: phase %s, effects %v; else %s, %v", ev.Body, ev.At.Wall, next.Phase(), effects, x.after.Phase(), x.effects)
			}
			other = next
		})
	})
}

// TestM13_EveryRecognisedTotalIsCapturedOrUnpaid.
func TestM13_EveryRecognisedTotalIsCapturedOrUnpaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var first *purchase.Detected
		s := chaos(t, func(x turn) {
			d, ok := x.ev.Body.(purchase.Detected)
			readable := ok && d.OK && d.Unreadable == "" && x.before.Hold != nil && (d.Mode == purchase.ModeCancel || d.Mode == purchase.ModeNormal)
			if readable && first == nil && (d.Mode == purchase.ModeCancel || len(d.Lines) == 0 || d.Lines[0].Count != "" && d.Lines[0].Count[0] != '-') {
				first = &d
			}
		})
		if first == nil || first.Mode == purchase.ModeCancel || len(first.Lines) == 0 || s.Outcome == nil {
			return
		}
		switch o := s.Outcome; o.Kind {
		case purchase.Paid, purchase.PaidShort:
		case purchase.Unpaid:
			if o.Cause == "" {
				t.Fatalf("unpaid without a cause: %s", stored(s))
			}
		default:
			t.Fatalf("recognised %+v, ended %s: %s", first.Lines, o.Kind, stored(s))
		}
	})
}

// TestSignsInAnyOrder takes Cancel, OpenedDoor, CloseDoor and OrderDetected in all
// 24 orders. What decides is only whether Cancel came before any sign of an open
// door: the first decision committed wins.
func TestSignsInAnyOrder(t *testing.T) {
	names := []string{"cancel", "opened", "closed", "detected 1x3.50"}
	orders := 0
	permute(names, func(order []string) {
		orders++
		text := "# one order\narm\ngranted 50.00\narm ended done\n" + strings.Join(order, "\n") + "\n"
		want := purchase.Paid
		end := "captured 3.50\ncapture ended done\n"
		if order[0] == "cancel" {
			want, end = purchase.Unpaid, "released\nrelease ended done\n"
		}
		script, err := transcript.Parse(strings.Join(order, ", "), text+end)
		if err != nil {
			t.Fatal(err)
		}
		var s purchase.State
		if _, err := script.Play(func(_ purchase.State, _ purchase.Event, after purchase.State, _ []purchase.Effect) { s = after }); err != nil {
			t.Fatal(err)
		}
		d := s.Door
		if s.Outcome == nil || s.Outcome.Kind != want || d.Opened == 0 || d.Closed == 0 || d.Cancel == 0 || s.DoorBusy() {
			t.Errorf("%v: outcome %+v, door %+v; want %s", order, s.Outcome, d, want)
		}
	})
	if orders != 24 {
		t.Errorf("%d orders, want 24", orders)
	}
}

func permute(names []string, visit func([]string)) {
	if len(names) == 0 {
		visit(nil)
		return
	}
	for i, n := range names {
		rest := append(slices.Clone(names[:i]), names[i+1:]...)
		permute(rest, func(order []string) { visit(append([]string{n}, order...)) })
	}
}
