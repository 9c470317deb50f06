package app

import (
	"context"
	"errors"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"edged/internal/config"
	"edged/internal/engine"
	"edged/internal/purchase"
	"edged/internal/saas"
	"edged/internal/saas/wire"
	"edged/internal/sim/saassim"
)

// kinds names what a poll has brought.
func kinds(ps []engine.Polled) []string {
	out := []string{}
	for _, p := range ps {
		switch b := p.Body.(type) {
		case purchase.Sign:
			out = append(out, string(b.Sign))
		case purchase.Detected:
			out = append(out, "detected")
		}
	}
	return out
}

func TestOnlyTheUnambiguousIsTakenFromAnAnswer(t *testing.T) {
	at := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	readable := wire.Detection{Mode: wire.Normal}
	for _, c := range []struct {
		name string
		q    wire.OrderQuery
		want []string
	}{
		{"an order in progress whose door is shut says nothing", wire.OrderQuery{State: wire.OrderInProgress}, []string{}},
		{"an opened door", wire.OrderQuery{State: wire.OrderInProgress, OpenDoorTime: at}, []string{"opened"}},
		{"a closed door", wire.OrderQuery{State: wire.OrderInProgress, OpenDoorTime: at, CloseDoorTime: at}, []string{"opened", "closed"}},
		{"a door that closed without opening is nonsense", wire.OrderQuery{State: wire.OrderInProgress, CloseDoorTime: at}, []string{}},
		{"cancelled before the door opened", wire.OrderQuery{State: wire.OrderCancelled}, []string{"cancel"}},
		{"cancelled after the door opened: goods may be gone", wire.OrderQuery{State: wire.OrderCancelled, OpenDoorTime: at}, []string{"opened"}},
		{"cancelled, and yet recognised", wire.OrderQuery{State: wire.OrderCancelled, HasDetection: true, Detection: readable}, []string{}},
		{"completed and recognised", wire.OrderQuery{State: wire.OrderCompleted, OpenDoorTime: at, CloseDoorTime: at, HasDetection: true, Detection: readable}, []string{"opened", "closed", "detected"}},
		{"recognised and not completed: it may change", wire.OrderQuery{State: wire.OrderInProgress, OpenDoorTime: at, CloseDoorTime: at, HasDetection: true, Detection: readable}, []string{"opened", "closed"}},
		{"completed without a recognition", wire.OrderQuery{State: wire.OrderCompleted, OpenDoorTime: at, CloseDoorTime: at}, []string{"opened", "closed"}},
		{"a recognition in words", wire.OrderQuery{State: wire.OrderCompleted, OpenDoorTime: at, CloseDoorTime: at, HasDetection: true, Detection: wire.Detection{Unreadable: "a text"}}, []string{"opened", "closed"}},
		{"a state nobody knows", wire.OrderQuery{State: 5}, []string{}},
	} {
		if got := kinds(polled(c.q)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A callback that comes after all must still bring the order number: without it
// nothing can be reported.
func TestAPolledEventIsNoRepeatOfTheCallbackThatBringsTheOrderNumber(t *testing.T) {
	at := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	got := polled(wire.OrderQuery{OpenDoorTime: at})
	key := wire.Callback{Action: wire.OpenedDoor, Status: true, SaaSOrderNo: "SO1"}.MeaningKey()
	if len(got) != 1 || got[0].Key == string(key[:]) || got[0].Key == "" {
		t.Fatalf("polled %+v, want one event under a key of its own", got)
	}
	if again := polled(wire.OrderQuery{OpenDoorTime: at.Add(time.Hour)}); again[0].Key != got[0].Key {
		t.Errorf("asked twice, the same answer has the keys %s and %s", got[0].Key, again[0].Key)
	}
}

func TestTheSimulatedCloudIsAskedByTransID(t *testing.T) {
	sim, err := saassim.New(saassim.Options{
		AppID: "P000000000000000", Key: "k", Secret: "s",
		Machines: []saassim.Machine{{ID: "2412090001", PreAuthorLimit: "50", Currency: "EUR"}},
		Default:  saassim.Script{Shop: &saassim.Shop{Take: []saassim.Line{{ID: "1", Name: "Cola", Count: "2", PriceMinor: 250}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim)
	defer srv.Close()
	client, err := saas.New(saas.Options{
		BaseURL: srv.URL, AppID: "P000000000000000", Key: wire.NewSecret("k"), Secret: wire.NewSecret("s"), RequestsPerSecond: 100, Timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	open, err := client.OpenDoor(t.Context(), wire.OpenDoorRequest{
		OrderID: "ORDER1", MachineID: "2412090001", DoorNo: 1, NotifyURL: wire.NewSecret(srv.URL + "/nowhere/x"),
	}, func() bool { return false })
	if err != nil || open.TransID == "" {
		t.Fatalf("open: %+v, %v", open, err)
	}
	ask := poll(&config.Config{Callbacks: config.Callbacks{Poll: true}}, client)
	r := engine.PollRequest{Order: "ORDER1", MachineID: "2412090001", TransID: open.TransID}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var got []engine.Polled
	for len(got) != 3 && ctx.Err() == nil {
		if got, err = ask(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"opened", "closed", "detected"}; !reflect.DeepEqual(kinds(got), want) {
		t.Fatalf("answered %v, want %v", kinds(got), want)
	}
	if d := got[2].Body.(purchase.Detected); !d.OK || len(d.Lines) != 1 || d.Lines[0].Count != "2" || d.Lines[0].Price != "2.5" {
		t.Errorf("recognised %+v, want 2 at 2.50", d)
	}
	r.Order = "ORDER2"
	if _, err := ask(t.Context(), r); !errors.Is(err, errForeignAnswer) {
		t.Errorf("an answer about another order: %v, want errForeignAnswer", err)
	}
}

func TestNobodyIsAskedWhereTheConfigurationDoesNotWantIt(t *testing.T) {
	if poll(&config.Config{}, nil) != nil {
		t.Error("callbacks.poll is false and yet it asks")
	}
	if poll(&config.Config{Callbacks: config.Callbacks{Poll: true}, SaaS: config.SaaS{APIVersion: "v1"}}, nil) != nil {
		t.Error("saas.api_version is v1, which has no queries, and yet it asks")
	}
}
