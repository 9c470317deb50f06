package modelcheck

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/clock"
	"edged/internal/engine"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// realWorld is the engine on its store, driven action by action.
type realWorld struct {
	dir   string
	clock *clock.Fake
	store *queue.Store
	eng   *engine.Engine
	stop  func()

	mu    sync.Mutex
	ids   []purchase.OrderID // as they were drawn
	slots [slots]purchase.OrderID
	cmd   purchase.TerminalCommand // started last
	busy  bool
	calls map[purchase.OrderID]chan purchase.OpenAnswer
}

// Run implements engine.Terminal.
func (r *realWorld) Run(ctx context.Context, _ engine.Post, _ func(purchase.CommandID)) error {
	<-ctx.Done()
	return nil
}

// Caps implements engine.Terminal.
func (r *realWorld) Caps() purchase.TerminalCaps { return newModel(conformPlan()).caps() }

// Start implements engine.Terminal.
func (r *realWorld) Start(c purchase.TerminalCommand) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy {
		return errors.New("busy")
	}
	r.cmd, r.busy = c, true
	return nil
}

// Abort implements engine.Terminal.
func (r *realWorld) Abort(purchase.CommandID) {}

// OpenDoor implements engine.SaaS: it answers what the walk decides.
func (r *realWorld) OpenDoor(_ context.Context, q engine.OpenRequest) purchase.OpenAnswered {
	answer := make(chan purchase.OpenAnswer)
	r.mu.Lock()
	r.calls[q.Order] = answer
	r.mu.Unlock()
	a := <-answer
	r.mu.Lock()
	delete(r.calls, q.Order)
	r.mu.Unlock()
	return purchase.OpenAnswered{Answer: a}
}

// startReal starts a daemon on what is in dir.
func startReal(t *testing.T, m *model, dir string, drawn []purchase.OrderID) *realWorld {
	t.Helper()
	r := &realWorld{dir: dir, clock: clock.NewFake(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)), ids: drawn, calls: map[purchase.OrderID]chan purchase.OpenAnswer{}}
	var err error
	if r.store, err = queue.Open(t.Context(), queue.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	terms := m.terms()
	terms.MinHold = 600
	for _, d := range []*time.Duration{&terms.OpenDeadline, &terms.ResolveWindow, &terms.DetectWait, &terms.DecisionDeadline, &terms.RetryBase, &terms.RetryCap} {
		*d = 1000 * time.Hour // no deadline passes by itself
	}
	r.eng, err = engine.New(t.Context(), engine.Options{
		Store: r.store, Clock: r.clock, SaaS: r,
		EncodeReport: func(r purchase.Report) ([]byte, error) { return json.Marshal(r) },
		NewID: func() (id [16]byte) {
			binary.BigEndian.PutUint64(id[8:], uint64(len(r.ids)+100))
			r.ids = append(r.ids, purchase.NewOrderID(id))
			return id
		},
		Audit: func(err error) { t.Error(err) },
		Lanes: []engine.LaneOptions{{Settings: m.settings(), Terms: terms, Limit: limit, Currency: "EUR", Terminal: r}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	loop.Go(func() { _ = r.eng.Run(ctx) })
	r.stop = func() {
		for _, answer := range maps.Clone(r.calls) {
			answer <- purchase.OpenNotSent
		}
		cancel()
		synctest.Wait()
		for _, answer := range maps.Clone(r.calls) { // the answers may have asked for more
			answer <- purchase.OpenNotSent
		}
		loop.Wait()
		if err := r.store.Close(); err != nil {
			t.Error(err)
		}
	}
	r.post(t, purchase.Event{Lane: "front", Body: purchase.Attached{Caps: m.caps()}})
	return r
}

func (r *realWorld) post(t *testing.T, ev purchase.Event) purchase.Verdict {
	t.Helper()
	v, err := r.eng.Post(t.Context(), ev)
	if err != nil {
		t.Fatalf("post %+v: %v", ev, err)
	}
	synctest.Wait()
	return v
}

// kill goes on with a fresh daemon on the files as they are now.
func (r *realWorld) kill(t *testing.T, m *model) *realWorld {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(dir, os.DirFS(r.dir)); err != nil {
		t.Fatal(err)
	}
	r.stop()
	next := startReal(t, m, dir, slices.Clone(r.ids))
	next.slots = r.slots
	return next
}

// conformPlan has what the walk can do.
func conformPlan() *plan {
	one, two := word(purchase.FromDetection, 0, 1), word(purchase.FromDetection, 0, 2)
	return &plan{
		name: "in step with the engine", crashes: 3, dups: 2, faults: 5, sloppy: true, refuses: true, reverse: true,
		says: [customers][]purchase.Body{{sign("opened"), one}, {two, sign("closed")}},
	}
}

// TestTheEngineKeepsTheRulesOfTheModel walks at random through the model and does the
// same to the real engine on the real store. After every action both must have the same
// orders, the same command at the terminal, the same calls and the same outbox.
func TestTheEngineKeepsTheRulesOfTheModel(t *testing.T) {
	walks := 12
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		walks = 2000
	case os.Getenv("EDGED_STATES") != "":
		walks = 100
	case testing.Short():
		walks = 4
	}
	actions := 0
	for seed := range walks {
		synctest.Test(t, func(t *testing.T) { actions += walk(t, uint64(seed)) })
		if t.Failed() {
			break
		}
	}
	t.Logf("%d walks, %d events in step", walks, actions)
}

func walk(t *testing.T, seed uint64) (n int) {
	m := newModel(conformPlan())
	rng := rand.New(rand.NewPCG(seed, 7))
	w := m.first()
	r := startReal(t, m, filepath.Join(t.TempDir(), "store"), nil)
	r.post(t, purchase.Event{Lane: "front", Body: r.end(purchase.Ended{Outcome: purchase.Done, Terminal: "T1"})}) // first has listed the holds
	story := []string{fmt.Sprintf("seed %d", seed)}
	for ; n < 60; n++ {
		if diff := r.compare(t, m, &w); diff != "" {
			t.Errorf("%s\n%s\n%s", diff, strings.Join(story, "\n"), m.show(&w))
			break
		}
		a, ok := pick(m, &w, rng)
		if !ok {
			break
		}
		story = append(story, a.String())
		before := w
		m.do(&w, a)
		r = r.do(t, m, &before, &w, a)
		for w.follow[0] != (followed{}) {
			m.goOn(&w)
		}
		if m.err != nil {
			t.Errorf("%v\n%s", m.err, strings.Join(story, "\n"))
			break
		}
	}
	r.stop()
	return n
}

// pick is the next action; deadlines stay out of it, and a fault is rare.
func pick(m *model, w *world, rng *rand.Rand) (action, bool) {
	var good, bad []action
	for _, a := range m.actions(w, nil) {
		switch {
		case a.op >= opOver && a.op <= opSlow, a.op == opStay, a.op == opKillAcked, a.op == opKillDid, a.op == opPower:
		case a.fault == plainCourse:
			good = append(good, a)
		default:
			bad = append(bad, a)
		}
	}
	if len(bad) > 0 && (len(good) == 0 || rng.IntN(5) == 0) {
		good = bad
	}
	if len(good) == 0 {
		return action{}, false
	}
	return good[rng.IntN(len(good))], true
}

// end completes the end of the terminal's command.
func (r *realWorld) end(e purchase.Ended) purchase.Ended {
	e.Command, e.What = r.cmd.ID, r.cmd.Kind
	r.mu.Lock()
	r.busy = false
	r.mu.Unlock()
	return e
}

// do does to the engine what a did to the model.
func (r *realWorld) do(t *testing.T, m *model, before, after *world, a action) *realWorld {
	t.Helper()
	switch {
	case a.op == opUnpause:
		r.clock.Pass(6 * time.Second)
		time.Sleep(6 * time.Second)
		synctest.Wait()
	case a.op == opKill:
		return r.kill(t, m)
	case a.op <= opTakenBack:
		r.terminal(t, m, before, after, a)
	case a.op <= opSilent:
		r.call(a)
	case a.op <= opRepeat:
		o := &before.orders[a.slot]
		key := fmt.Sprint(a.arg)
		if a.op == opRepeat {
			key += fmt.Sprint(" again ", before.budget.dups)
		}
		r.post(t, purchase.Event{Order: r.slots[a.slot], Key: key, Body: m.script(o)[a.arg]})
	case a.op == opAck, a.op == opRevive, a.op == opReject:
		r.post(t, purchase.Event{Order: r.slots[a.slot], Body: purchase.Reported{Report: int(a.arg) + 1, OK: a.op != opReject}})
	}
	synctest.Wait()
	return r
}

func (r *realWorld) call(a action) {
	answer := map[op]purchase.OpenAnswer{
		opSink: purchase.OpenInDoubt, opAccept: purchase.OpenAccepted, opDeny: purchase.OpenRefused, opSilent: purchase.OpenInDoubt,
	}[a.op]
	if answer == "" {
		return // it leaves
	}
	r.mu.Lock()
	ch := r.calls[r.slots[a.slot]]
	r.mu.Unlock()
	if ch != nil {
		ch <- answer
	}
}

// terminal posts what the model's terminal has posted.
func (r *realWorld) terminal(t *testing.T, m *model, before, after *world, a action) {
	t.Helper()
	switch a.op {
	case opGrant, opDo:
		body := resultOf(r.cmd, money.Minor(after.amount), int(before.taps))
		v := r.post(t, purchase.Event{Order: r.cmd.Order, Body: body})
		if (v == purchase.Accept) == after.refused {
			t.Errorf("the engine says %s to %+v", v, body)
		}
	case opAnswer:
		if !before.refused {
			r.eng.Acked(r.cmd.ID)
			synctest.Wait()
			return
		}
		r.ended(t, m)
	default:
		r.ended(t, m)
	}
}

// ended posts the end that the model's terminal has posted last.
func (r *realWorld) ended(t *testing.T, m *model) {
	t.Helper()
	ev := purchase.Event{Order: r.cmd.Order, Body: r.end(m.ending)}
	if r.cmd.Order == "" {
		ev.Lane = "front"
	}
	r.post(t, ev)
}

// compare says what differs.
func (r *realWorld) compare(t *testing.T, m *model, w *world) string {
	t.Helper()
	synctest.Wait()
	if w.follow[0] != (followed{}) {
		return ""
	}
	r.name(m, w)
	if mine := m.c.cmds[w.cmd]; (w.stage != idle) != r.busy || w.stage != idle && (mine.Kind != r.cmd.Kind || mine.Amount != r.cmd.Amount || mine.Hold.Receipt != r.cmd.Hold.Receipt) {
		return fmt.Sprintf("the terminal does %+v (busy %t), in the model %+v (stage %d)", r.cmd, r.busy, mine, w.stage)
	}
	rows := 0
	for i := range w.orders {
		o := &w.orders[i]
		if o.state == 0 {
			continue
		}
		v, err := r.eng.Order(t.Context(), r.slots[i])
		if err != nil {
			return fmt.Sprintf("order %d (%s): %v", i, r.slots[i], err)
		}
		if mine, real := m.bare(m.c.orders.val(o.state)), m.bare(v.State); mine != real {
			return fmt.Sprintf("order %d is\n%s, in the model\n%s", i, real, mine)
		}
		if _, calls := r.calls[r.slots[i]]; calls != (o.call >= ready) {
			return fmt.Sprintf("order %d calls: %t, in the model %d", i, calls, o.call)
		}
		for bits := o.rows; bits != 0; bits &= bits - 1 {
			rows++
		}
	}
	if real, err := r.store.ReadReports(t.Context(), 0, 100); err != nil || len(real) != rows {
		return fmt.Sprintf("%d reports wait, in the model %d, %v", len(real), rows, err)
	}
	return ""
}

// name finds the real order of each slot. Ids are drawn in the same sequence, and there
// is one order at a time that has no hold: the newest.
func (r *realWorld) name(m *model, w *world) {
	for i := range w.orders {
		if s := w.orders[i].state; s != 0 && !m.c.facts[s].held && len(r.ids) > 0 {
			r.slots[i] = r.ids[len(r.ids)-1]
		}
	}
}

// bare is a state without times, terms and its id.
func (m *model) bare(s purchase.State) string {
	s = plain(s)
	s.Order, s.Terms = "", purchase.Terms{After: s.Terms.After}
	for i := range s.Due {
		s.Due[i] = purchase.Deadline{Name: s.Due[i].Name}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err.Error()
	}
	timeless(v)
	b, _ = json.Marshal(v)
	return string(b)
}

func timeless(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			switch k {
			case "at", "armed", "pre", "opened", "closed", "cancel", "other":
				if _, number := x.(float64); number {
					v[k] = 1
				}
			case "oid":
				v[k] = "order"
			case "trans", "pow":
				delete(v, k)
			}
			timeless(x)
		}
	case []any:
		for _, x := range v {
			timeless(x)
		}
	}
}
