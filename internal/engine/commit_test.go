package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ncruces/go-sqlite3/vfs"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/testutil/powerfail"
)

// onDisk runs fn with an engine on a simulated disk.
func onDisk(t *testing.T, fn func(t *testing.T, b *bench, disk *powerfail.FS)) {
	synctest.Test(t, func(t *testing.T) {
		disk := powerfail.NewFS(nil, powerfail.NewLog())
		name, unregister := disk.Register()
		defer unregister()
		b := newBenchOn(t, queue.Options{VFS: name, Exclusive: true})
		defer func() { b.stop() }()
		synctest.Wait()
		fn(t, b, disk)
	})
}

func (b *bench) why() []lane.Reason { return b.eng.Lanes()[0].Why }

func TestM1_AHoldWhoseCommitFailsIsRefusedAndOpensNoDoor(t *testing.T) {
	onDisk(t, func(t *testing.T, b *bench, disk *powerfail.FS) {
		remove := disk.Inject(powerfail.Fault{Op: powerfail.Write, File: "-wal", Err: syscall.EROFS})
		b.term.taps <- struct{}{}
		synctest.Wait()
		if len(b.saas.opened) != 0 || len(b.term.open) != 0 {
			t.Errorf("%d doors asked for, the terminal holds %v; want neither", len(b.saas.opened), b.term.open)
		}
		if why := b.why(); !slices.Contains(why, lane.StoreBroken) {
			t.Errorf("the lane is out for %v, want %s among them", why, lane.StoreBroken)
		}
		remove()
		time.Sleep(2 * time.Minute)
		b.sell()
	})
}

func TestM3_AnEndWhoseCommitFailsIsStoredLater(t *testing.T) {
	onDisk(t, func(t *testing.T, b *bench, disk *powerfail.FS) {
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		// the recognition and the terminal's result are stored, the end behind them is not
		remove := disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO, Skip: 2})
		b.post(id, "detected", goods("3.00"))
		synctest.Wait()
		if len(b.term.taken) != 1 {
			t.Fatalf("the terminal took %v, want one capture", b.term.taken)
		}
		remove()
		time.Sleep(time.Minute)
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.State.Outcome == nil || v.State.Outcome.Captured != 300 || v.State.Outcome.Flag != "" {
			t.Errorf("outcome %+v, %v; want 3.00 captured and confirmed", v.State.Outcome, err)
		}
		if why := b.why(); slices.Contains(why, lane.StoreBroken) {
			t.Errorf("the lane is still out for %v", why)
		}
	})
}

func TestM6_ACallbackWhoseCommitFailsIsNotAnsweredAndCountsWhenItComesAgain(t *testing.T) {
	onDisk(t, func(t *testing.T, b *bench, disk *powerfail.FS) {
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO, Times: 1})
		detected := purchase.Event{Order: id, Key: "detected", Body: goods("3.00")}
		if _, err := b.eng.Post(t.Context(), detected); !errors.Is(err, queue.ErrNotDurable) {
			t.Fatalf("%v, want ErrNotDurable", err)
		}
		if len(b.term.taken) != 0 {
			t.Errorf("the terminal took %v for a recognition that is not stored", b.term.taken)
		}
		time.Sleep(time.Minute) // the store is written anew, the engine reloads
		if _, err := b.eng.Post(t.Context(), detected); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(b.term.taken) != 1 {
			t.Errorf("the terminal took %v, want one capture", b.term.taken)
		}
	})
}

// TestM3_WhileTheDiskHangsNothingIsAcknowledged: a commit that takes longer than the
// terminal waits may still come to be; the terminal has reversed the hold by then.
func TestM3_WhileTheDiskHangsNothingIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var hangs atomic.Bool
		var turns atomic.Int64
		disk := watchDisk(func() {
			if hangs.Load() {
				<-hang
			}
		}, func() {})
		defer vfs.Unregister(disk.name)
		b := newBenchOn(t, queue.Options{VFS: disk.name})
		defer func() { b.stop() }()
		b.change = func(o *Options) { o.Progress = func() { turns.Add(1) } }
		b.restart()
		time.Sleep(time.Minute)
		id, hold := b.armed(), purchase.Hold{Terminal: "12345678", Receipt: "0200", Amount: 5000}
		hangs.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // T3 less a second
		defer cancel()
		_, err := b.eng.Post(ctx, purchase.Event{Order: id, Body: purchase.HoldGranted{Command: "arm", Hold: hold}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that it came too late", err)
		}
		before := turns.Load()
		time.Sleep(time.Minute)
		if n := turns.Load() - before; n != 0 {
			t.Errorf("the loop told the watchdog %d times that it goes on while the disk hung", n)
		}
		hangs.Store(false)
		close(hang)
		b.post(id, "", purchase.Ended{Command: "arm", What: purchase.CmdArm, Outcome: purchase.NotDone, Reason: purchase.ReasonReversed, CardSeen: true})
		synctest.Wait()
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.State.Outcome == nil || v.State.Outcome.Kind != purchase.Cancelled || len(b.saas.opened) != 0 {
			t.Errorf("outcome %+v, %d doors asked for, %v; want it cancelled without", v.State.Outcome, len(b.saas.opened), err)
		}
		if turns.Load() == before {
			t.Errorf("the loop does not go on")
		}
	})
}

func TestALaneThatIsGoneFromTheConfigurationDrainsAndSellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		asked := ""
		b.change = func(o *Options) {
			opts := o.Lanes[0]
			o.Lanes = nil
			o.LaneFor = func(name string, _ money.Currency, _ []byte) (LaneOptions, error) {
				asked = name
				return LaneOptions{Terminal: opts.Terminal}, nil
			}
		}
		b.restart()
		synctest.Wait()
		if why := b.why(); asked != "front" || !slices.Contains(why, lane.Draining) {
			t.Errorf("lane %q is out for %v, want front for %s", asked, why, lane.Draining)
		}
		b.post(id, "detected", goods("3.00"))
		synctest.Wait()
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		if got := b.phase(id); got != purchase.PhaseClosed || len(b.term.taken) != 1 {
			t.Errorf("phase %s, the terminal took %v; want it sold and closed", got, b.term.taken)
		}
		if v := b.eng.Lanes()[0]; v.Armed {
			t.Errorf("a lane that is gone waits for a card")
		}
	})
}

// TestADiskThatTakesAFileAndThenNoCommitIsNotWornOut: writing the store anew works
// every time, and every commit behind it fails.
func TestADiskThatTakesAFileAndThenNoCommitIsNotWornOut(t *testing.T) {
	onDisk(t, func(t *testing.T, b *bench, disk *powerfail.FS) {
		remove := disk.Inject(powerfail.Fault{Op: powerfail.Sync, File: "-wal", Err: syscall.EIO})
		before := disk.Log().Count(powerfail.Rename)
		b.term.taps <- struct{}{}
		for range 10 * 60 / 5 { // what the terminal says must be stored some time
			time.Sleep(5 * time.Second)
			_, _ = b.eng.Post(t.Context(), purchase.Event{Order: b.armed(), Body: purchase.Abandon{Why: "closing time"}})
		}
		if n := (disk.Log().Count(powerfail.Rename) - before) / 2; n == 0 || n > 20 {
			t.Errorf("the store was written anew %d times in 10 minutes, want at most 20", n)
		}
		remove()
		time.Sleep(2 * time.Minute)
		b.sell()
	})
}
