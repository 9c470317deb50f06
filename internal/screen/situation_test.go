package screen

import (
	"reflect"
	"testing"

	"edged/internal/lane"
	"edged/internal/purchase"
)

func TestACustomerSeesOfAPurchaseWhatIsTheirs(t *testing.T) {
	id := purchase.NewOrderID([16]byte{1})
	lines := []purchase.Line{{Name: "Cola", Count: "2.0", Price: "1.25"}, {Name: "Nuts", Count: "0.355", Price: "8.90"}}
	s := purchase.State{
		Order:    id,
		Terms:    purchase.Terms{Limit: 5000, MinHold: 2000, Currency: "EUR"},
		Hold:     &purchase.HoldFact{Hold: purchase.Hold{Amount: 3000}, End: purchase.Done, Settled: purchase.HoldCaptured},
		Door:     purchase.DoorFacts{Opened: 1, Closed: 2},
		Decision: &purchase.Decision{Source: purchase.FromDetection, Charge: true, Total: 566, Lines: lines},
		Outcome:  &purchase.Result{Kind: purchase.Paid, Captured: 566},
	}
	want := &Order{
		ID: id, Phase: purchase.PhaseClosed, Currency: "EUR", Asked: 5000, Held: 3000, Decided: true, Charge: true,
		Source: purchase.FromDetection, Total: 566, Items: []Item{{"2", "Cola", 250}, {"0.355", "Nuts", 316}},
		Outcome: purchase.Paid, Captured: 566,
	}
	if got := OrderOf(s, false); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	s.Decision.Lines[1].Price = "cheap"
	if got := OrderOf(s, false); len(got.Items) != 0 || got.Total != 566 {
		t.Errorf("with an unreadable line: items %v, total %d; want none and 566", got.Items, got.Total)
	}
}

func TestADeclinedCardIsTold(t *testing.T) {
	s := purchase.State{
		Unused:  &purchase.Unused{Why: purchase.ReasonHostOffline, ByCard: true},
		Outcome: &purchase.Result{Kind: purchase.Declined},
	}
	got := OrderOf(s, false)
	if !got.Declined || got.Refusal != purchase.ReasonHostOffline || got.Outcome != purchase.Declined {
		t.Errorf("got %+v", got)
	}
}

func TestTheStageOfARestock(t *testing.T) {
	for _, c := range []struct {
		r    *lane.Restock
		want Restock
	}{
		{nil, NoRestock},
		{&lane.Restock{}, RestockAsked},
		{&lane.Restock{Sent: true}, RestockOpening},
		{&lane.Restock{Sent: true, Opened: true}, RestockOpen},
		{&lane.Restock{Sent: true, Opened: true, Closed: true}, RestockClosed},
	} {
		if got := RestockOf(c.r); got != c.want {
			t.Errorf("%+v is %q, want %q", c.r, got, c.want)
		}
	}
}
