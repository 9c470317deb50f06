package modelcheck

import (
	"testing"
	"time"

	"edged/internal/purchase"
)

func plans() []*plan {
	says := func(b ...purchase.Body) []purchase.Body { return b }
	one, two := word(purchase.FromDetection, 0, 1), word(purchase.FromDetection, 0, 2)
	return []*plan{
		{
			name: "two customers, everything goes wrong", crashes: 2, dups: 2, faults: 2, sloppy: true, refuses: true,
			says: [customers][]purchase.Body{says(sign("opened"), one), says(two)},
		},
	}
}

func TestModel(t *testing.T) {
	for _, p := range plans() {
		e := newExplorer(p, 200_000)
		begun := time.Now()
		err := e.run()
		t.Logf("%s: %d states, %d transitions, deepest %d, levels whole %d, homes %d, %s; order states %d lanes %d steps %d", p.name, e.seen.n, e.taken, e.depth, e.whole, e.homes, time.Since(begun), len(e.m.c.orders.vals), len(e.m.c.lanes.vals), len(e.m.c.stepped))
		if err != nil {
			t.Error(err)
		}
	}
}
