package engine

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/clock"
	"edged/internal/lane"
	book "edged/internal/ledger"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// Options of New.
type Options struct {
	Store *queue.Store
	Clock clock.Clock
	SaaS  SaaS
	Lanes []LaneOptions

	// LaneFor rebuilds a lane that is no longer configured from what was stored
	// with it, so that its open orders can be settled; nil: it has no terminal.
	LaneFor func(name string, cur money.Currency, stored []byte) (LaneOptions, error)

	// Poll asks the SaaS about an order whose callback is late, and gives what is
	// unambiguous in its answer. It must end with ctx. nil: nobody asks.
	Poll func(ctx context.Context, r PollRequest) ([]Polled, error)

	// EncodeReport gives the exact bytes of a payment report.
	EncodeReport func(r purchase.Report) ([]byte, error)

	NewID func() [16]byte // 128 random bits; nil: crypto/rand
	Show  func(LaneView)  // called on every change; must not block; nil: nobody looks
	Alarm func(Alarm)     // must not block; nil: the log only
	// Moved is told of every order that has come into another phase, when that is on
	// flash. It must not block and only reads; nil: nobody asks.
	Moved  func(purchase.State)
	Outbox func() // a report was queued; must not block; nil: nobody waits
	// Audit is told of every promise of the ledger that does not hold; with it, the
	// whole ledger is checked after every commit, which is for tests. nil: each change
	// is checked, and the whole now and then.
	Audit    func(error)
	Progress func() // the loop has made a turn, for the watchdog; nil: nobody asks

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Engine runs the lanes. Its methods may be called from many goroutines.
type Engine struct {
	o       Options
	log     *slog.Logger
	metrics *metrics

	in      chan *request
	quit    chan struct{} // closed when Run begins to end
	stopped chan struct{} // closed when nothing is taken any more

	waitMu  sync.Mutex
	waiting map[purchase.CommandID]waitingOpen // OpenDoor behind an acknowledgement
	beside  calls                              // OpenDoor, Poll and others under way
	polls   chan struct{}                      // a place for each question under way

	view     atomic.Pointer[[]LaneView]
	lastGood atomic.Int64 // Unix ms of the last synchronised wall time

	// What follows is the loop's.
	orders   map[purchase.OrderID]*order
	bySeq    map[queue.Seq]purchase.OrderID
	strays   map[strayKey]queue.N          // callbacks of orders nobody knows; at most maxStrays are added
	timed    map[purchase.OrderID]struct{} // orders with a deadline
	lanes    map[string]*laneRun
	tasks    map[taskKey]task
	tills    map[string]till // by terminal
	deeds    []Deed          // manual actions, oldest first
	powered  clock.Powered
	saved    time.Duration // powered-on time at the last save
	follow   []*request    // what the cores asked for, before anything from outside
	held     []*request    // happened, and could not be committed yet
	timer    *time.Timer
	storeBad error // why nothing is committed
	failing  bool  // the last commit failed, and that is logged
	// recoverWait is the pause before the store is written anew the next time.
	recoverWait time.Duration
	refused     int64 // Mono ms of the last turn whose commit failed
	recover     chan error
	cared       int64 // Mono ms of the last look after the store
	ticked      int64 // Mono ms of the last tick
	heldAt      int64 // Mono ms of the last try to commit what is held

	vacuuming atomic.Bool
	sumBad    atomic.Bool // a sum of the ledger could not be read
}

type waitingOpen struct {
	order purchase.OrderID
	open  purchase.OpenDoor
}

// order is one open order in memory.
type order struct {
	seq     queue.Seq
	state   purchase.State
	bytes   []byte // of the record as it is in the store
	line    book.Line
	lineBad error // why the stored line was opened anew
	seen    []string
	parked  string // why; "" if it is not
	missed  int    // the newest events of its journal that it has not stepped for that
	// misbooked: its ledger does not add up, and that has been told.
	misbooked bool
	journal   []queue.N
	reports   map[int]queue.N // outbox rows by report number
	dead      map[int]queue.N // dead letters by report number

	entered  clock.Reading // its phase; zero: before this start
	eligible map[int]int64 // wall ms since when each report of the outbox may be sent
}

// laneRun is one lane and its terminal.
type laneRun struct {
	opts     LaneOptions
	state    lane.State
	stored   []byte               // of the lane's record as it is in the store
	told     map[lane.Reason]bool // what is wrong with the store, as the lane was told last
	last     *purchase.State
	reminded bool
	refusal  *RestockRefusal
	settling string // the terminal whose end of day is under way
	shown    LaneView
}

// New loads the store and prepares every lane. Nothing happens until Run. It
// blocks for the store.
func New(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{
		o: o, log: o.Logger, in: make(chan *request, maxBatch), quit: make(chan struct{}), stopped: make(chan struct{}),
		waiting: map[purchase.CommandID]waitingOpen{}, polls: make(chan struct{}, pollsAtOnce),
		orders: map[purchase.OrderID]*order{}, bySeq: map[queue.Seq]purchase.OrderID{},
		timed: map[purchase.OrderID]struct{}{}, lanes: map[string]*laneRun{}, tasks: map[taskKey]task{}, tills: map[string]till{},
		recover: make(chan error, 1),
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.log = e.log.With(logkey.Component, "engine")
	if e.o.NewID == nil {
		e.o.NewID = randomID
	}
	var err error
	if e.metrics, err = newMetrics(o.Registerer, o.Lanes); err != nil {
		return nil, err
	}
	snap, err := o.Store.Load(ctx)
	if err != nil {
		return nil, err
	}
	e.load(snap)
	for id := range e.orders {
		e.follow = append(e.follow, &request{ev: purchase.Event{Order: id, Body: purchase.Restarted{}}})
	}
	for name := range e.lanes {
		e.follow = append(e.follow, &request{lane: name, body: lane.Condition{Reason: lane.Starting}})
	}
	e.publish()
	return e, nil
}

func randomID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return id
}

// Terminals returns the terminals of all lanes, those included that are no longer
// configured and only drain, for the one who runs them.
func (e *Engine) Terminals() map[string]Terminal {
	out := map[string]Terminal{}
	for name, l := range e.lanes {
		if l.opts.Terminal != nil {
			out[name] = l.opts.Terminal
		}
	}
	return out
}
