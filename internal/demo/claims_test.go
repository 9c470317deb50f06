package demo

import (
	"context"
	"io"
	"testing"
	"time"

	"edged/internal/sim/saassim"
)

// TestTheAuditorJudgesRealClaims plays what comes after a purchase, and what somebody
// without the secret says of it, with the real daemon: the books are clean, and they
// hold what the rules about refunds and deductions look at.
func TestTheAuditorJudgesRealClaims(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the daemon")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	d, err := prepare(ctx, Options{Exe: build(t, nil), Dir: t.TempDir(), Auto: 1, Seed: 1, Faults: true, Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.close(true) }()
	if err := d.child.Start(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{
		"the merchant gives it back and says so twice", "the merchant gives more back than was paid", "the merchant wants more afterwards",
		"recognition is left to the merchant who settles", "somebody without the secret cancels and decides",
	} {
		visit, err := d.world.Serve(ctx, customerOf(t, d, kind))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if err := d.world.Settled(ctx, visit); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	}
	if found := booksOf(ctx, t, d); len(found) != 0 {
		t.Errorf("found %v, want nothing", found)
	}
	refunds, deductions, forged := map[string]int{}, 0, 0
	orders, err := d.orders(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		for _, r := range o.Refunds {
			refunds[r.State]++
		}
		for _, r := range o.Reports {
			if r.Type == 1 {
				deductions++
			}
		}
	}
	for _, o := range d.world.SaaS.Ledger().Orders {
		for _, c := range o.Callbacks {
			if c.URL != "" && c.LastHTTP == 404 && c.Action == saassim.ActionDetected {
				forged++
			}
		}
	}
	if refunds["done"] != 1 || len(refunds) < 2 || deductions != 1 || forged < 3 {
		t.Errorf("refunds %v, %d deductions, %d forged decisions refused: want one done and one not, 1 and 3", refunds, deductions, forged)
	}
	t.Logf("refunds %v, %d deductions, %d forged decisions refused", refunds, deductions, forged)
}
