package demo

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/demo/audit"
	"edged/internal/sim/readersim"
	"edged/internal/sim/world"
)

var allSabotages = flag.Bool("sabotage", false, "build and try every sabotaged daemon (minutes), not only the first three")

// edit replaces a text that a file of the repository has exactly once.
type edit struct{ file, old, new string }

// sabotage is a daemon that breaks one promise, and a customer with whom it shows.
type sabotage struct {
	name  string // reads as what the daemon does
	rule  string // what the auditor must name
	says  string // part of what it must say
	kind  string // the customer
	kill  string // where the daemon is killed once; "": nowhere
	edits []edit
}

const (
	goodCustomer = "goods are taken and paid"
	restartNow   = "\tw.drop(DueOpen, DueOpenRetry)\n\tif w.Hold.End == \"\" {"
)

// sabotages are in the order in which they are tried.
func sabotages() []sabotage {
	return []sabotage{
		{
			name: "acknowledges the approval before it is committed", rule: "M3", says: "acknowledged", kind: goodCustomer,
			kill: "terminal: answered 04 0f hold",
			edits: []edit{
				{"internal/serialdev/zvtterm/result.go", "\t\"fmt\"\n", "\t\"fmt\"\n\t\"time\"\n"},
				{
					"internal/serialdev/zvtterm/result.go", "\tx.verdict, err = x.s.ask(x.event(body, key))\n\treturn x.verdict == purchase.Accept, err\n",
					"\tx.verdict = purchase.Accept\n\tev := x.event(body, key)\n\tgo func() {\n\t\ttime.Sleep(200 * time.Millisecond)\n\t\t_, _ = x.s.ask(ev)\n\t}()\n\treturn true, nil\n",
				},
			},
		},
		{
			name: "captures a captured hold again", rule: "M2", says: "settled already", kind: goodCustomer,
			edits: []edit{
				{"internal/purchase/step_result.go", "\tcase op.success():\n\t\tw.Hold.Settled = HoldCaptured\n\tdefault:", "\tcase op.success() && op.N > 1:\n\t\tw.Hold.Settled = HoldCaptured\n\tdefault:"},
				{"internal/purchase/step_settle.go", "return last.Kind != CmdAsk || last.End != Done", "return false"},
			},
		},
		{
			name: "releases everything", rule: "M13", says: "does not explain it", kind: goodCustomer,
			edits: []edit{{"internal/purchase/step_settle.go", "w.command(CmdCapture, min(w.Decision.Total, h.Amount))", "w.command(CmdRelease, 0)"}},
		},
		{
			name: "takes a lost report for an acknowledged one", rule: "M4", says: "the SaaS has not got it", kind: "the report is lost",
			edits: []edit{{"internal/app/saasport.go", "\t\tif err == nil {\n\t\t\treturn sender.Result{Verdict: sender.Acked}", "\t\tif true {\n\t\t\treturn sender.Result{Verdict: sender.Acked}"}},
		},
		{
			name: "answers a callback before it is committed", rule: "M6", says: "answered 200", kind: goodCustomer,
			kill: "saas: callback CloseDoor posted",
			edits: []edit{
				{"internal/app/callbacks.go", "\t\"errors\"\n", "\t\"errors\"\n\t\"time\"\n"},
				{
					"internal/app/callbacks.go", "\t\tverdict, err := eng.Post(ctx, purchase.Event{\n\t\t\tOrder: purchase.OrderID(c.OrderID), Key: hex.EncodeToString(key[:16]), Body: body,\n\t\t})\n",
					"\t\tverdict, err := purchase.Accept, error(nil)\n\t\tgo func() {\n\t\t\ttime.Sleep(200 * time.Millisecond)\n\t\t\t_, _ = eng.Post(context.WithoutCancel(ctx), purchase.Event{\n\t\t\t\tOrder: purchase.OrderID(c.OrderID), Key: hex.EncodeToString(key[:16]), Body: body,\n\t\t\t})\n\t\t}()\n",
				},
			},
		},
		{
			name: "believes callbacks that are forged", rule: "M6", says: "forged", kind: "somebody without the secret cancels and decides",
			edits: []edit{{"internal/callback/ring.go", "if fits == 0 || p.Gateway != r.gateway {", "if fits < 0 {"}},
		},
		{
			name: "sends OpenDoor after its deadline", rule: "M5", says: "after its deadline", kind: goodCustomer,
			edits: []edit{
				{"internal/engine/open.go", "return open.Deadline.Over(purchase.Stamp{Boot: r.Boot, Mono: r.SinceBoot.Milliseconds()})", "return r.Boot == \"\""},
				{"internal/engine/open.go", "\tif expired() {\n", "\ttime.Sleep(4 * time.Second)\n\tif expired() {\n"},
			},
		},
		{
			name: "sends OpenDoor before the terminal has our acknowledgement", rule: "M1", says: "before the terminal had", kind: "the terminal loses power before our answer",
			edits: []edit{{"internal/engine/commit.go", "\t\t\te.waitAcked(id, open)\n", "\t\t\te.startOpen(id, open)\n"}},
		},
		{
			name: "captures the whole hold", rule: "M2", says: "for a recognised total of", kind: goodCustomer,
			edits: []edit{{"internal/serialdev/zvtterm/settle.go", "UnusedMinor: zvt.Minor(int64(h.Amount - cmd.Amount)),", "UnusedMinor: zvt.Minor(0),"}},
		},
		{
			name: "reports the wrong status", rule: "M4", says: "PayStatus 2", kind: goodCustomer,
			edits: []edit{{"internal/app/saasport.go", "\tif r.OK {\n", "\tif !r.OK {\n"}},
		},
		{
			name: "repeats OpenDoor after a restart", rule: "M5", says: "after a restart", kind: goodCustomer,
			kill:  "saas: OpenDoor received",
			edits: []edit{{"internal/purchase/step_restart.go", restartNow, "\tw.openDoor(\"\")\n\tif w.Hold.End == \"\" {"}},
		},
		{
			name: "repeats a capture in doubt without asking", rule: "M7", says: "without a question", kind: "the cable is pulled while the result of the capture comes",
			edits: []edit{{"internal/purchase/step_settle.go", "return last.Kind != CmdAsk || last.End != Done", "return false"}},
		},
		{
			name: "repeats OpenDoor for ever", rule: "M7", says: "OpenDoor was received", kind: "OpenDoor is never heard",
			edits: []edit{{"internal/purchase/step_open.go", "w.opensInDoubt() == 1 &&", "w.opensInDoubt() >= 1 &&"}},
		},
		{
			name: "forgets its holds over a restart", rule: "M3", says: "no order for it", kind: goodCustomer,
			kill:  "saas: callback CloseDoor posted",
			edits: []edit{{"internal/engine/load.go", "\t\te.orders[o.state.Order] = o\n", "\t\tif o.state.Hold != nil {\n\t\t\tcontinue\n\t\t}\n\t\te.orders[o.state.Order] = o\n"}},
		},
	}
}

// TestEverySabotageIsNamed is the auditor's own test: each daemon breaks one promise
// in one place, and the auditor must say which. The same customers at the real daemon
// leave clean books.
func TestEverySabotageIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds daemons")
	}
	list := sabotages()
	if !*allSabotages {
		list = list[:3]
	}
	honest := build(t, nil)
	for _, s := range list {
		t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) {
			if found := visitOf(t, honest, s); len(found) != 0 {
				t.Errorf("the real daemon: found %v, want nothing", found)
			}
			found := visitOf(t, build(t, s.edits), s)
			named := slices.IndexFunc(found, func(f audit.Finding) bool { return f.Rule == s.rule && strings.Contains(f.Text, s.says) })
			if named < 0 {
				t.Fatalf("the daemon that %s: found %v, want %s: …%s…", s.name, found, s.rule, s.says)
			}
			t.Logf("%-60s %s (%d findings)", s.name, found[named], len(found))
		})
	}
}

// build builds the daemon with some texts replaced; the sources are not touched.
func build(t *testing.T, edits []edit) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay := overlayOf(t, root, dir, edits)
	exe := filepath.Join(dir, "edged")
	cmd := exec.Command("go", "build", "-overlay", overlay, "-o", exe, "./cmd/edged")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return exe
}

// overlayOf writes the changed files and the list of them that the go command wants.
func overlayOf(t *testing.T, root, dir string, edits []edit) string {
	t.Helper()
	texts := map[string]string{}
	for _, e := range edits {
		path := filepath.Join(root, e.file)
		text, ok := texts[path]
		if !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			t.Fatalf("%s has %d times, want once:\n%s", e.file, n, e.old)
		}
		texts[path] = strings.Replace(text, e.old, e.new, 1)
	}
	replace := map[string]string{}
	for path, text := range texts {
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		write(t, replace[path], []byte(text))
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	write(t, list, b)
	return list
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// How long a sabotaged daemon may take; the money may never come to rest.
const (
	visitWithin = 25 * time.Second
	restWithin  = 12 * time.Second
)

// visitOf serves one customer with a daemon and audits the books.
func visitOf(t *testing.T, exe string, s sabotage) []audit.Finding {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	d, err := prepare(ctx, Options{Exe: exe, Dir: t.TempDir(), Auto: 1, Seed: 1, Faults: true, Kill: s.kill != "", Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.close(true) }() // a sabotaged daemon may end as it likes
	d.killer.rng, d.killer.eager = rand.New(&aim{k: d.killer, point: s.kill}), false
	if s.kill != "" {
		d.killer.budget = 1
	}
	if err := d.child.Start(); err != nil {
		t.Fatal(err)
	}
	serve, stop := context.WithTimeout(ctx, visitWithin)
	visit, err := d.world.Serve(serve, customerOf(t, d, s.kind))
	stop()
	if err != nil {
		t.Fatalf("the customer was not served: %v", err)
	}
	rest, stop := context.WithTimeout(ctx, restWithin)
	if err := d.world.Settled(rest, visit); err != nil {
		t.Logf("%v", err)
	}
	stop()
	if s.kill != "" && d.killer.Total() != 1 {
		t.Fatalf("killed %d times at %q, want once", d.killer.Total(), s.kill)
	}
	return booksOf(ctx, t, d)
}

// booksOf audits once every order has come to rest, or after a while.
func booksOf(ctx context.Context, t *testing.T, d *demo) (found []audit.Finding) {
	t.Helper()
	for range 10 {
		orders, err := d.orders(ctx)
		if err != nil {
			t.Fatal(err)
		}
		found = audit.Check(audit.Books{
			World: d.world.Ledger(), SaaS: d.world.SaaS.Ledger(), Orders: orders, OpenDeadline: openDeadline,
			Terminals: map[string]*readersim.Ledger{laneName: d.world.Lanes[laneName].Terminal.Ledger()},
		})
		if len(found) == 0 {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond): // what was acknowledged is being committed
		case <-ctx.Done():
			return found
		}
	}
	return found
}

// customerOf plans one customer of that sort.
func customerOf(t *testing.T, d *demo, kind string) world.Scenario {
	t.Helper()
	plan := d.plan()
	plan.N = len(world.Kinds(true))
	for _, sc := range world.Plan(plan) {
		if sc.Kind == kind {
			return sc
		}
	}
	t.Fatalf("no customer is planned to whom happens %q", kind)
	return world.Scenario{}
}

// aim is a source of numbers that makes the killer take one point and no other.
type aim struct {
	k      *killer
	point  string
	passed int
}

// Uint64 is asked by the killer, under its lock, at each point it might take.
func (a *aim) Uint64() uint64 {
	if n := a.k.passed[a.point]; n > a.passed {
		a.passed = n
		return 0
	}
	return ^uint64(0)
}
