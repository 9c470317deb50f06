package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"edged/internal/testutil/powerfail"
)

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
