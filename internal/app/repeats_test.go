package app

import (
	"fmt"
	"testing"

	"edged/internal/purchase"
)

func TestRepeatsAreRememberedAndBounded(t *testing.T) {
	r := newRepeats()
	nth := func(i int) repeat { return repeat{purchase.OrderID(fmt.Sprint(i / 10)), fmt.Sprint(i % 10)} }
	for i := range 2*maxRepeats + 7 {
		if r.has(nth(i)) {
			t.Fatalf("%d is known before it came", i)
		}
		r.add(nth(i))
		r.add(nth(i))
	}
	for i := range 2*maxRepeats + 7 {
		if got, want := r.has(nth(i)), i >= maxRepeats+7; got != want {
			t.Fatalf("%d of %d is known: %v", i, 2*maxRepeats+7, got)
		}
	}
	if len(r.known) != maxRepeats || len(r.ring) != maxRepeats {
		t.Errorf("%d known, %d in the ring, want %d", len(r.known), len(r.ring), maxRepeats)
	}
}
