package app

import (
	"slices"
	"testing"
	"time"
)

// TestTheCustomersReceiptIsKeptWithTheOrder: from the terminal's printer to what
// `edged order show --receipt` prints.
func TestTheCustomersReceiptIsKeptWithTheOrder(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		v := b.mustServe(visit("1"), 5*time.Minute)
		b.audit(d, 0)
		o, err := (&adminView{a: d.App}).Order(b.ctx, v.OrderIDs[0])
		if err != nil {
			t.Fatal(err)
		}
		var slips [][]string
		for _, e := range o.Journal {
			if len(e.Slip) > 0 {
				slips = append(slips, e.Slip)
			}
		}
		if len(slips) != 1 || !slices.Contains(slips[0], "RECEIPT 0002") {
			t.Errorf("receipts %q, want one, of the capture: its terminal's second transaction", slips)
		}
	})
}
