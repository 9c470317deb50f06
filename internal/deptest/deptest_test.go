package deptest

import (
	"slices"
	"strings"
	"testing"
)

// outside is everything by which a pure room could reach the world around it.
func outside() []string {
	return []string{
		"os/...", "net", "net/http/...", "net/url", "log/...", "sync/...", "context", "syscall", "unsafe",
		"io/...", "database/...", "testing/...", "runtime/...", "plugin", "embed", "golang.org/x/sys/...",
	}
}

func random() []string { return []string{"math/rand/...", "crypto/rand"} }

func clocks() []string {
	return []string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.Tick", "time.NewTimer", "time.NewTicker"}
}

const (
	pureWhy   = "a pure room is bytes and values only: what it does must be the same in a test, a replay and the daemon"
	randomWhy = "identifiers arrive in events: a replayed event must yield the same effects"
	clockWhy  = "time arrives in events, so that a transcript or a vector says everything"
)

// pure makes the bans that every pure room has; except lifts some imports.
func pure(except ...string) []Ban {
	imports := slices.DeleteFunc(outside(), func(i string) bool { return slices.Contains(except, i) })
	return []Ban{
		{Imports: imports, Why: pureWhy},
		{Imports: random(), Why: randomWhy},
		{Uses: clocks(), Why: clockWhy},
	}
}

// arrows is STYLE §1 as a table: a new room gets its row here.
func arrows() []Rule {
	return []Rule{
		{
			Room: "internal/money", Only: []string{}, OnlyWhy: "amounts stand below everything that counts them",
			Bans: append(pure(), Ban{Floats: true, Why: "no float is exact for 0.10"}),
		},
		{
			Room: "internal/purchase", Only: []string{"internal/money"}, OnlyWhy: "the policy is one room: it must not depend on how it is run or stored",
			Bans: append(pure(), Ban{Floats: true, Why: "amounts are integers"}),
		},
		{
			Room: "internal/purchase/transcript", Only: []string{"internal/purchase", "internal/money"}, OnlyWhy: "it replays Step and nothing else",
			Bans: pure(),
		},
		{
			Room: "internal/lane", Only: []string{"internal/money", "internal/purchase"}, OnlyWhy: "the policy of a lane knows an order's types and its limit only",
			Bans: append(pure(), Ban{Floats: true, Why: "amounts are integers"}),
		},
		{
			Room: "internal/ledger", Only: []string{"internal/money", "internal/purchase"}, OnlyWhy: "where money is follows from an order's facts, not from how they are kept or shown",
			Bans: append(pure(), Ban{Floats: true, Why: "amounts are integers"}),
		},
		{
			Room: "internal/screen/catalogue", Only: []string{}, OnlyWhy: "texts are data: when they are shown, and with which amount, is the screen's",
			Bans: pure(),
		},
		{
			Room: "internal/screen", Only: []string{"internal/screen/catalogue", "internal/money", "internal/purchase", "internal/lane"}, OnlyWhy: "a screen is rows of text: the driver knows the wire",
			Bans: pure(),
		},
		{
			Room: "internal/callback", Only: []string{}, OnlyWhy: "gateway and relay share it",
			Bans: pure("io/...", "log/..."), // its types hide themselves from fmt and slog
		},
		{
			Room: "internal/saas/wire", Only: []string{"internal/money"}, OnlyWhy: "client and simulator share it",
			Bans: pure("io/...", "log/..."), // as above
		},
		{
			Room: "internal/serialdev/zvt", Only: []string{}, OnlyWhy: "a codec is bytes ↔ structs of one protocol",
			Bans: pure(),
		},
		{
			Room: "internal/serialdev/cells", Only: []string{}, OnlyWhy: "text ↔ cells, whatever command carries them",
			Bans: pure(),
		},
		{
			Room: "internal/serialdev/cmdset", Only: []string{"internal/serialdev/cells"}, OnlyWhy: "a table of commands, of any display",
			Bans: pure(),
		},
		{
			Room: "internal/serialdev/cmdset/cmdtest", Only: []string{"internal/serialdev/cmdset", "internal/serialdev/cells"}, OnlyWhy: "it asks every display codec and knows none",
		},
		{
			Room: "internal/serialdev/escpos", Only: []string{"internal/serialdev/cmdset", "internal/serialdev/cells"}, OnlyWhy: "a codec is bytes ↔ structs of one protocol",
			Bans: pure(),
		},
		{
			Room: "internal/serialdev/cd5220", Only: []string{"internal/serialdev/cmdset", "internal/serialdev/cells"}, OnlyWhy: "a codec is bytes ↔ structs of one protocol",
			Bans: pure(),
		},
		{
			Room: "internal/clock", Only: []string{}, OnlyWhy: "it reads clocks and decides nothing",
		},
		{
			Room: "internal/logkey", Only: []string{}, OnlyWhy: "constants only",
			Bans: pure(),
		},
		{
			Room: "internal/errcode", Only: []string{}, OnlyWhy: "a catalogue is data: which error has which code is said by the room that knows the error",
			Bans: pure(),
		},
		{
			Room: "internal/engine",
			Only: []string{
				"internal/purchase", "internal/lane", "internal/ledger", "internal/money", "internal/queue", "internal/clock", "internal/logkey", "internal/screen", "internal/screen/catalogue",
			},
			OnlyWhy: "the runner declares the interfaces that devices, SaaS and simulators satisfy, so that none of them can be special",
			Bans: []Ban{
				{Imports: []string{"net", "net/http/...", "os/..."}, Direct: true, Why: "engine's I/O is the store's and its ports'"},
			},
		},
		{
			Room: "internal/queue", Only: []string{"internal/logkey"}, OnlyWhy: "the store keeps bytes under keys and knows no domain",
			Bans: []Ban{{Imports: []string{"net", "net/http/..."}, Why: "it is embedded: nothing of it goes over a network"}},
		},
		{
			Room: "internal/mqtt", Only: []string{"internal/mqtt/spool", "internal/queue", "internal/clock", "internal/logkey"},
			OnlyWhy: "it publishes values of its own: what an order or a lane is, and when it is told, is the app's wiring",
		},
		{
			Room: "internal/mqtt/spool", Only: []string{"internal/queue", "internal/logkey"},
			OnlyWhy: "it keeps bytes until they are acknowledged: what they say and who carries them is the client's",
			Bans:    []Ban{{Imports: []string{"net", "net/http/..."}, Why: "it is embedded: who reads it is not its matter"}},
		},
		{
			Room: "internal/sender", Only: []string{"internal/queue", "internal/purchase", "internal/money", "internal/clock", "internal/logkey"},
			OnlyWhy: "it drains reports: what they mean for an order goes through Post, how they are sent is a function it is given",
		},
		{
			Room: "internal/saas", Only: []string{"internal/saas/wire", "internal/purchase", "internal/money", "internal/callback", "internal/clock", "internal/logkey"},
			OnlyWhy: "client and callback handler satisfy the engine's interfaces and touch no purchase state",
		},
		{
			Room: "internal/serialdev/port", Only: []string{"internal/logkey"}, OnlyWhy: "a port is a line, whatever speaks on it",
		},
		{
			Room: "internal/serialdev/wiretrace", Only: []string{"internal/serialdev/port", "internal/serialdev/zvt", "internal/logkey"},
			OnlyWhy: "a flight recorder knows a line and the codec that tells commands apart and redacts them: no driver, no simulator",
		},
		{
			Room: "internal/serialdev/devmetrics", Only: []string{}, OnlyWhy: "metrics of any device",
		},
		{
			Room:    "internal/serialdev/zvtterm",
			Only:    []string{"internal/serialdev/zvt", "internal/serialdev/port", "internal/serialdev/devmetrics", "internal/purchase", "internal/money", "internal/logkey", "internal/clock"},
			OnlyWhy: "a driver knows its codec, its line and the types of terminal commands; no prices, no orders, no SaaS, no engine",
		},
		{
			Room:    "internal/serialdev/pole",
			Only:    []string{"internal/serialdev/escpos", "internal/serialdev/cd5220", "internal/serialdev/cmdset", "internal/serialdev/cells", "internal/serialdev/port", "internal/serialdev/devmetrics", "internal/logkey"},
			OnlyWhy: "a display driver knows its codecs and its line: rows come laid out",
		},
		{
			Room:    "internal/serialdev/fakemdb",
			Only:    []string{"internal/purchase", "internal/money", "internal/logkey"},
			OnlyWhy: "the second terminal of the conformance suite: it must not lean on the first",
		},
		{
			Room:    "internal/serialdev/termtest",
			Only:    []string{"internal/purchase", "internal/money", "internal/logkey"},
			OnlyWhy: "the conformance suite knows the port, not a driver",
		},
		{
			Room: "internal/saas/apitest", Only: []string{"internal/saas/wire"}, OnlyWhy: "client and simulator are judged by it: it knows the API's description only",
		},
		{
			Room: "internal/httpd", Only: []string{"internal/logkey"}, OnlyWhy: "it mounts handlers that others made and contains none of them",
		},
		{
			Room: "internal/remotewrite", Only: []string{"internal/logkey"}, OnlyWhy: "it pushes what a registry has, whatever that is, and decides nothing",
		},
		{
			Room: "internal/supervise", Only: []string{"internal/logkey"}, OnlyWhy: "it does not know what it runs",
		},
		{
			Room: "internal/config", Only: []string{"internal/yamlfile", "internal/money", "internal/callback", "internal/screen/catalogue", "internal/serialdev/cells"},
			OnlyWhy: "it reads a file, and may ask pure rooms what a value can be (a key, a text, its width); what is done with it is the app's wiring",
		},
		{
			Room: "internal/yamlfile", Only: []string{}, OnlyWhy: "it reads any file: the keys are those of the structs it is given",
			Bans: pure(),
		},
		{
			Room: "internal/machines", Only: []string{"internal/money", "internal/logkey", "internal/clock", "internal/saas/wire"},
			OnlyWhy: "it keeps what the SaaS says about machines and knows no order",
		},
		{
			Room: "internal/reach", Only: []string{"internal/logkey", "internal/clock"}, OnlyWhy: "it says whether the SaaS can be reached and decides nothing",
		},
		{
			Room: "internal/version", Only: []string{}, OnlyWhy: "constants only",
		},
		{
			Room: "internal/sim/...", Only: []string{"internal/sim/...", "internal/yamlfile", "internal/saas/wire", "internal/serialdev/zvt", "internal/money", "internal/logkey", "internal/callback"},
			OnlyWhy: "a stand-in must not share the policy it is there to try",
			Bans:    []Ban{{Imports: []string{"testing/..."}, Why: "the demo is built of it"}},
		},
		{
			Room: "internal/demo/...",
			Bans: []Ban{{
				Imports: []string{"internal/engine/...", "internal/purchase/...", "internal/lane/...", "internal/queue/...", "internal/app/..."},
				Why:     "the auditor reads `order ls --json` and judges by the world, not by the daemon's own code",
			}},
		},
		{
			Room: "internal/admin/...",
			Bans: []Ban{{Imports: []string{"internal/queue/...", "internal/saas", "internal/serialdev/..."}, Direct: true, Why: "a face reaches the store through the engine's read model only"}},
		},
		{
			Room: "internal/app/...",
			Bans: []Ban{{Imports: []string{"internal/demo/...", "internal/sim/...", "testing/..."}, Why: "run has no hidden path for the demo: it is the same daemon"}},
		},
		{
			Room: "cmd/...",
			Bans: []Ban{{Imports: []string{"testing/...", "internal/testutil/..."}, Why: "test helpers do not ship"}},
		},
		{
			Room: "internal/testutil/...",
			Bans: []Ban{{Imports: []string{"internal/app/..."}, Why: "helpers stand below what they help to test"}},
		},
		{
			Room: "internal/deptest", Only: []string{}, OnlyWhy: "it looks at all rooms from outside",
		},
		{
			Room: "internal/watch", Only: []string{}, OnlyWhy: "it looks at what the daemon shows from outside, as Grafana and Prometheus do",
		},
		{
			Room: "internal/bundle", Only: []string{"internal/serialdev/zvt"}, OnlyWhy: "it packs and redacts what others have collected; what a card number looks like the codec knows",
		},
		{
			Room: "internal/doctor",
			Bans: []Ban{{
				Imports: []string{"internal/engine/...", "internal/queue/...", "internal/purchase/...", "internal/app/..."},
				Why:     "it examines the place in which the daemon lives, not what the daemon knows: that is `edged status`",
			}},
		},
		{
			Room: "internal/pause", Only: []string{}, OnlyWhy: "a wait knows nothing of what is waited for",
		},
		{
			Room: "internal/journald", Only: []string{}, OnlyWhy: "a log handler knows nothing of what is logged",
		},
		{
			Room: "internal/modelcheck/...", Only: []string{"internal/purchase", "internal/lane", "internal/money", "internal/errcode", "internal/modelcheck"}, OnlyWhy: "it explores the pure rooms; what it says of engine and store is its own",
		},
		{
			Room: "packaging/...", Only: []string{}, OnlyWhy: "what makes packages looks at the finished binary",
		},
	}
}

// everybodys are rooms that every room may name: constants without behaviour, as logkey
// would be if pure rooms logged, and a wait. A code is said where its error is.
func everybodys() []string { return []string{"internal/errcode", "internal/pause"} }

// planned are rooms of the design that may not be there yet.
func planned() []string {
	return []string{
		"cmd/...", "internal/app/...", "internal/demo/...", "internal/admin/...", "internal/serialdev/pole", "internal/serialdev/fakemdb", "internal/serialdev/termtest", "internal/saas/apitest", "internal/version", "internal/screen",
		"internal/purchase/transcript", "internal/machines", "internal/reach",
	}
}

// testRooms import testing themselves.
func testRooms() []string {
	return []string{"internal/testutil/...", "internal/deptest", "internal/saas/apitest", "internal/serialdev/termtest", "internal/serialdev/cmdset/cmdtest"}
}

// everywhere are the rules for all rooms but the excepted.
func everywhere() []struct {
	ban    Ban
	except []string
} {
	return []struct {
		ban    Ban
		except []string
	}{
		{
			Ban{Imports: []string{"internal/config"}, Direct: true, Why: "rooms get their own small Options: a key of the file is not an argument of everything"},
			[]string{"internal/app/...", "cmd/...", "internal/demo/...", "internal/doctor/..."},
		},
		{
			Ban{Imports: []string{"internal/app/..."}, Direct: true, Why: "the wiring stands above all rooms"},
			[]string{"internal/app/...", "cmd/..."},
		},
		{
			Ban{Imports: append(testRooms(), "testing/...", "pgregory.net/rapid", "go.uber.org/goleak"), Direct: true, Why: "test helpers are imported by _test.go files only"},
			testRooms(),
		},
		{
			Ban{Uses: []string{"internal/purchase.Step", "internal/lane.Step"}, Why: "there is one runner: the engine"},
			[]string{"internal/engine", "internal/purchase/..."},
		},
		{
			Ban{Inits: true, Why: "what happens at import time cannot be ordered, configured or tested"},
			nil,
		},
		{
			Ban{Imports: []string{"C"}, Direct: true, Why: "the daemon is built without cgo for three architectures"},
			nil,
		},
	}
}

func load(t *testing.T) *Tree {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestArrowsBetweenRooms(t *testing.T) {
	tree := load(t)
	for _, rule := range arrows() {
		t.Run(strings.TrimPrefix(rule.Room, "internal/"), func(t *testing.T) {
			if len(tree.Rooms(rule.Room)) == 0 && !slices.Contains(planned(), rule.Room) {
				t.Errorf("no package matches %s: was it renamed?", rule.Room)
			}
			if rule.Only != nil {
				rule.Only = append(rule.Only, everybodys()...)
			}
			for _, violation := range tree.Check(rule) {
				t.Error(violation)
			}
		})
	}
}

func TestRulesForAllRooms(t *testing.T) {
	tree := load(t)
	for _, e := range everywhere() {
		for _, room := range tree.Rooms("./...") {
			if matchesAny(e.except, room) {
				continue
			}
			for _, violation := range tree.Check(Rule{Room: room, Bans: []Ban{e.ban}}) {
				t.Error(violation)
			}
		}
	}
}

func TestEveryRoomHasItsArrows(t *testing.T) {
	var patterns []string
	for _, rule := range arrows() {
		patterns = append(patterns, rule.Room)
		if rule.Only != nil && rule.OnlyWhy == "" {
			t.Errorf("%s: Only without a reason", rule.Room)
		}
		for _, ban := range rule.Bans {
			if ban.Why == "" {
				t.Errorf("%s: a ban without a reason", rule.Room)
			}
		}
	}
	for _, room := range load(t).Rooms("./...") {
		if !matchesAny(patterns, room) {
			t.Errorf("%s has no row in the table of arrows: say what it may not import, and why", room)
		}
	}
}
