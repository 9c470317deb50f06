package saassim

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"edged/internal/sim/journal"
)

// ErrUnknownOrder is returned when an order was never opened here.
var ErrUnknownOrder = errors.New("saassim: unknown order")

// Sim is one simulated SaaS. Run posts its callbacks; ServeHTTP answers calls. All
// methods may be called from any goroutine.
type Sim struct {
	opt  Options
	book *book
	wake chan struct{}

	mu        sync.Mutex
	tokens    map[string]time.Time // until when
	scripts   map[doorKey][]Script
	faults    []*CallFault
	assigned  map[string]Script // of orders whose OpenDoor has been seen
	perOrder  map[string][]*CallFault
	machines  map[string]Machine
	posting   map[int64]bool      // callbacks under way
	retryAt   map[int64]time.Time // callbacks that were not taken
	cut       bool
	listeners []*cutListener
}

type doorKey struct {
	machineID string
	door      int
}

// New opens the ledger; callbacks that were not taken go on when Run starts.
func New(o Options) (*Sim, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	b, err := journal.OpenBook(o.LedgerPath, fold())
	if err != nil {
		return nil, err
	}
	s := &Sim{
		opt: o, book: b, wake: make(chan struct{}, 1),
		tokens: map[string]time.Time{}, scripts: map[doorKey][]Script{}, perOrder: map[string][]*CallFault{},
		assigned: map[string]Script{},
		machines: map[string]Machine{}, posting: map[int64]bool{}, retryAt: map[int64]time.Time{},
	}
	for _, m := range o.Machines {
		s.machines[m.ID] = m
	}
	return s, nil
}

// Ledger returns a copy of the ledger as it is now.
func (s *Sim) Ledger() *Ledger { return s.book.Copy() }

// Changed returns a channel that is closed when the ledger next changes.
func (s *Sim) Changed() <-chan struct{} { return s.book.Next() }

// Quiet says whether an order has no callback left to be taken.
func (s *Sim) Quiet(orderID string) bool {
	quiet := true
	s.book.Edit(func(led *Ledger, _ func(Event)) {
		if o := led.Orders[orderID]; o != nil {
			quiet = len(front(o)) == 0
		}
	})
	return quiet
}

// Reported says whether a report of that PayType was acknowledged for the order,
// for every claim if it is not 0.
func (s *Sim) Reported(orderID string, payType int) bool {
	done := false
	s.book.Edit(func(led *Ledger, _ func(Event)) {
		if o := led.Orders[orderID]; o != nil {
			done = o.reported(payType)
		}
	})
	return done
}

// SetMachine adds or replaces a machine.
func (s *Sim) SetMachine(m Machine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.machines[m.ID] = m
}

// RevokeTokens makes every token invalid: the next calls get 401.
func (s *Sim) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Cut takes the SaaS off the network, or puts it back: calls end without an answer
// and no callback is posted.
func (s *Sim) Cut(off bool) {
	s.mu.Lock()
	s.cut = off
	listeners := s.listeners
	s.mu.Unlock()
	for _, l := range listeners {
		if off {
			l.cutAll()
		}
	}
	s.nudge()
}

func (s *Sim) isCut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut
}

func (s *Sim) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Sim) point(name string) {
	if s.opt.OnPoint != nil {
		s.opt.OnPoint(name)
	}
}

// newToken is unguessable, as the real ones are assumed to be.
func newToken() string { return rand.Text() }

// DoorOpened tells that the door of an order has opened.
func (s *Sim) DoorOpened(orderID string) error {
	defer s.nudge()
	return s.onOrder(orderID, func(led *Ledger, o *Order, add func(Event)) {
		if o.OpenedAt.IsZero() {
			add(Event{Kind: Opened, OrderID: orderID})
			s.queue(led, o, add, callback{action: ActionOpened})
		}
	})
}

// DoorClosed tells that the door of an order has closed and what was taken.
// Recognition follows by the order's script.
func (s *Sim) DoorClosed(orderID string, taken []Line) error {
	defer s.nudge()
	return s.onOrder(orderID, func(led *Ledger, o *Order, add func(Event)) {
		if !o.ClosedAt.IsZero() {
			return
		}
		add(Event{Kind: Closed, OrderID: orderID, Lines: taken, Total: TotalMinor(taken)})
		if o.Script.Cancel == CancelAfterOpening {
			s.cancelOnClosing(led, o, add, 0)
			return
		}
		s.queue(led, o, add, callback{action: ActionClosed})
		s.decide(led, o, add, 0)
	})
}

// Cancel tells the gateway that the machine failed to open, or reported an
// exception on closing.
func (s *Sim) Cancel(orderID, why string) error {
	defer s.nudge()
	return s.onOrder(orderID, func(led *Ledger, o *Order, add func(Event)) {
		s.queue(led, o, add, callback{action: ActionCancel, failed: true, msg: why})
	})
}

// Detect posts a recognition result, whatever the script says.
func (s *Sim) Detect(orderID string, d Decision) error { return s.verdict(orderID, ActionDetected, d) }

// Settle posts the merchant's decision.
func (s *Sim) Settle(orderID string, d Decision) error { return s.verdict(orderID, ActionSettled, d) }

func (s *Sim) verdict(orderID, action string, d Decision) error {
	defer s.nudge()
	return s.onOrder(orderID, func(led *Ledger, o *Order, add func(Event)) {
		s.queueDecision(led, o, add, action, d, d.After)
	})
}

// Adjust asks the gateway for more money. Refund asks it to give some back.
func (s *Sim) Adjust(orderID string, c Claim) error { return s.claim(orderID, ActionAdjust, c) }

// Refund asks the gateway to give money back.
func (s *Sim) Refund(orderID string, c Claim) error { return s.claim(orderID, ActionRefund, c) }

func (s *Sim) claim(orderID, action string, c Claim) error {
	defer s.nudge()
	return s.onOrder(orderID, func(led *Ledger, o *Order, add func(Event)) {
		s.queueClaim(led, o, add, action, c)
	})
}

func (s *Sim) onOrder(orderID string, f func(*Ledger, *Order, func(Event))) error {
	err := error(nil)
	s.book.Edit(func(led *Ledger, add func(Event)) {
		o := led.Orders[orderID]
		if o == nil {
			err = fmt.Errorf("%w: %s", ErrUnknownOrder, orderID)
			return
		}
		f(led, o, add)
	})
	return err
}

// cancelOnClosing is an exception when the door closes; the merchant may settle.
func (s *Sim) cancelOnClosing(led *Ledger, o *Order, add func(Event), wait time.Duration) {
	s.queue(led, o, add, callback{action: ActionCancel, failed: true, msg: "exception on closing", after: wait})
	if d := o.Script.Settle; d != nil {
		s.queueDecision(led, o, add, ActionSettled, *d, wait+d.After)
	}
}

// decide queues what the script says about the order once its door has closed.
// wait is added to every delay.
func (s *Sim) decide(led *Ledger, o *Order, add func(Event), wait time.Duration) {
	sc := o.Script
	if !sc.NoDetect {
		d := Decision{Mode: 0, Lines: o.Taken}
		if sc.Detect != nil {
			d = *sc.Detect
		} else if len(o.Taken) == 0 && s.opt.NothingIsMode1 {
			d.Mode = 1
		}
		wait += cmp.Or(d.After, s.opt.DetectAfter)
		s.queueDecision(led, o, add, ActionDetected, d, wait)
	}
	if sc.Contradict != nil {
		s.queueDecision(led, o, add, ActionDetected, *sc.Contradict, wait+sc.Contradict.After)
	}
	if sc.Settle != nil {
		s.queueDecision(led, o, add, ActionSettled, *sc.Settle, wait+sc.Settle.After)
	}
}

// Run posts callbacks until ctx ends; it returns when every post has ended, and
// nil, or the error that kept it from writing its ledger.
func (s *Sim) Run(ctx context.Context) error {
	var posts sync.WaitGroup
	defer s.book.Close()
	defer posts.Wait()
	for s.book.Err() == nil {
		ready, next := s.ready(time.Now())
		for _, c := range ready {
			posts.Go(func() { s.post(ctx, c) })
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-s.wake:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
	return s.book.Err()
}

// idle is how long Run sleeps when nothing is due; it is woken before.
const idle = time.Hour

// ready marks the callbacks to be posted now and says when the next is due. Those
// of one order go in line, those of others do not wait for them.
func (s *Sim) ready(now time.Time) ([]job, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := idle
	if s.cut {
		return nil, next
	}
	var jobs []job
	s.book.Edit(func(led *Ledger, _ func(Event)) {
		for _, o := range led.Orders {
			for _, c := range front(o) {
				due := c.Due
				if r, ok := s.retryAt[c.ID]; ok && r.After(due) {
					due = r
				}
				switch {
				case s.posting[c.ID]:
				case due.After(now):
					next = min(next, due.Sub(now))
				default:
					s.posting[c.ID] = true
					jobs = append(jobs, job{c.ID, o.OrderID, c.Action, cmp.Or(c.URL, o.NotifyURL), c.Body, c.Noise, c.Pad})
				}
			}
		}
	})
	return jobs, next
}

// front returns the callbacks of an order that nothing is in the way of: the first
// in line and those outside the line.
func front(o *Order) []*Callback {
	var open, first []*Callback
	for _, c := range o.Callbacks {
		if !c.TakenAt.IsZero() {
			continue
		}
		if c.Detached {
			first = append(first, c)
		} else {
			open = append(open, c)
		}
	}
	slices.SortStableFunc(open, func(a, b *Callback) int { return a.Due.Compare(b.Due) })
	if len(open) > 0 {
		first = append(first, open[0])
	}
	return first
}
