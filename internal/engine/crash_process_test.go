package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing/synctest"

	"github.com/ncruces/go-sqlite3/vfs"

	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// process is one life of the daemon: an engine on its store, and its ends of the
// wires. Once dead it goes on in a world of its own: nothing it does reaches the
// wires, the disk that its successor opens, or anybody.
type process struct {
	w     *crashWorld
	n     int // lives before it
	dir   string
	next  string // where the store was copied to when it died
	disk  *watchedDisk
	store *queue.Store
	eng   *Engine
	stop  func()
	gone  chan struct{} // closed when nobody waits for its calls any more

	// Guarded by w.mu.
	live   bool // its points count
	dead   bool
	cmd    *purchase.TerminalCommand // that the terminal works on
	abort  bool                      // it has been asked to give it up
	result bool                      // it has told a result
	late   bool                      // its hold had been settled before it was told to
	calls  []*doorCall
}

// doorCall is one OpenDoor request on its way.
type doorCall struct {
	order  purchase.OrderID
	answer chan purchase.OpenAnswered
	done   bool
}

// startProcess opens the store in dir and runs a fresh engine on it.
func (w *crashWorld) startProcess(dir string) {
	w.t.Helper()
	p := &process{w: w, dir: dir, gone: make(chan struct{})}
	if w.p != nil {
		p.n = w.p.n + 1
	}
	p.next = filepath.Join(w.dir, fmt.Sprint("life-", p.n+1))
	p.disk = watchDisk(func() { w.point(p, "before a commit") }, func() { w.point(p, "after a commit") })
	var err error
	if p.store, err = queue.Open(w.t.Context(), queue.Options{Dir: dir, VFS: p.disk.name}); err != nil {
		w.t.Fatal(err)
	}
	if r := p.store.Report(); r.Damage != "" || len(r.Quarantined) > 0 {
		w.t.Fatalf("store after a kill: %+v", r)
	}
	p.eng, err = New(w.t.Context(), Options{
		Store: p.store, Clock: w.clock, SaaS: p, NewID: w.newID,
		Lanes: []LaneOptions{{
			Settings: lane.Settings{Name: "front", Doors: []lane.Door{{MachineID: "M1", Number: 1}}, MaxHolds: 1},
			Terms:    w.script.Terms, Limit: w.script.Terms.Limit, Currency: w.script.Terms.Currency, Terminal: p,
		}},
		EncodeReport: func(r purchase.Report) ([]byte, error) { return json.Marshal(r) },
		Alarm:        func(a Alarm) { w.point(p, "alarm "+a.Kind) },
		Outbox:       func() { w.point(p, "a report is in the outbox") },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.killed && w.found.Order == "" && w.order != "" {
		w.found = p.onFlash(w.order)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	p.stop = func() {
		close(p.gone)
		cancel()
		wg.Wait()
		if err := p.store.Close(); err != nil {
			w.t.Error(err)
		}
		vfs.Unregister(p.disk.name)
	}
	w.p = p
	w.lockDo(func() { p.live = !w.home })
	wg.Go(func() { _ = p.eng.Run(ctx) })
}

// onFlash is the order as the store has it, before anything is done with it.
func (p *process) onFlash(id purchase.OrderID) purchase.State {
	if o := p.eng.orders[id]; o != nil {
		return o.state
	}
	v, err := p.eng.archivedOrder(p.w.t.Context(), id)
	if err != nil {
		return purchase.State{Order: id}
	}
	return v.State
}

// attach tells the engine that the network is there and the terminal answers.
func (p *process) attach() {
	_ = p.eng.SaaSHeard(p.w.t.Context(), true)
	_, _ = p.eng.Post(p.w.t.Context(), purchase.Event{Lane: "front", Body: purchase.Attached{Caps: p.Caps()}})
	synctest.Wait()
}

func (p *process) isDead() (dead bool) {
	p.w.lockDo(func() { dead = p.dead })
	return dead
}

// point is a moment at which the process can be killed.
func (w *crashWorld) point(p *process, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !p.live || p.dead {
		return
	}
	w.points++
	w.trace = append(w.trace, "  "+what)
	if w.points == w.cut.point {
		w.die(p, what)
	}
}

// die needs w.mu: the process is dead, and its successor finds the store as it is
// now.
func (w *crashWorld) die(p *process, where string) {
	p.dead = true
	w.trace = append(w.trace, "  KILLED: "+where)
	from := p.dir
	if w.cut.forgets {
		from = w.empty
	}
	if err := copyStore(from, p.next); err != nil {
		w.broken("copy of the store: %v", err)
	}
}

// Run implements Terminal; the world itself posts what the terminal says.
func (p *process) Run(context.Context, Post, func(purchase.CommandID)) error { return nil }

// Caps implements Terminal.
func (p *process) Caps() purchase.TerminalCaps {
	t := p.w.script.Terms
	return purchase.TerminalCaps{
		Terminal: t.Terminal, MaxHolds: 1, CaptureBelowHold: true, ReverseByReceipt: t.ReverseByReceipt,
		Session: t.SessionLimit > 0, SessionLimit: t.SessionLimit,
	}
}

// Start implements Terminal.
func (p *process) Start(cmd purchase.TerminalCommand) error {
	p.w.lockDo(func() {
		if p.dead {
			return
		}
		if p.cmd != nil {
			p.w.broken("%s is started while %s is at the terminal", cmd.ID, p.cmd.ID)
		}
		_, open := p.w.ledger.open[cmd.Hold.Receipt]
		p.cmd, p.abort, p.result, p.late = &cmd, false, false, !open
		p.w.started(p, cmd)
	})
	p.w.point(p, "the terminal is told to "+string(cmd.Kind))
	return nil
}

// Abort implements Terminal.
func (p *process) Abort(id purchase.CommandID) {
	p.w.lockDo(func() { p.abort = p.cmd != nil && p.cmd.ID == id })
	p.w.point(p, "the terminal is told to give up")
}

// OpenDoor implements SaaS: the request is on its way until the script answers it.
func (p *process) OpenDoor(_ context.Context, r OpenRequest) purchase.OpenAnswered {
	call := &doorCall{order: r.Order, answer: make(chan purchase.OpenAnswered, 1)}
	p.w.lockDo(func() {
		if !p.dead {
			p.calls = append(p.calls, call)
			p.w.asksForDoor(p, r)
		}
	})
	p.w.point(p, "the door is asked for")
	if p.isDead() {
		return purchase.OpenAnswered{Answer: purchase.OpenInDoubt}
	}
	select {
	case a := <-call.answer:
		return a
	case <-p.gone:
		return purchase.OpenAnswered{Answer: purchase.OpenInDoubt}
	}
}
