package lane_test

import (
	"reflect"
	"testing"

	"edged/internal/lane"
	"edged/internal/purchase"
)

// TestInFreesDoors: DESIGN §2, "comes back by itself, or by `edged lane in`".
func TestInFreesDoors(t *testing.T) {
	door := lane.Door{MachineID: "M1", Number: 1}
	s := lane.New(lane.Settings{Name: "front", Doors: []lane.Door{door}}, lane.Durable{Out: "broken", Restock: &lane.Restock{ID: "R"}})
	s.Orders = []lane.Order{
		{ID: "A", Phase: purchase.PhaseOpen, Door: door, DoorBusy: true},
		{ID: "B", Phase: purchase.PhaseDetecting, Door: door},
	}
	s, effects, err := lane.Step(s, lane.Event{Body: lane.In{}})
	if err != nil {
		t.Fatal(err)
	}
	want := []lane.Effect{lane.Tell{Order: "A", Body: purchase.Person{Act: purchase.ActDoorClosed, Note: "lane in"}}}
	if !reflect.DeepEqual(effects, want) {
		t.Errorf("effects %#v, want %#v", effects, want)
	}
	if s.Durable.Out != "" || s.Durable.Restock != nil {
		t.Errorf("durable %+v, want the lane back without a restock", s.Durable)
	}
}
