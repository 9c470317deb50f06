package world

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// check compares what came of a visit with what its scenario expects.
func check(t *testing.T, w *World, v Visit) {
	t.Helper()
	sc := v.Scenario
	if v.Tap == nil {
		t.Fatalf("%s: nobody tapped", sc.Kind)
	}
	hold, had := w.Lanes["front"].Terminal.Hold(v.Tap.Tx)
	paid := slices.Contains(sc.Expect.Outcomes, Paid) || slices.Contains(sc.Expect.Outcomes, PaidShort)
	captured := had && hold.State == readersim.Captured
	switch {
	case paid && len(sc.Expect.Outcomes) == 1 && (!captured || hold.CapturedMinor != sc.Expect.CaptureMinor):
		t.Errorf("%s: hold is %s with %d, want %d captured", sc.Kind, hold.State, hold.CapturedMinor, sc.Expect.CaptureMinor)
	case !paid && captured:
		t.Errorf("%s: %d captured, want %v", sc.Kind, hold.CapturedMinor, sc.Expect.Outcomes)
	case had && (hold.State == readersim.Open || hold.State == readersim.Pending):
		t.Errorf("%s: hold is %s", sc.Kind, hold.State)
	}
	for _, id := range v.OrderIDs {
		o := w.Ledger().Openings[id]
		if o.ClosedAt.IsZero() || o.Visit != sc.ID {
			t.Errorf("%s: opening %+v", sc.Kind, o)
		}
		if paid && !slices.Contains(sc.Expect.Outcomes, PaidShort) && o.Total != sc.Expect.CaptureMinor {
			t.Errorf("%s: goods for %d were taken, want %d", sc.Kind, o.Total, sc.Expect.CaptureMinor)
		}
	}
}

// play serves a plan and checks each visit.
func play(ctx context.Context, t *testing.T, w *World, plan []Scenario) {
	t.Helper()
	for _, sc := range plan {
		v, err := w.Serve(ctx, sc)
		if err != nil {
			t.Fatalf("%s: %v", sc.Kind, err)
		}
		limit, cancel := context.WithTimeout(ctx, 5*time.Minute)
		if err := w.Settled(limit, v); err != nil {
			t.Errorf("%s: %v", sc.Kind, err)
		}
		cancel()
		check(t, w, v)
	}
}

func TestGoodDaysEndAsExpected(t *testing.T) {
	inWorld(t, worldOptions(), func(ctx context.Context, w *World, _ *gateway) {
		plan := Plan(planOptions(2*len(Kinds(false)), false))
		play(ctx, t, w, plan)
		if n := len(w.Ledger().Visits); n != len(plan) {
			t.Errorf("%d visits, want %d", n, len(plan))
		}
	})
}

// The gateway of these tests knows nothing of bad terminals, so these are days on
// which only the SaaS misbehaves.
func TestBadDaysOfTheSaaSEndAsExpected(t *testing.T) {
	ofTerminal := map[string]bool{}
	for _, k := range terminalKinds() {
		ofTerminal[k.name] = true
	}
	plan := slices.DeleteFunc(Plan(planOptions(len(Kinds(true)), true)), func(sc Scenario) bool { return ofTerminal[sc.Kind] || len(sc.Expect.Claims) > 0 })
	if len(plan) < 40 {
		t.Fatalf("only %d scenarios", len(plan))
	}
	inWorld(t, worldOptions(), func(ctx context.Context, w *World, _ *gateway) { play(ctx, t, w, plan) })
}

func TestAPlanCoversEverySortBeforeAnyComesAgain(t *testing.T) {
	for _, faults := range []bool{false, true} {
		names := Kinds(faults)
		plan := Plan(planOptions(len(names), faults))
		seen := map[string]bool{}
		for _, sc := range plan {
			seen[sc.Kind] = true
		}
		if len(seen) != len(names) {
			t.Errorf("faults %v: %d of %d sorts", faults, len(seen), len(names))
		}
	}
	if n := len(Kinds(true)); n < 80 {
		t.Errorf("only %d sorts", n)
	}
}

func TestAPlanIsTheSameForTheSameSeed(t *testing.T) {
	a, b := Plan(planOptions(200, true)), Plan(planOptions(200, true))
	if !reflect.DeepEqual(a, b) {
		t.Error("two plans of one seed differ")
	}
	o := planOptions(200, true)
	o.Seed = 2
	if reflect.DeepEqual(a, Plan(o)) {
		t.Error("two seeds give one plan")
	}
}

// Whatever does not end paid, with nothing taken, or without an approval must be
// explained by something scripted.
func TestEveryBadEndIsExplained(t *testing.T) {
	for _, sc := range Plan(planOptions(400, true)) {
		e := sc.Expect
		if len(e.Outcomes) == 0 {
			t.Errorf("%s: nothing is expected", sc.Kind)
		}
		bad := slices.Contains(e.Outcomes, Unpaid) || slices.Contains(e.Outcomes, PaidShort) ||
			slices.Contains(e.Outcomes, Cancelled) && len(sc.Shop.Take) > 0 && sc.Card.Decline == 0 && sc.Card.GrantMinor == 0
		if bad && e.Because == "" {
			t.Errorf("%s: %v without a reason", sc.Kind, e.Outcomes)
		}
		if slices.Contains(e.Outcomes, Paid) && (e.CaptureMinor <= 0 || e.CaptureMinor > 5000) {
			t.Errorf("%s: captures %d", sc.Kind, e.CaptureMinor)
		}
		if e.Because != "" && !scripted(sc) {
			t.Errorf("%s: %q, but nothing is scripted", sc.Kind, e.Because)
		}
	}
}

// scripted says whether anything is scripted to go wrong.
func scripted(sc Scenario) bool {
	return !reflect.DeepEqual(sc.SaaS, saassim.Script{}) || len(sc.Card.Faults)+len(sc.Terminal)+len(sc.Happens) > 0 ||
		sc.Card.ReverseAfterAck || slices.Contains(sc.Expect.Outcomes, PaidShort)
}

func TestAKilledGatewayMayOnlyLoseASaleWhoseDoorStayedClosed(t *testing.T) {
	e := Expect{Outcomes: []Outcome{Paid}}
	for _, c := range []struct {
		outcome        Outcome
		killed, opened bool
		want           bool
	}{
		{Paid, false, true, true},
		{Cancelled, false, false, false},
		{Cancelled, true, false, true},
		{Cancelled, true, true, false},
		{Unpaid, true, true, false},
	} {
		if got := e.Allows(c.outcome, c.killed, c.opened); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestADoorNobodyStandsBeforeIsClosedAgain(t *testing.T) {
	inWorld(t, worldOptions(), func(_ context.Context, w *World, g *gateway) {
		g.mu.Lock()
		g.orders["LONELY"] = &sale{decided: make(chan int64, 1)}
		g.mu.Unlock()
		g.open("LONELY")
		time.Sleep(time.Minute)
		o := w.Ledger().Openings["LONELY"]
		if o == nil || o.ClosedAt.IsZero() || o.Visit != "" || len(o.Taken) != 0 {
			t.Errorf("opening: %+v", o)
		}
		if !w.SaaS.Quiet("LONELY") {
			t.Error("callbacks are left")
		}
	})
}

func TestADoorThatOpensWhenTheCustomerHasToGoIsClosedAgain(t *testing.T) {
	w, err := New(worldOptions())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	lane, opened := w.Lanes["front"], make(chan string, 1)
	v := &visitor{w: w, lane: lane, sc: Plan(planOptions(1, false))[0], ref: lane.Doors[0], opened: opened}
	v.me = &customer{visit: v.sc.ID, door: v.ref, opened: opened}
	v.prepare()
	lane.enter(v.me)
	lane.expect(v.me)
	who := w.at(v.ref) // the lock is moving
	cancel()           // and the customer has no more time
	gone := make(chan error)
	go func() { gone <- v.goAway(ctx, "the customer had to go") }()
	w.add(Event{Kind: DoorOpened, OrderID: "A", Visit: who.visit, MachineID: v.ref.MachineID, Door: v.ref.Door})
	who.opened <- "A"
	<-gone
	if o := w.Ledger().Openings["A"]; o.ClosedAt.IsZero() || o.Total != 0 {
		t.Errorf("the door: %+v, want it closed and nothing taken", o)
	}
}

func TestAKilledWorldClosesTheDoorsThatStoodOpen(t *testing.T) {
	dir := t.TempDir()
	o := worldOptions()
	o.LedgerPath = filepath.Join(dir, "world")
	o.SaaS.LedgerPath = filepath.Join(dir, "saas")
	o.Lanes[0].Terminal.LedgerPath = filepath.Join(dir, "terminal")
	sc := Plan(planOptions(1, false))[0]
	sc.Card = readersim.Card{}
	sc.Shop = Shopping{Take: []Pick{{Goods: "nuts", Count: "2"}, {Goods: "water", Count: "1"}}, OpenFor: time.Hour}
	inWorld(t, o, func(ctx context.Context, w *World, _ *gateway) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		v := &visitor{w: w, lane: w.Lanes["front"], sc: sc, ref: DoorRef{machineID, 1}, opened: make(chan string, 1)}
		v.me = &customer{visit: sc.ID, door: v.ref, opened: v.opened}
		v.prepare()
		v.lane.enter(v.me)
		card := sc.Card
		card.OnTaken = func() { v.lane.expect(v.me) }
		if _, err := v.lane.Terminal.Tap(ctx, card); err != nil {
			t.Fatal(err)
		}
		select {
		case order := <-v.opened:
			v.goods(Took, order, w.lines(sc.Shop.Take)) // and then the power goes
		case <-ctx.Done():
			t.Error("the door stayed closed")
		}
	})
	inWorld(t, o, func(_ context.Context, w *World, _ *gateway) {
		time.Sleep(time.Minute)
		for _, open := range w.Ledger().Openings {
			if open.Total != 2*399+150 || open.Visit != sc.ID || w.SaaS.Ledger().Orders[open.OrderID].ClosedAt.IsZero() {
				t.Errorf("opening: %+v", open)
			}
		}
	})
	led, err := LoadLedger(o.LedgerPath)
	if err != nil || len(led.Openings) != 1 || len(led.Visits) != 1 {
		t.Errorf("ledger: %+v, %v", led, err)
	}
}

func TestKillsAreKeptWithTheirVisit(t *testing.T) {
	w, err := New(worldOptions())
	if err != nil {
		t.Fatal(err)
	}
	w.add(Event{Kind: Began, Visit: "v", Scenario: &Scenario{ID: "v"}})
	w.Record(KillDone, "sent 04 0f")
	if v := w.Ledger().Visits["v"]; len(v.Kills) != 1 || v.Kills[0] != "sent 04 0f" || len(w.Ledger().Kills) != 1 {
		t.Errorf("visit: %+v", v)
	}
}

func TestWhatDiesIsKeptWithEveryVisitThatMayFeelIt(t *testing.T) {
	w, err := New(worldOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, lane := range []string{"front", "back"} {
		w.add(Event{Kind: Began, Visit: lane, Lane: lane, Scenario: &Scenario{ID: lane}})
	}
	w.Record(KillDone, "sent 04 0f")
	w.Record(StruckDone, "the network")
	w.RecordAt(StruckDone, "back", "the terminal")
	led := w.Ledger()
	front, back := led.Visits["front"], led.Visits["back"]
	if len(front.Kills) != 1 || len(back.Kills) != 1 || len(led.Kills) != 1 {
		t.Errorf("kills: %v at the front, %v at the back, %v in all, want one of each", front.Kills, back.Kills, led.Kills)
	}
	if len(front.Struck) != 1 || len(back.Struck) != 2 || len(led.Strikes) != 2 {
		t.Errorf("struck: %v at the front, %v at the back, %v in all, want 1, 2, 2", front.Struck, back.Struck, led.Strikes)
	}
}

func TestALaneThatIsNotThere(t *testing.T) {
	w, err := New(worldOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Serve(t.Context(), Scenario{Lane: "back"}); err == nil || !strings.Contains(err.Error(), "back") {
		t.Errorf("got %v", err)
	}
}
