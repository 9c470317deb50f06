package engine

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/clock"
	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

// crashWorld is everything outside the daemon while one transcript is played: the
// terminal with its ledger, the SaaS, the customer, the time; and the daemon's
// lives one after the other.
type crashWorld struct {
	t      *testing.T
	script transcript.Script
	passes map[int][]purchase.DeadlineName // what each wait of the script brought when nobody was killed
	empty  string                          // a store without content
	dir    string
	clock  *clock.Fake
	p      *process

	mu     sync.Mutex
	cut    crashCut
	points int
	trace  []string
	errs   []string
	ids    uint64
	ledger ledger
	armed  map[purchase.OrderID]int    // in which life
	armID  purchase.CommandID          // the last one
	told   map[purchase.CommandID]bool // commands that reached the terminal

	order    purchase.OrderID // the customer's; "": none is armed yet
	at       int              // line of the script
	killed   bool             // the cut has come
	loose    bool             // and the script goes on with an order that has seen it
	home     bool             // the script is over
	left     time.Duration
	waiting  bool // in the wait of line at, with left to go
	passed   []purchase.DeadlineName
	last     *purchase.Event
	sent     bool           // OpenDoor may have reached the SaaS
	heard    bool           // a callback was taken
	expired  bool           // the hold's life is over
	reports  map[int]string // bytes that the SaaS was told
	found    purchase.State // the order, as the process behind the cut found it
	mid, end crashEnd       // after the last line, and in the end
}

func newCrashWorld(t *testing.T, empty string, s transcript.Script, cut crashCut, passes map[int][]purchase.DeadlineName) *crashWorld {
	return &crashWorld{
		t: t, script: s, empty: empty, cut: cut, passes: passes, dir: fastDir(t),
		clock: clock.NewFake(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)), reports: map[int]string{},
		ledger: ledger{open: map[string]purchase.Hold{}, taken: map[string]int64{}, sure: true},
		armed:  map[purchase.OrderID]int{}, told: map[purchase.CommandID]bool{},
	}
}

func (w *crashWorld) lockDo(fn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn()
}

// broken notes a broken promise; it needs w.mu.
func (w *crashWorld) broken(format string, v ...any) {
	w.errs = append(w.errs, fmt.Sprintf(format, v...))
}

func (w *crashWorld) newID() (id [16]byte) {
	if w.ids == 0 {
		id, _ = transcript.Order().Bits()
	} else {
		binary.BigEndian.PutUint64(id[8:], w.ids)
	}
	w.ids++
	return id
}

// play plays the whole script and the way home.
func (w *crashWorld) play() {
	first := filepath.Join(w.dir, "life-0")
	if err := copyStore(w.empty, first); err != nil {
		w.t.Fatal(err)
	}
	w.startProcess(first)
	defer func() { w.p.stop() }()
	w.p.attach()
	for w.at < len(w.script.Lines) || w.p.isDead() {
		if w.p.isDead() {
			w.rebirth()
			continue
		}
		w.settle()
		w.line(w.script.Lines[w.at])
		w.settle()
	}
	w.mid = w.ended()
	w.goHome()
	w.end = w.ended()
}

// next takes the script one line further.
func (w *crashWorld) next() { w.lockDo(func() { w.at++ }) }

// rebirth starts the daemon anew after it was killed by the cut.
func (w *crashWorld) rebirth() {
	w.killed, w.loose = true, w.order != ""
	w.p.stop()
	w.startAgain(w.cut.reboot)
	held := w.found.Hold != nil || w.found.Outcome != nil || len(w.ledger.open) > 0
	if w.order == "" || held || (w.armedOnce() && w.script.Terms.SessionLimit == 0 && w.ahead("hold_found", "hold_absent")) {
		return
	}
	w.lockDo(func() { w.order, w.at = "", 0 }) // the customer tries again
	w.loose, w.waiting = false, false
}

// armedOnce: the script is past the line in which its order is armed.
func (w *crashWorld) armedOnce() bool { return w.find(0, "arm") < w.at }

// startAgain starts a fresh engine on the files that the dead process left. What
// the gateway has lost of its long clock the world waits too.
func (w *crashWorld) startAgain(reboot bool) {
	old := w.p
	if reboot {
		w.clock.Reboot(0)
		w.clock.SetSynced(true)
	}
	w.trace = append(w.trace, "STARTED ANEW")
	w.startProcess(old.next)
	now := w.powered()
	reach := max(old.eng.powered.Reachable-now.Reachable, 0)
	_ = w.p.eng.SaaSHeard(w.t.Context(), true)
	w.clock.Pass(reach)
	_ = w.p.eng.SaaSHeard(w.t.Context(), false)
	w.clock.Pass(max(old.eng.powered.On-now.On-reach, 0))
	w.p.attach()
}

func (w *crashWorld) powered() (p clock.Powered) {
	_ = w.p.eng.do(w.t.Context(), func() { p = w.p.eng.powered })
	return p
}

// restart is the kill that the script itself asks for.
func (w *crashWorld) restart(r transcript.Restart) {
	w.lockDo(func() {
		if !w.p.dead {
			w.die(w.p, "by the script")
		}
	})
	w.next()
	w.p.stop()
	w.startAgain(r.Reboot)
}

// settle lets everybody finish what they can without the script.
func (w *crashWorld) settle() {
	synctest.Wait()
	for !w.p.isDead() && w.serve() {
		synctest.Wait()
	}
}

// pass lets d go by. Of a long time most passes as in a suspend, without a tick.
func (w *crashWorld) pass(d time.Duration) {
	const rest = 2*tickEvery + time.Second
	if d > rest {
		w.clock.Pass(d - rest)
		d = rest
	}
	time.Sleep(max(d, 0))
	w.settle()
}

// state is the customer's order as the engine has it now.
func (w *crashWorld) state() purchase.State {
	var o *order
	if err := w.p.eng.do(w.t.Context(), func() { o = w.p.eng.orders[w.order] }); err != nil {
		w.t.Fatal(err)
	}
	if o == nil {
		v, err := w.p.eng.archivedOrder(w.t.Context(), w.order)
		if err != nil {
			return purchase.State{Order: w.order}
		}
		return v.State
	}
	if o.parked != "" {
		w.lockDo(func() { w.broken("the order is parked: %s", o.parked) })
	}
	return o.state
}

// ahead says whether a line with one of the words is still to come.
func (w *crashWorld) ahead(words ...string) bool {
	for _, word := range words {
		if w.find(w.at, word) >= 0 {
			return true
		}
	}
	return false
}

// find gives the first line from there on that begins so; -1: none.
func (w *crashWorld) find(from int, prefix string) int {
	for i := from; i < len(w.script.Lines); i++ {
		if strings.HasPrefix(w.script.Lines[i].Text, prefix) {
			return i
		}
	}
	return -1
}
