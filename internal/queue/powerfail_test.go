package queue

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edged/internal/testutil/powerfail"
)

var allStates = flag.Int("powerfail.states", 5000, "crash states to check, those cut again not counted")

// share is one test's part of the crash states.
func share(percent int) int {
	if testing.Short() {
		return *allStates * percent / 500
	}
	return *allStates * percent / 100
}

// busyCheckpoints are the store's settings with so short a WAL that checkpoints
// happen all the time.
func busyCheckpoints() []string {
	list := pragmas(true)
	for i, p := range list {
		if strings.HasPrefix(p, "PRAGMA wal_autocheckpoint") {
			list[i] = "PRAGMA wal_autocheckpoint=60"
		}
	}
	return list
}

func TestPowerFailureLosesAndTearsNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		pragmas []string
		txns    int
	}{
		{"with checkpoints all the time", busyCheckpoints(), 100},
		{"with the store's own settings", pragmas(true), 120},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := recordMixed(t, c.txns, c.pragmas)
			start := time.Now()
			r := powerfail.Explore(t, m.log, powerfail.Options{States: share(40)}, m.check)
			t.Logf("%d operations, %d syncs: %s (%s)", m.log.Len(), m.log.Count(powerfail.Sync), r, time.Since(start).Round(time.Millisecond))
			if r.Bad > 0 {
				t.Errorf("bad states: %s", r)
			}
		})
	}
}

// TestPowerFailureDuringASalvage cuts the replacement of a damaged database: the
// sound rows are there after every cut, and so is the damaged file.
func TestPowerFailureDuringASalvage(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 30)
	damage(t, dir, leaf(t, dir, "orders"))
	bad, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	log := powerfail.NewLog()
	s := simulated(t, powerfail.NewFS(powerfail.Files{databaseName: bad}, log))
	if s.Report().Damage == "" {
		t.Fatalf("no damage seen: %+v", s.Report())
	}
	commit(t, s, putLane("sure"))
	log.Mark("sure")
	want := len(load(t, s).Orders)
	var first Seq
	commit(t, s, func(tx *Tx) (err error) { first, err = tx.NewSeq(); return err })
	r := powerfail.Explore(t, log, powerfail.Options{States: share(5)}, func(st *powerfail.State) error {
		name, unregister := st.Disk.Register()
		defer unregister()
		s, err := Open(context.Background(), Options{Dir: st.Dir, VFS: name, Exclusive: true})
		if err != nil {
			return err
		}
		defer s.Close()
		snap, err := s.Load(context.Background())
		if err != nil {
			return err
		}
		if len(snap.Orders) != want || len(st.Marks) > 0 && string(snap.Lanes["front"]) != "sure" {
			return fmt.Errorf("LOST: %d orders of %d, lane %q, report %+v", len(snap.Orders), want, snap.Lanes["front"], s.Report())
		}
		if there, _ := st.Disk.Exists(databaseName + suffixBad + "1"); !there {
			return errors.New("LOST: the damaged file")
		}
		return s.Commit(context.Background(), func(tx *Tx) error {
			if seq, err := tx.NewSeq(); err != nil || seq < first {
				return fmt.Errorf("REUSED: number %d, want at least %d, %w", seq, first, err)
			}
			return nil
		})
	})
	t.Logf("%d operations: %s", log.Len(), r)
	if r.Bad > 0 {
		t.Errorf("bad states: %s", r)
	}
}

// TestTheHarnessSeesAMissingSync keeps the harness from going blind: with
// synchronous=NORMAL a commit is not synced and must be seen to get lost.
func TestTheHarnessSeesAMissingSync(t *testing.T) {
	list := busyCheckpoints()
	for i, p := range list {
		if p == "PRAGMA synchronous=EXTRA" {
			list[i] = "PRAGMA synchronous=NORMAL"
		}
	}
	m := recordMixed(t, 40, list)
	r := powerfail.Explore(t, m.log, powerfail.Options{States: 300, StopAfter: 5}, m.check)
	t.Logf("synchronous=NORMAL: %s", r)
	if r.Bad == 0 {
		t.Errorf("nothing wrong seen in %d states", r.States)
	} else if said := r.First.Error(); !strings.Contains(said, "LOST") && !strings.Contains(said, errGone.Error()) && !strings.Contains(said, errOlder.Error()) {
		t.Errorf("first bad state is not a lost commit: %v", r.First)
	}
}
