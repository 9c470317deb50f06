package lane_test

import (
	"encoding/json"
	"flag"
	"slices"
	"testing"

	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/testutil/kept"
)

var writeStates = flag.String("write-states", "", "write the states that are missing below testdata/states/`VERSION`; never one that is there")

// keptLane is what some edged has stored of a lane: the bytes in testdata/states.
// happened is how they were once made; they stay as they are whatever becomes of Step.
type keptLane struct {
	name     string
	happened []lane.Body
	days     int // ends of day that it owes on the evening it is loaded
}

// statesV1 has each thing that a lane remembers over a restart.
func statesV1() []keptLane {
	asked := lane.RestockAsked{ID: "R1", Door: door(1), Who: "badge 7"}
	sign := func(name purchase.SignName) lane.Body { return lane.RestockSign{ID: "R1", Sign: name} }
	daily := lane.Attached{Caps: purchase.TerminalCaps{NeedsEndOfDay: true}}
	list := lane.Ended{Ended: purchase.Ended{What: purchase.CmdAsk, Outcome: purchase.Done, Open: []purchase.Hold{{Receipt: "0099", Amount: 5000}}}}
	return []keptLane{
		{"nothing_to_remember", nil, 0},
		{"taken_out_by_a_person", []lane.Body{lane.Out{Why: "drawer jammed"}}, 0},
		{"restock_door_asked_for", []lane.Body{asked}, 0},
		{"restock_door_open", []lane.Body{asked, sign(purchase.SignOpened)}, 0},
		{"restock_door_closed", []lane.Body{asked, sign(purchase.SignOpened), sign(purchase.SignClosed)}, 0},
		{"a_hold_nobody_knows", []lane.Body{lane.Attached{}, list}, 0},
		{"days_are_counted", []lane.Body{lane.Tick{Day: "2026-06-30", Clock: "12:00"}, daily}, 1},
		{"end_of_day_done", []lane.Body{lane.Tick{Day: "2026-07-01", Clock: "23:30"}, daily}, 0},
		{"end_of_day_asked_for_by_a_person", []lane.Body{lane.EndOfDayNow{}}, 1},
	}
}

func keptSettings() lane.Settings {
	return lane.Settings{Name: "front", Doors: []lane.Door{door(1)}, MaxHolds: 2, EndOfDay: "23:00"}
}

func statesDir() kept.Dir {
	d := kept.Dir{Path: "testdata/states/v1"}
	for _, k := range statesV1() {
		d.Names = append(d.Names, k.name)
	}
	return d
}

// TestKeptLanesAreThoseOnceWritten: a stored lane is what is in the field, so its file
// is never edited, renamed or removed.
func TestKeptLanesAreThoseOnceWritten(t *testing.T) {
	d := statesDir()
	switch *writeStates {
	case "":
	case "v1":
		d.Write(t, func(name string) []byte { return statesV1()[slices.Index(d.Names, name)].take(t) })
	default:
		t.Fatalf("there is no table of states for %q", *writeStates)
	}
	d.Check(t)
}

func (k keptLane) take(t *testing.T) []byte {
	t.Helper()
	h := newHome(t, lane.Durable{})
	for _, body := range k.happened {
		if e, ok := body.(lane.Ended); ok {
			e.Command = h.watch.running.ID
			body = e
		}
		h.do(body)
	}
	b, err := json.Marshal(h.s.Durable)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (k keptLane) load(t *testing.T) (d lane.Durable) {
	t.Helper()
	b := statesDir().Read(t, k.name)
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatalf("%s: %v", k.name, err)
	}
	again, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := kept.Lost(b, again)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range lost {
		t.Errorf("%s: %s", k.name, what)
	}
	return d
}

// TestM5_EveryKeptLaneSellsAgain: a lane that an older edged has stored is read with
// all it remembers. It asks for no restock door a second time, opens no second task
// for a hold that has one, closes no second day, and sells once people have done what
// is theirs.
func TestM5_EveryKeptLaneSellsAgain(t *testing.T) {
	for _, k := range statesV1() {
		t.Run(k.name, func(t *testing.T) {
			d := k.load(t)
			h := newHome(t, d)
			for _, r := range d.Strangers {
				h.open = append(h.open, purchase.Hold{Receipt: r, Amount: 5000})
			}
			h.do(lane.Condition{Reason: lane.Starting})
			h.do(lane.Limit{Amount: 5000, Currency: "EUR"})
			h.do(lane.Tick{Day: "2026-07-01", Clock: "23:59"})
			h.do(lane.Attached{Caps: purchase.TerminalCaps{MaxHolds: 2, NeedsEndOfDay: true}})
			h.rest()
			if waits := d.Out != "" || d.Restock != nil; waits == h.s.Selling() {
				t.Errorf("sells: %t, although %+v", h.s.Selling(), d)
			}
			h.do(lane.In{Who: "uid 1000"})
			h.rest()
			if !h.s.Selling() || h.watch.running == nil || h.watch.running.Kind != purchase.CmdArm {
				t.Errorf("it does not sell: %v, runs %+v", h.s.Why(), h.watch.running)
			}
			if h.tasks > 0 || h.restocks > 0 {
				t.Errorf("%d tasks and %d doors asked for again", h.tasks, h.restocks)
			}
			if h.days != k.days {
				t.Errorf("%d ends of day, want %d; stored was %+v", h.days, k.days, d)
			}
		})
	}
}

// home is a lane whose terminal does everything and holds what is open there.
type home struct {
	t     *testing.T
	s     lane.State
	at    purchase.Stamp
	watch *watch
	open  []purchase.Hold

	todo                  []lane.Body
	tasks, restocks, days int
}

func newHome(t *testing.T, d lane.Durable) *home {
	return &home{t: t, s: lane.New(keptSettings(), d), watch: newWatch(), at: purchase.Stamp{Boot: "b", Mono: hour, Powered: 100 * hour}}
}

func (h *home) do(body lane.Body) {
	h.t.Helper()
	next, effects, err := h.watch.step(h.s, lane.Event{At: h.at, Body: body})
	if err != nil {
		h.t.Fatalf("%T: %v", body, err)
	}
	h.s = next
	for _, e := range effects {
		h.effect(e)
	}
}

// effect notes what follows; rest does it.
func (h *home) effect(e lane.Effect) {
	switch e := e.(type) {
	case lane.OpenTask:
		h.tasks++
	case lane.OpenForRestock:
		h.restocks++
	case lane.NewOrder:
		h.todo = append(h.todo, lane.Changed{Order: lane.Order{ID: "O1", Phase: purchase.PhaseArmed, Door: e.Door, Limit: e.Limit, After: e.After}})
	case lane.Abort:
		h.todo = append(h.todo, lane.Ended{Ended: purchase.Ended{
			Command: e.ID, What: purchase.CmdArm, Outcome: purchase.NotDone, Reason: purchase.ReasonAborted,
		}})
	case lane.Start:
		ended := purchase.Ended{Command: e.Command.ID, What: e.Command.Kind, Outcome: purchase.Done}
		switch e.Command.Kind {
		case purchase.CmdArm:
			return // waits for a card
		case purchase.CmdAsk:
			ended.Open = h.open
		case purchase.CmdEndOfDay:
			h.days++
		}
		h.todo = append(h.todo, lane.Ended{Ended: ended})
	}
}

// rest lets everything happen that follows by itself, for an hour.
func (h *home) rest() {
	h.t.Helper()
	for range 600 {
		for len(h.todo) > 0 {
			body := h.todo[0]
			h.todo = h.todo[1:]
			h.do(body)
		}
		h.at.Mono += 6000
		h.at.Powered += 6000
		h.do(lane.Tick{Day: "2026-07-01", Clock: "23:59"})
	}
}
