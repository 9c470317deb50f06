package purchase_test

import (
	"testing"

	"pgregory.net/rapid"

	"edged/internal/ledger"
	"edged/internal/purchase"
)

// TestM2_TheLedgerBalancesWhateverHappens: after every event the entries balance, say
// what the order's facts say, and took no money back from where it cannot come back.
func TestM2_TheLedgerBalancesWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line ledger.Line
		s := chaos(t, func(x turn) {
			line = line.Post(x.before, x.after, ledger.Mark{Day: ledger.Day(x.ev.At.Wall / 86_400_000)})
			if err := line.Check(x.after); err != nil {
				t.Fatalf("%#v: %v", x.ev.Body, err)
			}
		})
		held, captured, refunded := s.Money()
		b := line.Balance()
		got := b[ledger.Captured] + b[ledger.Unconfirmed] + b[ledger.Refunded] + b[ledger.ByHand]
		if s.Outcome != nil && got != captured {
			t.Fatalf("captured is %d, the outcome says %d", got, captured)
		}
		if -b[ledger.Issuer] != held || b[ledger.Refunded]+b[ledger.ByHand] != refunded || b.Total() != 0 {
			t.Fatalf("balance is %v for held %d, refunded %d", b, held, refunded)
		}
		if s.Phase() == purchase.PhaseClosed && b[ledger.Held]+b[ledger.InDoubt] != 0 {
			t.Fatalf("a closed order holds %d, %d in doubt", b[ledger.Held], b[ledger.InDoubt])
		}
	})
}
