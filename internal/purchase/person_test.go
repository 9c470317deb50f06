package purchase_test

import (
	"errors"
	"reflect"
	"testing"

	"edged/internal/purchase"
)

// TestAPersonEndsATaskThatAsksForNothingOfEdged: what moves on the order itself has an
// act of its own, so that nobody ticks off a refund that the SaaS is never told of.
func TestAPersonEndsATaskThatAsksForNothingOfEdged(t *testing.T) {
	sold := soldOut(t)
	for _, c := range []struct {
		name string
		act  purchase.Person
		want purchase.Effect // nil: refused
	}{
		{
			"a conflict is settled",
			purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskConflict, Subject: "s", Outcome: "settled", Note: "by phone"},
			purchase.CloseTask{Task: purchase.TaskConflict, Subject: "s", Outcome: "settled: by phone"},
		},
		{"no outcome is told", purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskConflict, Note: "n"}, nil},
		{"no note is given", purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskConflict, Outcome: "o"}, nil},
		{"a refund is not ticked off", purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskRefund, Outcome: "o", Note: "n"}, nil},
		{"a refused report is not ticked off", purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskDeadReport, Outcome: "o", Note: "n"}, nil},
		{"a parked order is not ticked off", purchase.Person{Act: purchase.ActTaskDone, Task: purchase.TaskParked, Outcome: "o", Note: "n"}, nil},
		{
			"a parked order goes on",
			purchase.Person{Act: purchase.ActUnpark},
			purchase.CloseTask{Task: purchase.TaskParked, Outcome: "edged goes on with it"},
		},
		{"an act of a newer version", purchase.Person{Act: "newer"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, effects, err := purchase.Step(sold, purchase.Event{Order: sold.Order, Body: c.act})
			if c.want == nil {
				if !errors.Is(err, purchase.ErrPerson) || effects != nil || stored(s) != stored(sold) {
					t.Errorf("got %+v, %v, want a refusal that changes nothing", effects, err)
				}
				return
			}
			if err != nil || len(effects) == 0 || !reflect.DeepEqual(effects[len(effects)-1], c.want) {
				t.Errorf("got %+v, %v, want %+v", effects, err, c.want)
			}
		})
	}
}
