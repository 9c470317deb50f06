package engine

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"

	"edged/internal/clock"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sender"
	"edged/internal/testutil/powerfail"
)

// cutRun is one incarnation of edged's engine, store and sender among terminals, a
// SaaS and customers that outlive it.
type cutRun struct {
	led   *cutLedger
	disk  *powerfail.FS
	dir   string
	clock *clock.Fake
	store *queue.Store
	eng   *Engine
	terms map[string]*cutTerminal
	saas  *cutSaaS
	post  Post // the engine's, or a sabotaged one
	began time.Time

	archive *cutArchive

	ctx     context.Context // of the outside world
	stopAll func() error
}

// cutOptions are how an incarnation begins.
type cutOptions struct {
	plan    []cutVisit
	disk    *powerfail.FS
	dir     string
	marks   []any
	killed  bool              // the machine lives on: same boot, and no time without power
	vfs     vfs.VFS           // nil: disk
	post    func(Post) Post   // sabotage; nil: none
	deaf    bool              // sabotage: reports go nowhere and count as acknowledged
	archive *cutArchive       // nil: its own
	reserve int64             // bytes of the money reserve
	clock   func(*clock.Fake) // before edged looks at it the first time; nil: nothing
}

// startCut opens the store on what a cut has left, and starts everything.
func startCut(o cutOptions) (*cutRun, error) {
	r := &cutRun{led: newCutLedger(o.plan, o.disk.Log(), o.marks), disk: o.disk, dir: o.dir, began: time.Now(), archive: o.archive}
	if r.archive == nil {
		r.archive = &cutArchive{}
	}
	r.bootClock(o)
	if o.vfs == nil {
		o.vfs = o.disk
	}
	name := fmt.Sprintf("engine-%p", r)
	vfs.Register(name, o.vfs)
	var err error
	r.store, err = queue.Open(context.Background(), queue.Options{Dir: o.dir, VFS: name, Exclusive: true, ReserveBytes: o.reserve})
	if err != nil {
		vfs.Unregister(name)
		return nil, fmt.Errorf("open: %w", err)
	}
	r.saas = &cutSaaS{run: r, deaf: o.deaf, calls: map[purchase.OrderID]int{}}
	r.terms = map[string]*cutTerminal{"front": newCutTerminal(r, "front"), "back": newCutTerminal(r, "back")}
	if r.eng, err = New(context.Background(), r.engineOptions()); err != nil {
		return nil, fmt.Errorf("new engine: %w", err)
	}
	r.post = r.eng.Post
	if o.post != nil {
		r.post = o.post(r.eng.Post)
	}
	r.stopAll = func() error { defer vfs.Unregister(name); return r.store.Close() }
	return r, nil
}

// bootClock: after a power cut the clock has not been set yet, and a new boot
// begins; after a kill nothing of the kind.
func (r *cutRun) bootClock(o cutOptions) {
	last := r.led.start
	for _, m := range o.marks {
		last.mono = max(m.(cutFact).mono, last.mono)
	}
	boot := last.boot
	r.clock = clock.NewFake(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	if !o.killed || boot == 0 {
		boot++
	}
	for range boot - 1 {
		r.clock.Reboot(time.Minute)
	}
	if o.killed {
		r.clock.Pass(last.mono + time.Second)
		r.clock.SetSynced(true)
	}
	if o.clock != nil {
		o.clock(r.clock)
	}
	r.led.start = cutFact{kind: cutStarted, inc: last.inc + 1, boot: boot}
	r.led.log.Mark(r.led.start)
}

func (r *cutRun) engineOptions() Options {
	o := Options{
		Store: r.store, Clock: r.clock, SaaS: r.saas,
		EncodeReport: func(r purchase.Report) ([]byte, error) { r.State = ""; return json.Marshal(r) },
		Audit:        r.led.misbooked,
	}
	made := uint64(0)
	o.NewID = func() (id [16]byte) {
		made++
		binary.BigEndian.PutUint64(id[:], uint64(r.led.start.inc))
		binary.BigEndian.PutUint64(id[8:], made)
		return id
	}
	for name, term := range r.terms {
		o.Lanes = append(o.Lanes, LaneOptions{
			Settings: lane.Settings{Name: name, Doors: []lane.Door{cutDoorOf(name)}, MaxHolds: 2},
			Terms:    cutTerms(), Limit: cutLimit, Currency: "EUR", Terminal: term,
		})
	}
	return o
}

// run starts the loops; stop ends them and closes the store.
func (r *cutRun) run() (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	outside, cancelOutside := context.WithCancel(ctx)
	r.ctx = outside
	var loop, drivers sync.WaitGroup
	snd, err := sender.New(sender.Options{
		Outbox: r.store, Send: r.saas.send, Post: r.post, Account: cutTerms().Account,
		PerSecond: 2, RetryBase: time.Second, RetryCap: 30 * time.Second, Rand: func() float64 { return 0.5 },
	})
	if err != nil {
		panic(err) // the options are constant
	}
	r.eng.o.Outbox = snd.Wake
	loop.Go(func() { _ = r.eng.Run(ctx) })
	drivers.Go(func() { _ = snd.Run(outside) })
	for _, term := range r.terms {
		drivers.Go(func() { _ = term.Run(outside, r.post, r.eng.Acked) })
	}
	_ = r.eng.SaaSHeard(ctx, true) // ctx is alive
	r.goOn()
	return func() error {
		cancelOutside()
		r.saas.telling.Wait()
		drivers.Wait()
		cancel()
		loop.Wait()
		time.Sleep(time.Second) // for what a sabotaged post still has in hand
		return r.stopAll()
	}
}

// atEnd has fn called when everything has stopped and the store is still open.
func (r *cutRun) atEnd(fn func()) {
	end := r.stopAll
	r.stopAll = func() error { fn(); return end() }
}

// goOn: what the outside world had begun, it goes on with.
func (r *cutRun) goOn() {
	var orders, restocks []purchase.OrderID
	r.led.look(func() {
		for i, s := range r.led.sales {
			done := s.answered == len(s.visit.says)
			if s.taken && (!done || i >= len(r.led.sales)-3) {
				orders = append(orders, s.order)
			}
		}
		for id, at := range r.led.restocks {
			if at != cutRestocked {
				restocks = append(restocks, id)
			}
		}
	})
	for _, id := range orders {
		r.saas.tell(r.ctx, id)
	}
	for _, id := range restocks {
		r.endRestock(id)
	}
}

func (r *cutRun) note(f cutFact) { r.led.note(f, r.clock.Read().SinceBoot) }

// sleep waits; false: the outside world ends.
func (r *cutRun) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.ctx.Done():
		return false
	}
}

// restock opens the back lane's door for the operator's staff.
func (r *cutRun) restock() {
	id := purchase.NewOrderID([16]byte{0xff})
	r.note(cutFact{kind: cutRestocking, order: id})
	_ = r.eng.Lane(r.ctx, "back", lane.RestockAsked{ID: id, Door: cutDoorOf("back"), Who: "staff"})
	r.sleep(time.Second)
	r.endRestock(id)
}

func (r *cutRun) endRestock(id purchase.OrderID) {
	for _, body := range []lane.Body{
		lane.RestockSign{ID: id, Sign: purchase.SignOpened}, lane.RestockSign{ID: id, Sign: purchase.SignClosed}, lane.RestockEnded{ID: id},
	} {
		if r.eng.Lane(r.ctx, "back", body) != nil {
			return // the lane goes on restocking, which the audit sees
		}
	}
	r.note(cutFact{kind: cutRestocked, order: id})
}

// customers sends the whole plan, lane by lane, each as soon as the terminal waits
// for a card.
func (r *cutRun) customers() {
	var lanes sync.WaitGroup
	for name, term := range r.terms {
		lanes.Go(func() {
			if name == "back" {
				r.restock()
			}
			for i, v := range r.led.plan {
				if v.lane != name {
					continue
				}
				select {
				case term.taps <- i:
				case <-time.After(time.Hour):
					r.led.look(func() { r.led.fail("M3", "lane %s does not sell any more: %v", name, r.eng.Lanes()) })
					return
				}
			}
		})
	}
	lanes.Wait()
}

// rest waits until nothing is to come any more, for an hour at most: then the audit
// says what hangs.
func (r *cutRun) rest() {
	for range 600 {
		time.Sleep(6 * time.Second)
		busy, waiting := 0, r.saas.waiting() // in this sequence: a callback may come at this very moment
		var people []purchase.Event
		_ = r.eng.do(r.ctx, func() { busy, people = r.busy(), r.people() }) // the loop runs
		if busy == 0 && waiting == 0 {
			return
		}
		for _, ev := range people {
			_, err := r.eng.Post(r.ctx, ev) // else he does it in the next round
			if p := ev.Body.(purchase.Person); err == nil && p.Act == purchase.ActDropReport {
				r.note(cutFact{kind: cutDropped, order: ev.Order, n: p.Report})
			}
		}
	}
}

// people do what waits for a person: refunds by other means, doors whose callback
// will never come, reports that the SaaS refuses.
func (r *cutRun) people() (out []purchase.Event) {
	for id, o := range r.eng.orders {
		if o.state.Outcome != nil && o.state.DoorBusy() && r.saas.waiting() == 0 {
			out = append(out, purchase.Event{Order: id, Body: purchase.Person{Act: purchase.ActDoorClosed, Who: "staff"}})
		}
		for _, rep := range o.state.Reports {
			if rep.State == purchase.ReportDead {
				out = append(out, purchase.Event{Order: id, Body: purchase.Person{
					Act: purchase.ActDropReport, Report: rep.N, Note: "told by telephone", Who: "staff",
				}})
			}
		}
		for _, f := range o.state.Refunds {
			if f.State == purchase.RefundTask {
				out = append(out, purchase.Event{Order: id, Body: purchase.Person{
					Act: purchase.ActRefundDone, Number: f.Number, Amount: f.Amount, Who: "staff",
				}})
			}
		}
	}
	return out
}

// busy counts orders that do not wait for a card, and lanes that do not sell.
func (r *cutRun) busy() (n int) {
	for _, o := range r.eng.orders {
		if o.state.Phase() != purchase.PhaseArmed {
			n++
		}
	}
	for _, l := range r.eng.lanes {
		if !l.state.Selling() {
			n++
		}
	}
	return n + len(r.eng.held)
}
