package engine

import (
	"testing"
	"testing/synctest"

	"edged/internal/lane"
	"edged/internal/purchase"
)

func TestARefusedRestockIsInTheView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := purchase.NewOrderID([16]byte{9})
		if err := b.eng.Lane(t.Context(), "front", lane.RestockAsked{ID: id, Door: lane.Door{MachineID: "m1", Number: 1}, Who: "badge 7"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		v := b.eng.Lanes()[0]
		if v.Refusal == nil || v.Refusal.ID != id || v.Refusal.Why != "a customer's door is open" || v.Refusal.At == 0 || v.Restock != nil {
			t.Errorf("refusal %+v, restock %+v; want it refused because of the customer's door", v.Refusal, v.Restock)
		}
	})
}
