package modelcheck

import (
	"fmt"
	"hash/maphash"
	"strings"

	"edged/internal/purchase"
)

// set keeps the 128-bit hashes of worlds, without pointers.
type set struct {
	slots [][2]uint64
	n     int
	seeds [2]maphash.Seed
}

func newSet() *set {
	return &set{slots: make([][2]uint64, 1<<12), seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// add says whether w is new.
func (s *set) add(w *world) bool {
	h := [2]uint64{maphash.Comparable(s.seeds[0], *w), maphash.Comparable(s.seeds[1], *w)}
	if h == ([2]uint64{}) {
		h[0] = 1
	}
	if s.n*3 > len(s.slots)*2 {
		old := s.slots
		s.slots = make([][2]uint64, 2*len(old))
		for _, o := range old {
			if o != ([2]uint64{}) {
				*s.place(o) = o
			}
		}
	}
	p := s.place(h)
	if *p == h {
		return false
	}
	*p = h
	s.n++
	return true
}

func (s *set) place(h [2]uint64) *[2]uint64 {
	mask := uint64(len(s.slots) - 1)
	for i := h[0] & mask; ; i = (i + 1) & mask {
		if p := &s.slots[i]; *p == h || *p == ([2]uint64{}) {
			return p
		}
	}
}

// explorer goes through the worlds of a plan, fewest faults first.
type explorer struct {
	m     *model
	max   int // states
	start world
	seen  *set
	home  [2]*set // with callbacks, without

	// How a state was reached: the number of the one before, and which of its actions.
	from []int32
	by   []uint8

	levels  []fifo // worlds that wait, by faults taken
	depth   int    // of the deepest
	taken   int    // transitions
	until   []int  // states seen when each level was finished
	whole   int    // levels that were finished; -1: none
	homes   int    // transitions on the ways home
	failure error
}

type entry struct {
	w     world
	n     int32
	depth uint16
}

func newExplorer(p *plan, states int) *explorer {
	return &explorer{m: newModel(p), max: states, seen: newSet(), home: [2]*set{newSet(), newSet()}, whole: -1}
}

// run explores until every world was seen, states of them were, or a promise is broken.
func (e *explorer) run() error {
	if e.start = e.m.first(); e.m.err != nil {
		return e.m.err
	}
	all := e.start.budget.left()
	e.levels = make([]fifo, all+1)
	e.seen.add(&e.start)
	e.from, e.by = append(e.from, -1), append(e.by, 0)
	e.levels[0].push(entry{w: e.start})
	var acts []action
	for level := range e.levels {
		for {
			n, ok := e.levels[level].pop()
			if !ok {
				break
			}
			if acts = e.expand(&n, all, acts); e.failure != nil || e.seen.n >= e.max {
				return e.failure
			}
		}
		e.whole = level
		e.until = append(e.until, e.seen.n)
	}
	return nil
}

// fifo is a queue in pieces, so that nothing is copied when it grows.
type fifo struct {
	pieces [][]entry
	head   int
}

const piece = 1 << 12

func (q *fifo) push(n entry) {
	if k := len(q.pieces); k == 0 || len(q.pieces[k-1]) == piece {
		q.pieces = append(q.pieces, make([]entry, 0, piece))
	}
	k := len(q.pieces) - 1
	q.pieces[k] = append(q.pieces[k], n)
}

func (q *fifo) pop() (n entry, ok bool) {
	if len(q.pieces) == 0 || q.head == len(q.pieces[0]) {
		return n, false
	}
	n = q.pieces[0][q.head]
	if q.head++; q.head == piece {
		q.pieces, q.head = q.pieces[1:], 0
	}
	return n, true
}

func (e *explorer) expand(n *entry, all int, acts []action) []action {
	e.depth = max(e.depth, int(n.depth))
	if err := e.goHome(n); err != nil {
		e.failure = err
		return acts
	}
	acts = e.m.actions(&n.w, acts)
	for i, a := range acts {
		next := n.w
		e.m.do(&next, a)
		e.taken++
		if e.m.err != nil {
			e.failure = fmt.Errorf("%w\n%s\n%s", e.m.err, e.story(n.n), a)
			return acts
		}
		if !e.seen.add(&next) {
			continue
		}
		e.from, e.by = append(e.from, n.n), append(e.by, uint8(i))
		level := all - next.budget.left()
		e.levels[level].push(entry{next, int32(len(e.from) - 1), n.depth + 1})
	}
	return acts
}

// wayHome bounds the good course from any world to an end.
const wayHome = 400

// goHome takes the good course until nothing happens any more, and has the end judged:
// once with the SaaS's callbacks, and once without any more. A way that meets one gone
// before needs no second judgement.
func (e *explorer) goHome(n *entry) error {
	for mode, callbacks := range []bool{true, false} {
		w := n.w
		if err := e.m.wayHome(&w, callbacks, e.home[mode], &e.homes); err != nil {
			return fmt.Errorf("on the way home (callbacks: %t): %w\n%s\nthen %s", callbacks, err, e.story(n.n), e.m.show(&w))
		}
	}
	return nil
}

func (m *model) wayHome(w *world, callbacks bool, seen *set, steps *int) error {
	for range wayHome {
		if seen != nil && !seen.add(w) {
			return nil
		}
		a, ok := m.good(w, callbacks)
		if !ok {
			return m.end(w)
		}
		*steps++
		if m.do(w, a); m.err != nil {
			return m.err
		}
	}
	return broken("M3", "no end after %d good events", wayHome)
}

// good is the next action of the good course, without another customer. The wait for a
// callback that only asks again leads nowhere.
func (m *model) good(w *world, callbacks bool) (action, bool) {
	var buf [48]action
	for _, a := range m.actions(w, buf[:]) {
		switch {
		case a.fault != plainCourse || a.op == opGrant || a.op == opOver:
		case a.op == opTell && !callbacks:
		case a.op == opDue && m.idles(w, a):
		default:
			return a, true
		}
	}
	return action{}, false
}

// idles: the deadline comes again and again, or stands for a fault.
func (m *model) idles(w *world, a action) bool {
	name := waits()[a.arg]
	s := m.c.orders.val(w.orders[a.slot].state)
	switch name {
	case purchase.DueDetect:
		return s.Review != nil
	case purchase.DueDecision:
		return s.Terms.OnDeadline == purchase.KeepOnDeadline && s.HoldOpen()
	}
	return false
}

// story tells how a world was reached.
func (e *explorer) story(n int32) string {
	var picks []uint8
	for ; n > 0; n = e.from[n] {
		picks = append(picks, e.by[n])
	}
	w := e.start
	m := newModel(e.m.plan)
	m.c = e.m.c
	lines := []string{"armed"}
	for i := len(picks) - 1; i >= 0; i-- {
		a := m.actions(&w, nil)[picks[i]]
		m.do(&w, a)
		lines = append(lines, a.String())
	}
	return strings.Join(append(lines, m.show(&w)), "\n")
}

// show is the world for a person.
func (m *model) show(w *world) string {
	var b strings.Builder
	fmt.Fprintf(&b, "terminal: stage %d, %s, holds %+v; lane %v", w.stage, m.c.cmds[w.cmd].ID, w.holds, m.c.lanes.val(w.lane).Why())
	for i := range w.orders {
		if o := &w.orders[i]; o.state != 0 {
			s, _ := m.c.orders.val(o.state).Encode()
			fmt.Fprintf(&b, "\norder %d: %s: %s\n  rows %b dead %b tasks %b call %d took %t told %b %+v", i, m.c.facts[o.state].phase, s, o.rows, o.dead, o.tasks, o.call, o.took, o.told, o.audit)
		}
	}
	return b.String()
}
