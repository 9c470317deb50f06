package purchase_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"edged/internal/purchase"
)

var deep = flag.Bool("deep", false, "explore the model with one more fault per plan; takes minutes")

func sign(s purchase.SignName) purchase.Body {
	return purchase.Sign{Sign: s, SaaSOrderNo: "S1"}
}

// word is a recognition or settlement of n products of 7.00.
func word(from purchase.Source, mode purchase.Mode, n int) purchase.Body {
	d := purchase.Detected{Source: from, SaaSOrderNo: "S1", OK: true, Mode: mode}
	for range n {
		d.Lines = append(d.Lines, purchase.Line{Count: "1", Price: "7.00"})
	}
	return d
}

// plans are explored one by one. Every promise is watched in each.
func plans() []*plan {
	charge, empty := word(purchase.FromDetection, 0, 1), word(purchase.FromDetection, 0, 0)
	review := word(purchase.FromDetection, purchase.ModeInterrupt, 0)
	opened, closed := sign("opened"), sign("closed")
	refund := purchase.Refund{Number: "R1", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "7.00"}}}
	adjust := purchase.Adjustment{Number: "D1", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "1.00"}}}
	says := func(b ...purchase.Body) []purchase.Body { return b }
	return []*plan{
		{name: "a sale", faults: 1, says: says(opened, charge)},
		{name: "the same with two faults", faults: 2, says: says(charge)},
		{name: "a sale above the hold", faults: 1, partial: true, says: says(word(purchase.FromDetection, 0, 2))},
		{name: "nothing taken", faults: 1, says: says(empty)},
		{name: "cancelled, opened, closed, recognised in every order", faults: 0, says: says(sign("cancel"), opened, closed, charge)},
		{name: "left to the merchant", faults: 0, says: says(opened, review, word(purchase.FromSettlement, 0, 1))},
		{name: "kept at the deadline", faults: 1, keep: true, says: says(review)},
		{name: "three words", faults: 0, says: says(charge, word(purchase.FromSettlement, 0, 2), word(purchase.FromSettlement, purchase.ModeCancel, 0))},
		{name: "a terminal that takes other amounts", faults: 1, greedy: true, says: says(charge)},
		{name: "a terminal that does not wait for us", faults: 1, sloppy: true, says: says(charge)},
		{name: "a terminal that cannot be asked", faults: 1, noAsk: true, says: says(charge)},
		{name: "a session", faults: 2, session: true, noAsk: true, says: says(charge)},
		{name: "reports refused", faults: 1, refuses: true, says: says(charge)},
		{name: "refund and adjustment", faults: 0, says: says(charge, refund, adjust)},
		{name: "refund by reversal", faults: 1, reverse: true, says: says(charge, refund)},
	}
}

// TestModelExhaustively holds M1 to M7 and M13 (see auditor). It takes every course
// of events that each plan allows, with every fault at every point, and from every
// state reached goes two ways home: with all callbacks, and with none any more.
func TestModelExhaustively(t *testing.T) {
	var total, homes atomic.Int64
	t.Cleanup(func() { t.Logf("%d states explored, %d on the ways home", total.Load(), homes.Load()) })
	for _, p := range plans() {
		switch {
		case *deep:
			p.faults++
		case testing.Short():
			p.faults = 0
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			e := explorer{t: t, seen: map[[16]byte]bool{}, home: [2]map[[16]byte]bool{{}, {}}}
			e.explore(newWorld(p))
			total.Add(int64(len(e.seen)))
			homes.Add(int64(len(e.home[0]) + len(e.home[1])))
			t.Logf("%d states, deepest %d events", len(e.seen), e.deepest)
		})
	}
}

type explorer struct {
	t       *testing.T
	seen    map[[16]byte]bool
	home    [2]map[[16]byte]bool // states from which the way home was gone already
	deepest int
}

// node remembers how a world was reached, to tell the story of a broken promise.
type node struct {
	w     *world
	by    string
	from  *node
	depth int
}

func (e *explorer) explore(first *world) {
	stack := []*node{{w: first, by: "armed"}}
	e.seen[first.key()] = true
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		e.deepest = max(e.deepest, n.depth)
		if !e.judge(n) {
			return
		}
		for _, a := range n.w.actions() {
			next := &node{w: n.w.take(a), by: a.name, from: n, depth: n.depth + 1}
			if h := next.w.key(); next.w.err != nil || !e.seen[h] {
				e.seen[h] = true
				stack = append(stack, next)
			}
		}
	}
}

func (e *explorer) judge(n *node) bool {
	if n.w.err == nil {
		for mode, callbacks := range []bool{true, false} {
			if end := goHome(n.w, callbacks, e.home[mode]); end.err != nil {
				e.t.Errorf("on the way home (callbacks: %t): %v\n%s\nthen %s", callbacks, end.err, n.story(), stored(end.s))
				return false
			}
		}
		return true
	}
	e.t.Errorf("%v\n%s", n.w.err, n.story())
	return false
}

func (n *node) story() string {
	var lines []string
	for ; n != nil; n = n.from {
		lines = append([]string{n.by}, lines...)
	}
	return strings.Join(lines, "\n")
}

// wayHome bounds the good course from any state to an end.
const wayHome = 300

// goHome takes the good course until nothing happens any more, and has the end
// judged. A way that meets one gone before needs no second judgement.
func goHome(w *world, callbacks bool, seen map[[16]byte]bool) *world {
	w = w.copy()
	w.quiet = true
	for range wayHome {
		if h := w.key(); seen != nil && seen[h] {
			return w
		} else if seen != nil {
			seen[h] = true
		}
		a, ok := w.good(callbacks)
		if !ok {
			w.fail2(w.audit.end(w.ending()))
			return w
		}
		if a.do(w); w.err != nil {
			return w
		}
	}
	w.fail(broken("M3", "no end after %d good events, in phase %s", wayHome, w.s.Phase()))
	return w
}

// good is the next action of the good course. The door that nobody closes and the
// deadline that only alarms again lead nowhere.
func (w *world) good(callbacks bool) (action, bool) {
	for _, a := range w.actions() {
		if a.fault || (!callbacks && strings.HasPrefix(a.name, "callback")) {
			continue
		}
		if a.name == "the next deadline" && w.onlyAlarms() {
			continue
		}
		return a, true
	}
	return action{}, false
}

func (w *world) onlyAlarms() bool {
	for _, d := range w.s.Due {
		if d.Name != purchase.DueDoorAlarm {
			return false
		}
	}
	return true
}

// TestModelAtRandom goes longer ways than can be taken exhaustively: more faults,
// all callbacks at once, every kind of terminal.
func TestModelAtRandom(t *testing.T) {
	runs, events := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			runs++
			events += course(t)
		}
	})
	t.Logf("%d runs, %d events", runs, events)
}

// course is one random course of events, and the ways home from its end.
func course(t *rapid.T) (events int) {
	w := newWorld(randomPlan(t))
	var story []string
	for range rapid.IntRange(5, 60).Draw(t, "length") {
		wrong := rapid.IntRange(0, 7).Draw(t, "wrong") == 0
		actions := slices.DeleteFunc(w.actions(), func(a action) bool { return a.fault != wrong })
		if len(actions) == 0 {
			continue
		}
		a := actions[rapid.IntRange(0, len(actions)-1).Draw(t, "action")]
		story = append(story, a.name)
		events++
		if w = w.take(a); w.err != nil {
			t.Fatalf("%v\n%s", w.err, strings.Join(story, "\n"))
		}
	}
	for _, callbacks := range []bool{true, false} {
		if end := goHome(w, callbacks, nil); end.err != nil {
			t.Fatalf("on the way home (callbacks: %t): %v\n%s", callbacks, end.err, strings.Join(story, "\n"))
		}
	}
	return events
}

func randomPlan(t *rapid.T) *plan {
	flag := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	p := &plan{
		name: "random", faults: rapid.IntRange(0, 8).Draw(t, "faults"),
		session: flag("session"), noAsk: flag("no ask"), tells: flag("tells"), partial: flag("partial"), greedy: flag("greedy"),
		sloppy: flag("sloppy"), refuses: flag("refuses"), reverse: flag("reverse"), keep: flag("keep"),
	}
	p.noAsk = p.noAsk || p.session
	// A terminal that neither reverses what was not acknowledged nor lists what it
	// holds is beyond help.
	p.sloppy = p.sloppy && !p.noAsk
	all := []purchase.Body{
		sign("pre_open"), sign("opened"), sign("closed"), sign("cancel"),
		word(purchase.FromDetection, 0, 1), word(purchase.FromDetection, 0, 0), word(purchase.FromDetection, 0, 2),
		word(purchase.FromDetection, purchase.ModeInterrupt, 0), word(purchase.FromDetection, purchase.ModeCancel, 0),
		word(purchase.FromSettlement, 0, 1), word(purchase.FromSettlement, 0, 2), word(purchase.FromSettlement, purchase.ModeCancel, 0),
		purchase.Detected{Source: purchase.FromDetection, SaaSOrderNo: "S1", Msg: "no video"},
		purchase.Detected{Source: purchase.FromSettlement, OK: true, Unreadable: "no data"},
		purchase.Refund{Number: "R1", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "7.00"}}},
		purchase.Refund{Number: "R2", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "2.00"}}},
		purchase.Refund{Number: "R3", Unreadable: "no list"},
		purchase.Adjustment{Number: "D1", SaaSOrderNo: "S1", Lines: []purchase.Line{{Count: "1", Price: "1.00"}}},
		purchase.Adjustment{SaaSOrderNo: "S2", Unreadable: "no list"},
	}
	for i, body := range all {
		if rapid.Bool().Draw(t, fmt.Sprintf("says %d", i)) {
			p.says = append(p.says, body)
		}
	}
	return p
}
