package engine

import (
	"context"
	"errors"
	"time"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

const (
	heldEvery    = time.Second      // between tries to commit what could not be committed
	careEvery    = 30 * time.Second // between looks after the store
	vacuumAfter  = time.Second      // behind it: what it has asked for is committed first
	keepArchive  = 400 * 24 * time.Hour
	pruneAtOnce  = 200
	recoverFirst = time.Second
	recoverCap   = time.Minute
)

// hold keeps an event that has happened and will not be told again, until it can
// be committed.
func (e *Engine) hold(r *request) {
	switch r.ev.Body.(type) {
	case purchase.Ended, purchase.OpenAnswered, purchase.Restarted, purchase.HoldFound, purchase.HoldAbsent, purchase.Abandon:
		if len(e.held) == 0 {
			e.heldAt = e.stamp().Mono
		}
		e.held = append(e.held, &request{ev: r.ev})
	}
}

// onCommitFailed takes the lanes out of service and, after a failed sync, has the
// store written anew.
func (e *Engine) onCommitFailed(err error) {
	if !e.failing { // the next ones say the same
		e.log.Error("commit failed", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
	e.failing = true
	e.metrics.commitFailed.Inc()
	reason := lane.StoreBroken
	if errors.Is(err, queue.ErrDiskFull) {
		reason = lane.DiskReserve
	}
	e.condition(reason, true)
	if e.storeBad == nil && (errors.Is(err, queue.ErrBroken) || errors.Is(err, queue.ErrIO) || errors.Is(err, queue.ErrCorrupt)) {
		e.storeBad = err
		e.startRecovery()
	}
}

// condition is told to the lanes in the next turn; a repeat is not told. What counts
// is what they have been told, not what they have heard: a store that breaks again in
// the very turn in which they hear that it is well must not leave them selling.
func (e *Engine) condition(reason lane.Reason, on bool) {
	for name, l := range e.lanes {
		if l.told[reason] != on {
			l.told[reason] = on
			e.follow = append(e.follow, &request{lane: name, body: lane.Condition{Reason: reason, On: on}})
		}
	}
}

// startRecovery rewrites the store in a goroutine that the drain waits for, with
// back-off until it works or the engine stops. A disk that takes a whole new file and
// then no commit must not be worn out: the pause grows until a commit has worked.
func (e *Engine) startRecovery() {
	wait := e.recoverWait
	e.recoverWait = longer(wait)
	e.beside.start(func() {
		for ; ; wait = longer(wait) {
			select {
			case <-time.After(wait):
			case <-e.quit:
				return
			}
			err := e.o.Store.Recover(context.Background())
			if err == nil || errors.Is(err, queue.ErrClosed) {
				e.recover <- err
				return
			}
			e.log.Error("store cannot be written anew yet", logkey.Err, err, logkey.Wait, longer(wait), logkey.Code, errcode.Or(err, errcode.StoreBroken))
		}
	})
}

func longer(wait time.Duration) time.Duration { return min(max(2*wait, recoverFirst), recoverCap) }

// onRecovered reloads every order from the store: what it says is what counts.
func (e *Engine) onRecovered(err error) {
	if err != nil {
		return
	}
	snap, err := e.o.Store.Load(context.Background())
	if err != nil {
		e.log.Error("store cannot be read after it was written anew", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreBroken))
		e.startRecovery()
		return
	}
	e.log.Warn("store was written anew")
	e.storeBad = nil
	e.orders, e.bySeq = map[purchase.OrderID]*order{}, map[queue.Seq]purchase.OrderID{}
	e.timed, e.tasks = map[purchase.OrderID]struct{}{}, map[taskKey]task{}
	e.loadOrders(snap)
	e.loadTasks(snap)
	e.recount(snap)
	for id, o := range e.orders {
		e.track(id, o)
		e.tellLane(o, nil)
	}
	e.condition(lane.StoreBroken, false)
	e.follow = append(e.follow, e.held...)
	e.held = nil
}

// care looks after the store now and then: the reserve is rebuilt before a lane
// sells, old orders leave the archive, space is given back when nobody waits.
func (e *Engine) care(now purchase.Stamp) {
	if now.Mono-e.cared < careEvery.Milliseconds() && e.cared != 0 && now.Mono >= e.cared {
		return
	}
	e.cared = now.Mono
	if e.storeBad != nil {
		return
	}
	if err := e.o.Store.RebuildReserve(); err != nil {
		e.condition(lane.DiskReserve, true)
		return
	}
	if e.probeStore() {
		e.condition(lane.DiskReserve, false)
		e.condition(lane.StoreBroken, false)
	}
	// By powered-on time: on the day a clock that had started in 1970 is set, every order
	// since would be decades old.
	on, before := time.Duration(now.Powered)*time.Millisecond-keepArchive, time.Time{}
	if now.Synced {
		before = time.UnixMilli(now.Wall).Add(-keepArchive)
	}
	e.o.Store.Later(func(tx *queue.Tx) error { return e.prune(tx, on, before) })
	e.setSumsAside()
	e.audit()
	if e.quiet() {
		e.vacuum()
	}
}

// quiet: nobody is being served. A lane that sells has an order without a card all the
// time.
func (e *Engine) quiet() bool {
	for _, o := range e.orders {
		if o.parked != "" || o.state.Hold != nil || o.state.Phase() != purchase.PhaseArmed {
			return false
		}
	}
	return true
}

// probeStore says whether the lanes may sell: they do again once a commit works
// that writes something and does without the money reserve.
func (e *Engine) probeStore() bool {
	for _, l := range e.lanes {
		if l.state.Has(lane.StoreBroken) || l.state.Has(lane.DiskReserve) {
			e.saved = 0 // so that there is something to write
			return e.write(e.savePowered, false) == nil
		}
	}
	return true
}

func (e *Engine) vacuum() {
	if !e.vacuuming.CompareAndSwap(false, true) {
		return
	}
	e.beside.start(func() {
		defer e.vacuuming.Store(false)
		select {
		case <-time.After(vacuumAfter):
		case <-e.quit:
			return
		}
		if _, err := e.o.Store.MaybeVacuum(context.Background()); err != nil && !errors.Is(err, queue.ErrWorkWaiting) {
			e.log.Warn("store cannot give space back", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		}
	})
}
