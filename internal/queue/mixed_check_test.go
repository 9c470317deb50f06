package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"edged/internal/testutil/powerfail"
)

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
