package purchase_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"edged/internal/purchase"
)

func TestOrderIDsReadAsTheyWereSpelled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var bits [16]byte
		copy(bits[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bits"))
		id := purchase.NewOrderID(bits)
		got, err := id.Bits()
		if err != nil || got != bits {
			t.Fatalf("%s reads as %x, %v; want %x", id, got, err, bits)
		}
		if len(id) != 26 || strings.ContainsAny(string(id), "ILOUilou") {
			t.Fatalf("%s is no Crockford base32", id)
		}
	})
}

// TestOrderIDsSortAndDiffer: the spelling keeps the order of the bits, so no two
// are the same.
func TestOrderIDsSortAndDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := bits(t, "a"), bits(t, "b")
		if x, y := slices.Compare(a[:], b[:]), strings.Compare(string(purchase.NewOrderID(a)), string(purchase.NewOrderID(b))); x != y {
			t.Fatalf("%x and %x compare %d, spelled %d", a, b, x, y)
		}
	})
}

func bits(t *rapid.T, name string) (b [16]byte) {
	copy(b[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name))
	return b
}

func TestKnownOrderIDs(t *testing.T) {
	all := [16]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	tests := []struct {
		bits [16]byte
		want purchase.OrderID
	}{
		{[16]byte{}, "00000000000000000000000000"},
		{[16]byte{15: 1}, "00000000000000000000000001"},
		{[16]byte{15: 32}, "00000000000000000000000010"},
		{all, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
	}
	for _, tt := range tests {
		if got := purchase.NewOrderID(tt.bits); got != tt.want {
			t.Errorf("%x is spelled %s, want %s", tt.bits, got, tt.want)
		}
	}
	for _, bad := range []purchase.OrderID{
		"", "0", "0000000000000000000000000", "000000000000000000000000000", "80000000000000000000000000",
		"0000000000000000000000000I", "0000000000000000000000000a", "000000000000000000000000é",
	} {
		if _, err := bad.Bits(); err == nil {
			t.Errorf("%q is read as an order id", bad)
		}
	}
	if got := tests[1].want.RefundID(2); got != "00000000000000000000000001R2" {
		t.Errorf("refund id %s", got)
	}
	if got := purchase.CommandFor("O", purchase.CmdCapture, 3); got != "O/capture/3" {
		t.Errorf("command id %s", got)
	}
}

func TestDeadlinesRunOnTheirOwnClock(t *testing.T) {
	now := purchase.Stamp{Boot: "a", Mono: 1000, Powered: 2000, Reach: 3000, Wall: 1 << 60}
	tests := []struct {
		name string
		d    purchase.Deadline
		want time.Duration
	}{
		{"on the monotonic clock", purchase.Deadline{Clock: purchase.OnMono, Boot: "a", At: 1500}, 500 * time.Millisecond},
		{"of another boot it is over", purchase.Deadline{Clock: purchase.OnMono, Boot: "b", At: 1500}, 0},
		{"on powered-on time", purchase.Deadline{Clock: purchase.OnPowered, At: 1000}, -time.Second},
		{"on reachable time", purchase.Deadline{Clock: purchase.OnReach, At: 3000}, 0},
	}
	for _, tt := range tests {
		if got := tt.d.Left(now); got != tt.want || tt.d.Over(now) != (tt.want <= 0) {
			t.Errorf("%s: %v left, over %t; want %v", tt.name, got, tt.d.Over(now), tt.want)
		}
	}
}

func TestHoldsAreTheSameByReceiptAndTerminal(t *testing.T) {
	h := purchase.Hold{Terminal: "1", Receipt: "0123"}
	tests := []struct {
		name string
		o    purchase.Hold
		want bool
	}{
		{"the same", h, true},
		{"from a list without a terminal id", purchase.Hold{Receipt: "0123"}, true},
		{"of another terminal", purchase.Hold{Terminal: "2", Receipt: "0123"}, false},
		{"another receipt", purchase.Hold{Terminal: "1", Receipt: "0124"}, false},
	}
	for _, tt := range tests {
		if h.Same(tt.o) != tt.want || tt.o.Same(h) != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, h.Same(tt.o), tt.want)
		}
	}
}
