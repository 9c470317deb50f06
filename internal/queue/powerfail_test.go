package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// acked is a mark: commit number txn of the mixed run has returned, and with it
// every number up to maxID was given to somebody.
type acked struct {
	txn   int
	maxID int64
}

// ackedLane is a mark of one of the concurrent writers.
type ackedLane struct {
	lane  string
	value int64
}

// ackedRecovery is a mark of a check: it has given out seq.
type ackedRecovery struct{ seq Seq }

// content is a dump of a store: "table/key" to value.
type content map[string]string

// mixed is a run of commits of every kind, with the content after each.
type mixed struct {
	s       *Store
	log     *powerfail.Log
	rng     *rand.Rand
	now     content
	after   []content       // by transaction number; [0] is the empty store
	gone    map[string]bool // reports whose deletion was queued with Later
	pending []string        // of them, not yet in a commit
	orders  []Seq
	journal map[Seq][]N
	reports []N
	maxID   int64
}

func recordMixed(t testing.TB, txns int, pragmas []string) *mixed {
	t.Helper()
	m := &mixed{
		log: powerfail.NewLog(), rng: rand.New(rand.NewPCG(7, 7)), now: content{},
		after: []content{{}}, gone: map[string]bool{}, journal: map[Seq][]N{},
	}
	name, unregister := powerfail.NewFS(nil, m.log).Register()
	defer unregister()
	var err error
	m.s, err = Open(t.Context(), Options{Dir: t.TempDir(), VFS: name, Exclusive: true, pragmas: pragmas})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= txns; i++ {
		m.step(t, i)
		if i%20 == 0 {
			m.together(t, int64(i))
		}
	}
	closeStore(t, m.s)
	return m
}

// step makes one commit of several writes, among them one that is undone, and
// queues a deletion behind it.
func (m *mixed) step(t testing.TB, i int) {
	next := maps.Clone(m.now)
	for _, key := range m.pending {
		delete(next, key)
	}
	m.pending = nil
	commit(t, m.s, func(tx *Tx) error { return m.write(tx, i, next) })
	m.now = next
	m.after = append(m.after, maps.Clone(next))
	m.log.Mark(acked{i, m.maxID})
	if len(m.reports) > 8 {
		n := m.reports[0]
		m.reports = m.reports[1:]
		key := fmt.Sprintf("reports/%d", n)
		m.gone[key] = true
		m.pending = append(m.pending, key)
		m.s.Later(func(tx *Tx) error { return tx.DeleteReport(n) })
	}
}

func (m *mixed) write(tx *Tx, i int, next content) error {
	seq, err := m.order(tx, i, next)
	if err != nil {
		return err
	}
	err = tx.Savepoint(func() error {
		if err := tx.PutLane("front", []byte("undone")); err != nil {
			return err
		}
		if _, err := tx.AddReport(seq, []byte("undone")); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		return fmt.Errorf("savepoint: %w", err)
	}
	body := m.bytes(400)
	n, err := tx.AddReport(seq, body)
	if err != nil {
		return err
	}
	m.reports = append(m.reports, n)
	m.saw(int64(n))
	next[fmt.Sprintf("reports/%d", n)] = string(body)
	return errors.Join(m.small(tx, i, seq, next), m.archive(tx, i, next))
}

var errUndo = errors.New("undo")

// order writes a new order or changes one, with a journal row.
func (m *mixed) order(tx *Tx, i int, next content) (Seq, error) {
	if i%3 == 1 || len(m.orders) == 0 {
		seq, err := tx.NewSeq()
		if err != nil {
			return 0, err
		}
		m.orders = append(m.orders, seq)
		m.saw(int64(seq))
	}
	seq := m.orders[m.rng.IntN(len(m.orders))]
	state := m.bytes(600 + m.rng.IntN(900))
	next[fmt.Sprintf("orders/%d", seq)] = string(state)
	if err := tx.PutOrder(seq, idOf(seq), state); err != nil {
		return 0, err
	}
	n, err := tx.AppendJournal(seq, state[:80])
	m.journal[seq] = append(m.journal[seq], n)
	m.saw(int64(n))
	next[fmt.Sprintf("journal/%d", n)] = string(state[:80])
	return seq, err
}

// small writes the small tables.
func (m *mixed) small(tx *Tx, i int, seq Seq, next content) error {
	v := fmt.Sprint(i)
	next["meta/txn"], next["lanes/front"] = v, v
	err := errors.Join(tx.PutMeta("txn", []byte(v)), tx.PutLane("front", []byte(v)))
	if i%7 == 0 {
		n, taskErr := tx.PutTask(0, seq, "refund", []byte(v))
		d, deadErr := tx.PutDead(Dead{Seq: seq, Class: "report", Reason: "refused", Body: []byte(v)})
		e, eventErr := tx.AppendEvent(EventClass(i%3), []byte(v))
		m.saw(int64(e))
		next[fmt.Sprintf("tasks/%d", n)], next[fmt.Sprintf("dead/%d", d)], next[fmt.Sprintf("events/%d", e)] = v, v, v
		err = errors.Join(err, taskErr, deadErr, eventErr)
	}
	return err
}

// archive closes the oldest order now and then.
func (m *mixed) archive(tx *Tx, i int, next content) error {
	if i%6 != 0 || len(m.orders) < 4 {
		return nil
	}
	seq := m.orders[0]
	m.orders = m.orders[1:]
	for _, n := range m.journal[seq] {
		delete(next, fmt.Sprintf("journal/%d", n))
	}
	delete(next, fmt.Sprintf("orders/%d", seq))
	blob := m.bytes(2500)
	next[fmt.Sprintf("archive/%d", seq)] = string(blob)
	return errors.Join(
		tx.DeleteJournal(m.journal[seq]...), tx.DeleteOrder(seq),
		tx.Archive(Archived{Seq: seq, ID: idOf(seq), At: time.Unix(int64(i), 0), Blob: blob}),
	)
}

// together lets eight callers commit at the same time.
func (m *mixed) together(t testing.TB, value int64) {
	var wg sync.WaitGroup
	for i := range 8 {
		lane := fmt.Sprintf("g%d", i)
		wg.Go(func() {
			v := binary.LittleEndian.AppendUint64(nil, uint64(value))
			err := m.s.Commit(context.Background(), func(tx *Tx) error {
				return errors.Join(tx.PutLane(lane, v), tx.PutMeta(lane, v))
			})
			if err != nil {
				t.Errorf("concurrent commit: %v", err)
			}
			m.log.Mark(ackedLane{lane, value})
		})
	}
	wg.Wait()
}

func (m *mixed) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.rng.Uint32())
	}
	return b
}

func (m *mixed) saw(id int64) { m.maxID = max(m.maxID, id) }

func idOf(seq Seq) (id OrderID) {
	binary.BigEndian.PutUint64(id[:], uint64(seq))
	return id
}

// check opens the store on a crash state and says what is wrong with it. Then it
// makes a commit of its own, so that the recovery has acknowledged something too.
func (m *mixed) check(st *powerfail.State) error {
	name, unregister := st.Disk.Register()
	defer unregister()
	s, err := Open(context.Background(), Options{Dir: st.Dir, VFS: name, Exclusive: true})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	err = m.verify(s, st)
	return errors.Join(err, s.Close())
}

func (m *mixed) verify(s *Store, st *powerfail.State) error {
	if r := s.Report(); r.Damage != "" || len(r.Quarantined) > 0 {
		return fmt.Errorf("report: %+v", r)
	}
	if err := s.do(context.Background(), func() error { return s.w.quickCheck("PRAGMA integrity_check") }); err != nil {
		return err
	}
	got, err := dump(s)
	if err != nil {
		return err
	}
	maxID, err := m.compare(got, st.Marks)
	if err != nil {
		return err
	}
	return commitRecovery(s, st, maxID)
}

// compare checks a dump against the marks and returns the highest number known to
// have been given out.
func (m *mixed) compare(got content, marks []any) (maxID int64, err error) {
	last := 0
	for _, mark := range marks {
		switch mark := mark.(type) {
		case acked:
			last, maxID = max(last, mark.txn), max(maxID, mark.maxID)
		case ackedLane:
			if have := number(got["lanes/"+mark.lane]); have < mark.value {
				return 0, fmt.Errorf("LOST: lane %s is %d, acknowledged %d", mark.lane, have, mark.value)
			}
		case ackedRecovery:
			maxID = max(maxID, int64(mark.seq))
			if got[fmt.Sprintf("orders/%d", mark.seq)] != "recovered" {
				return 0, fmt.Errorf("LOST: order %d of the recovery", mark.seq)
			}
		}
	}
	txn := 0
	if v := got["meta/txn"]; v != "" {
		fmt.Sscan(v, &txn)
	}
	if txn < last || txn > last+1 {
		return 0, fmt.Errorf("LOST: the store is at transaction %d, acknowledged %d", txn, last)
	}
	return maxID, m.same(got, m.after[txn])
}

// same compares what the numbered transactions have written. Only a deletion that
// Later had queued may have been carried out early.
func (m *mixed) same(got, want content) error {
	for i := range 8 {
		lane := fmt.Sprintf("g%d", i)
		if got["lanes/"+lane] != got["meta/"+lane] {
			return fmt.Errorf("TORN: lane and meta %s differ", lane)
		}
	}
	for key, v := range got {
		if w, ok := want[key]; v != w && v != "recovered" && !strings.Contains(key, "/g") {
			return fmt.Errorf("TORN: %s has %d bytes, want %d (there: %t)", key, len(v), len(w), ok)
		}
	}
	for key := range want {
		if _, ok := got[key]; !ok && !m.gone[key] {
			return fmt.Errorf("TORN: %s is missing", key)
		}
	}
	return nil
}

func number(v string) int64 {
	if len(v) != 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64([]byte(v)))
}

func commitRecovery(s *Store, st *powerfail.State, maxID int64) error {
	var seq Seq
	err := s.Commit(context.Background(), func(tx *Tx) (err error) {
		if seq, err = tx.NewSeq(); err != nil {
			return err
		}
		return tx.PutOrder(seq, idOf(seq), []byte("recovered"))
	})
	if err != nil {
		return err
	}
	if int64(seq) <= maxID {
		return fmt.Errorf("REUSED: number %d, given out up to %d", seq, maxID)
	}
	st.Disk.Log().Mark(ackedRecovery{seq})
	return nil
}

// dump reads everything but the store's own meta.
func dump(s *Store) (content, error) {
	ctx := context.Background()
	snap, err := s.Load(ctx)
	if err != nil {
		return nil, err
	}
	got := content{}
	put := func(table string, key any, v []byte) { got[fmt.Sprintf("%s/%v", table, key)] = string(v) }
	for _, o := range snap.Orders {
		put("orders", o.Seq, o.State)
	}
	for k, v := range snap.Lanes {
		put("lanes", k, v)
	}
	for k, v := range snap.Meta {
		put("meta", k, v)
	}
	for _, j := range snap.Journal {
		put("journal", j.N, j.Event)
	}
	for _, d := range snap.Dead {
		put("dead", d.N, d.Body)
	}
	for _, t := range snap.Tasks {
		put("tasks", t.N, t.State)
	}
	return got, dumpRest(ctx, s, put)
}

func dumpRest(ctx context.Context, s *Store, put func(string, any, []byte)) error {
	reports, err := s.ReadReports(ctx, 0, 1e6)
	if err != nil {
		return err
	}
	for _, r := range reports {
		put("reports", r.N, r.Body)
	}
	events, err := s.ReadEvents(ctx, 0, 1e6)
	if err != nil {
		return err
	}
	for _, e := range events {
		put("events", e.N, e.Body)
	}
	heads, err := s.ListArchive(ctx, 0, 1e6)
	if err != nil {
		return err
	}
	for _, h := range heads {
		a, ok, err := s.ReadArchive(ctx, h.ID)
		if err != nil || !ok {
			return fmt.Errorf("archive %x: %t, %w", h.ID, ok, err)
		}
		put("archive", a.Seq, a.Blob)
	}
	return nil
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
	} else if !strings.Contains(r.First.Error(), "LOST") {
		t.Errorf("first bad state is not a lost commit: %v", r.First)
	}
}
