package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"edged/internal/pause"
	"edged/internal/sim/displaysim"
	"edged/internal/sim/journal"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// Errors of the world.
var (
	// ErrNoLane is returned when a scenario names a lane or door that is not there.
	ErrNoLane = errors.New("world: no such lane or door")
	// ErrNotSettled is returned when a visit's money did not come to rest in time.
	ErrNotSettled = errors.New("world: not settled")
)

// DoorRef is one door of a cabinet.
type DoorRef struct {
	MachineID string `yaml:"machine_id"`
	Door      int    `yaml:"door"`
}

// LaneOptions are one terminal and one display before some doors.
type LaneOptions struct {
	Name     string
	Doors    []DoorRef
	Terminal readersim.Options
	Display  displaysim.Options
}

// Options make a World. It builds the simulators itself, because they refer to
// each other; SaaS.OnOpen is the world's.
type Options struct {
	SaaS  saassim.Options
	Lanes []LaneOptions
	// LedgerPath is the world's own ledger; "" keeps it in memory.
	LedgerPath string
	// OpenAfter is how long a lock takes to open; 150 ms.
	OpenAfter time.Duration
	// Alone is how long a door stays open when nobody is there; 1 s.
	Alone time.Duration
	// Happened, if set, is told of each ledger line. It must not block.
	Happened func(Event)
}

// World is the physical side. All methods may be called from any goroutine.
type World struct {
	SaaS  *saassim.Sim
	Lanes map[string]*Lane

	opt   Options
	book  *book
	goods map[string]saassim.Goods
	opens chan saassim.Order
}

// Lane is one lane's devices.
type Lane struct {
	Name     string
	Terminal *readersim.Terminal
	Display  *displaysim.Display
	Doors    []DoorRef

	mu    sync.Mutex
	here  *customer // who stands before the doors
	serve sync.Mutex
}

// customer is who waits for a door.
type customer struct {
	visit  string
	door   DoorRef
	opened chan string // order id, one
	waits  bool        // the card was taken: the next door that opens is for this one
}

// New builds the simulators and opens the ledgers. Nothing moves before Run.
func New(o Options) (*World, error) {
	o.OpenAfter, o.Alone = cmp.Or(o.OpenAfter, 150*time.Millisecond), cmp.Or(o.Alone, time.Second)
	b, err := journal.OpenBook(o.LedgerPath, fold())
	if err != nil {
		return nil, err
	}
	w := &World{
		opt: o, book: b, Lanes: map[string]*Lane{}, goods: map[string]saassim.Goods{},
		opens: make(chan saassim.Order, 256),
	}
	for _, m := range o.SaaS.Machines {
		for _, g := range m.Goods {
			w.goods[g.ID] = g
		}
	}
	o.SaaS.OnOpen = func(order saassim.Order) { w.opens <- order }
	if w.SaaS, err = saassim.New(o.SaaS); err != nil {
		return nil, err
	}
	for _, lo := range o.Lanes {
		if err := w.addLane(lo); err != nil {
			return nil, fmt.Errorf("lane %s: %w", lo.Name, err)
		}
	}
	return w, nil
}

func (w *World) addLane(o LaneOptions) error {
	t, err := readersim.New(o.Terminal)
	if err != nil {
		return err
	}
	d, err := displaysim.New(o.Display)
	if err != nil {
		return err
	}
	w.Lanes[o.Name] = &Lane{Name: o.Name, Terminal: t, Display: d, Doors: o.Doors}
	return nil
}

// Ledger returns a copy of the world's ledger as it is now.
func (w *World) Ledger() *Ledger { return w.book.Copy() }

// Record adds a line about something done to the world from outside: KillDone,
// NoteDone.
func (w *World) Record(k Kind, note string) { w.RecordAt(k, "", note) }

// RecordAt is Record of something that only one lane can have felt: KillDone, StruckDone.
func (w *World) RecordAt(k Kind, lane, note string) { w.add(Event{Kind: k, Lane: lane, Note: note}) }

func (w *World) add(e Event) {
	w.book.Add(e)
	if w.opt.Happened != nil {
		w.opt.Happened(e)
	}
}

// Run moves doors, terminals and the SaaS until ctx ends; it returns nil then, or
// the first ledger that could not be written.
func (w *World) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer w.book.Close()
	parts := []func(context.Context) error{w.SaaS.Run, w.doors}
	for _, l := range w.Lanes {
		parts = append(parts, l.Terminal.Run)
	}
	ends := make(chan error, len(parts))
	for _, run := range parts {
		go func() { ends <- run(ctx) }()
	}
	var first error
	for range parts {
		if err := <-ends; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	return first
}

// doors opens the doors the SaaS has accepted.
func (w *World) doors(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	for _, o := range w.unfinished() {
		all.Go(func() { w.finish(ctx, o) })
	}
	for w.book.Err() == nil {
		select {
		case o := <-w.opens:
			all.Go(func() { w.open(ctx, o) })
		case <-ctx.Done():
			return nil
		}
	}
	return w.book.Err()
}

// unfinished are the orders whose door this world, before it was killed, had to
// open or to close.
func (w *World) unfinished() []saassim.Order {
	var all []saassim.Order
	for _, o := range w.SaaS.Ledger().Orders {
		auto := o.Script.Shop != nil || o.Script.Cancel == saassim.CancelInsteadOfOpening
		if o.ClosedAt.IsZero() && !o.Cancelled && !auto {
			all = append(all, *o)
		}
	}
	return all
}

// finish opens a door that was not opened, or closes one that stood open: what was
// in hand was taken.
func (w *World) finish(ctx context.Context, o saassim.Order) {
	var open *Opening
	w.book.View(func(l *Ledger) {
		if x := l.Openings[o.OrderID]; x != nil {
			c := *x
			open = &c
		}
	})
	switch {
	case open == nil:
		w.open(ctx, o)
	case open.ClosedAt.IsZero():
		_ = w.SaaS.DoorOpened(o.OrderID)
		w.close(o, open.Visit, open.inHand)
	default:
		_ = w.SaaS.DoorOpened(o.OrderID)
		_ = w.SaaS.DoorClosed(o.OrderID, open.Taken)
	}
}

// open is the lock: whoever stands before the door may take; if nobody does, it is
// closed again.
func (w *World) open(ctx context.Context, o saassim.Order) {
	if !pause.For(ctx, w.opt.OpenAfter) {
		return
	}
	door := DoorRef{o.MachineID, o.Door}
	who := w.at(door)
	visit := ""
	if who != nil {
		visit = who.visit
	}
	w.add(Event{Kind: DoorOpened, OrderID: o.OrderID, Visit: visit, MachineID: o.MachineID, Door: o.Door})
	_ = w.SaaS.DoorOpened(o.OrderID) // the order is known: it came from there
	if who != nil {
		who.opened <- o.OrderID
		return
	}
	if pause.For(ctx, w.opt.Alone) {
		w.close(o, "", nil)
	}
}

// at takes the customer who waits at the door; the place is empty afterwards.
func (w *World) at(door DoorRef) *customer {
	for _, l := range w.Lanes {
		l.mu.Lock()
		who := l.here
		if who != nil && who.waits && who.door == door {
			l.here = nil
			l.mu.Unlock()
			return who
		}
		l.mu.Unlock()
	}
	return nil
}

// close records what was taken, then tells the SaaS.
func (w *World) close(o saassim.Order, visit string, taken []saassim.Line) {
	w.add(Event{
		Kind: DoorClosed, OrderID: o.OrderID, Visit: visit, MachineID: o.MachineID, Door: o.Door,
		Lines: taken, Total: saassim.TotalMinor(taken),
	})
	_ = w.SaaS.DoorClosed(o.OrderID, taken)
}

// CloseDoor closes the door of an order by hand, after what was taken: for a person
// who plays the customer. Errors: ErrNoLane if no door is open for the order.
func (w *World) CloseDoor(orderID string, taken []Pick) error {
	var open *Opening
	w.book.View(func(l *Ledger) {
		if x := l.Openings[orderID]; x != nil && x.ClosedAt.IsZero() {
			c := *x
			open = &c
		}
	})
	if open == nil {
		return fmt.Errorf("%w: none is open for order %s", ErrNoLane, orderID)
	}
	w.close(saassim.Order{OrderID: orderID, MachineID: open.MachineID, Door: open.Door}, open.Visit, w.lines(taken))
	return nil
}
