package modelcheck

import (
	"os"
	"strconv"
	"testing"
	"time"

	"edged/internal/purchase"
)

func plans() []*plan {
	type script = [customers][]purchase.Body
	says := func(b ...purchase.Body) []purchase.Body { return b }
	detected, settled := purchase.FromDetection, purchase.FromSettlement
	one, two, empty := word(detected, 0, 1), word(detected, 0, 2), word(detected, 0, 0)
	review := word(detected, purchase.ModeInterrupt, 0)
	opened, closed, cancel := sign("opened"), sign("closed"), sign("cancel")
	refund := purchase.Refund{Number: "R1", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "7.00"}}}
	again := purchase.Refund{Number: "R2", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "7.00"}}}
	late := purchase.Refund{Number: "R3", SaaSOrderNo: "S1", AfterEndOfDay: true, Lines: []purchase.Line{{Count: "1", Price: "7.00"}}}
	adjust := purchase.Adjustment{Number: "D1", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "1.00"}}}
	last := func(b ...purchase.Body) script { return script{nil, b} }
	return []*plan{
		{name: "two crashes and two repeats", crashes: 2, dups: 2, sloppy: true, says: script{says(one), says(two)}},
		{name: "a crash and a fault", crashes: 1, faults: 1, sloppy: true, refuses: true, says: script{says(opened, one), says(two)}},
		{name: "one customer, three faults", crashes: 1, faults: 2, dups: 1, one: true, sloppy: true, refuses: true, says: last(one)},
		{name: "a terminal that tells its last booking", crashes: 1, faults: 2, tells: true, one: true, sloppy: true, says: last(one)},
		{name: "a terminal that cannot be asked", crashes: 1, faults: 2, noAsk: true, one: true, says: last(one)},
		{name: "a session", crashes: 1, faults: 2, session: true, noAsk: true, one: true, says: last(one)},
		{name: "less than asked for", crashes: 1, faults: 1, partial: true, says: script{says(two), says(one)}},
		{name: "other amounts", crashes: 1, faults: 2, greedy: true, reverse: true, one: true, says: last(one, refund)},
		{name: "cancelled, opened, closed, recognised", crashes: 1, dups: 1, faults: 1, one: true, says: last(cancel, opened, closed, one)},
		{name: "left to the merchant", crashes: 1, dups: 1, one: true, says: last(opened, review, word(settled, 0, 1))},
		{name: "three words", crashes: 1, dups: 2, one: true, says: last(one, word(settled, 0, 2), word(settled, purchase.ModeCancel, 0))},
		{name: "words that say nothing", crashes: 1, dups: 1, one: true, says: last(
			purchase.Detected{Source: detected, SaaSOrderNo: "S1", Msg: "no video", Lines: []purchase.Line{{Count: "1", Price: "7.00"}}},
			purchase.Detected{Source: settled, OK: true, Unreadable: "no data", Lines: []purchase.Line{{Count: "1", Price: "7.00"}}},
			purchase.Detected{Source: settled, OK: true, Mode: 7, Lines: []purchase.Line{{Count: "1", Price: "7.00"}}},
			purchase.Detected{Source: settled, OK: true, Lines: []purchase.Line{{Count: "1", Price: "-7.00"}}},
		)},
		{name: "nothing taken", crashes: 1, faults: 1, dups: 1, says: script{says(empty), says(one)}},
		{name: "refunds and an adjustment", crashes: 1, dups: 1, reverse: true, one: true, says: last(two, refund, adjust)},
		{name: "refunds by reversal", crashes: 1, faults: 1, dups: 1, reverse: true, one: true, says: last(one, refund, again, late)},
		{name: "holds that expire", crashes: 1, faults: 2, expires: true, one: true, sloppy: true, says: last(one)},
		{name: "kept at the deadline", crashes: 1, faults: 2, expires: true, keep: true, one: true, says: last(review, word(settled, 0, 1))},
		{name: "a foreign hold", crashes: 2, faults: 1, foreign: true, sloppy: true, says: last(one)},
		{name: "an end of day", crashes: 1, faults: 2, day: true, says: script{says(review), says(one)}},
		{name: "a restock", crashes: 1, faults: 2, restock: true, says: script{says(opened, one), says(one)}},
	}
}

func TestModel(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("N"))
	for _, p := range plans() {
		e := newExplorer(p, n)
		begun := time.Now()
		err := e.run()
		t.Logf("%s: %d states, %d transitions, deepest %d, levels whole %d %v, homes %d, %s; order states %d lanes %d steps %d", p.name, e.seen.n, e.taken, e.depth, e.whole, e.until, e.homes, time.Since(begun), len(e.m.c.orders.vals), len(e.m.c.lanes.vals), len(e.m.c.stepped))
		if err != nil {
			t.Error(err)
		}
	}
}
