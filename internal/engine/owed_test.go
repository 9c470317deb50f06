package engine

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"testing/synctest"

	"edged/internal/purchase"
)

// killed is a copy of the store as a kill of the daemon at this moment leaves it.
func (b *bench) killed() string {
	b.t.Helper()
	dir := b.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(b.dir)); err != nil {
		b.t.Fatal(err)
	}
	return dir
}

func readOwed(t *testing.T, dir string) Owed {
	t.Helper()
	o, err := ReadOwed(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestM4_NothingIsOwedOnlyWhenEverythingIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		at := func(when string, phase purchase.Phase, held int, reports int) {
			t.Helper()
			o := readOwed(t, b.killed())
			if len(o.Orders) != 1 || o.Orders[0].Phase != phase || int(o.Orders[0].Held) != held || o.Reports != reports {
				t.Errorf("%s: got %+v, want one order that is %s, %d held and %d reports", when, o, phase, held, reports)
			}
		}
		synctest.Wait()
		at("armed and killed: the terminal may have gone on", purchase.PhaseArmed, 5000, 0)
		b.term.taps <- struct{}{}
		synctest.Wait()
		at("held", purchase.PhaseOpening, 5000, 0)
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		b.post(id, "detected", goods("3.00"))
		synctest.Wait()
		if o := readOwed(t, b.killed()); o.Reports != 1 || o.Nothing() {
			t.Errorf("captured and not reported: got %+v, want one report", o)
		}
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		synctest.Wait()
		b.stop()
		b.stop = func() {}
		if o := readOwed(t, b.dir); !o.Nothing() {
			t.Errorf("reported and stopped: got %+v, want nothing", o)
		}
	})
}

func TestAParkedOrderIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.parkOne()
		b.stop()
		if o := readOwed(t, b.dir); len(o.Orders) != 1 || o.Tasks != 1 {
			t.Errorf("got %+v, want one order and its task", o)
		}
	})
}

func TestWithoutAStoreThatIsSaid(t *testing.T) {
	if _, err := ReadOwed(t.Context(), t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}
