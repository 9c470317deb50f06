package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"edged/internal/testutil/powerfail"
)

// records is everything that a store gives to its readers, by table and key.
type records map[string]string

// readAll reads every record through the store's own calls. complete tells whether
// the store itself says that nothing is missing.
func readAll(s *Store) (all records, complete bool, err error) {
	ctx := context.Background()
	all = records{}
	snap, err := s.Load(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, o := range snap.Orders {
		all[fmt.Sprintf("order %d %x", o.Seq, o.ID)] = string(o.State)
	}
	for _, j := range snap.Journal {
		all[fmt.Sprintf("journal %d of %d", j.N, j.Seq)] = string(j.Event)
	}
	for _, d := range snap.Dead {
		all[fmt.Sprintf("dead %d of %d", d.N, d.Seq)] = fmt.Sprint(d.Class, d.Reason, d.Attempts, string(d.Body))
	}
	for _, k := range snap.Tasks {
		all[fmt.Sprintf("task %d of %d", k.N, k.Seq)] = k.Kind + string(k.State)
	}
	for name, v := range snap.Lanes {
		all["lane "+name] = string(v)
	}
	for name, v := range snap.Meta {
		all["meta "+name] = string(v)
	}
	if err := readTables(ctx, s, all); err != nil {
		return nil, false, err
	}
	if err := s.Commit(ctx, func(*Tx) error { return nil }); err != nil { // with it go the bad ones
		return nil, false, err
	}
	r := s.Report()
	return all, r.Damage == "" && len(r.Quarantined) == 0, nil
}

func readTables(ctx context.Context, s *Store, all records) error {
	reports, err := s.ReadReports(ctx, 0, 1<<20)
	if err != nil {
		return err
	}
	for _, r := range reports {
		if r.Err == nil {
			all[fmt.Sprintf("report %d of %d", r.N, r.Seq)] = string(r.Body)
		}
	}
	events, err := s.ReadEvents(ctx, 0, 1<<20)
	if err != nil {
		return err
	}
	for _, e := range events {
		all[fmt.Sprintf("event %d", e.N)] = fmt.Sprint(e.Class, string(e.Body))
	}
	sums, err := s.ReadSums(ctx)
	if err != nil {
		return err
	}
	for k, v := range sums {
		all["sum "+k] = string(v)
	}
	briefs, err := s.ReadBriefs(ctx, 0, 1<<20)
	if err != nil {
		return err
	}
	for _, b := range briefs {
		if b.Bytes != nil {
			all[fmt.Sprintf("brief %d %x", b.Seq, b.ID)] = string(b.Bytes)
		}
		a, ok, err := s.ReadArchive(ctx, b.ID)
		if err != nil && !errors.Is(err, ErrBadRecord) {
			return err
		}
		if ok {
			all[fmt.Sprintf("archived %d %x", a.Seq, a.ID)] = string(a.Blob)
		}
	}
	return nil
}

// compare says what is wrong with got, beside what the store itself calls missing.
func (want records) compare(got records, complete bool) error {
	for k, v := range got {
		if w, known := want[k]; !known || w != v {
			return fmt.Errorf("OTHER: %s is %.40q, was %.40q", k, v, w)
		}
	}
	if complete && len(got) != len(want) {
		for k := range want {
			if _, there := got[k]; !there {
				return fmt.Errorf("LOST: %s, without a word", k)
			}
		}
	}
	return nil
}

// memoryDir is a directory in memory where there is one: what lies outside the
// simulated disk is of no matter here.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "edged-queue-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// smallStore is a closed store whose database has the given size at least: rows in
// every table, freed and used again as those of purchases are.
func smallStore(t testing.TB, size int) powerfail.Files {
	t.Helper()
	disk := powerfail.NewFS(nil, nil)
	s := openOn(t, disk, memoryDir(t), 0)
	var ns []N
	for i := 0; i < 5 || len(disk.Files()[databaseName]) < size; i++ {
		commit(t, s, func(tx *Tx) error { return purchaseRows(tx, i, &ns) })
		if i%3 == 0 {
			commit(t, s, func(tx *Tx) error { n := ns[0]; ns = ns[1:]; return tx.DeleteReport(n) })
		}
		if i%8 == 7 {
			checkpoint(t, s)
		}
	}
	closeStore(t, s)
	return disk.Files()
}

func checkpoint(t testing.TB, s *Store) {
	t.Helper()
	if err := s.do(t.Context(), func() error { return s.w.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)") }); err != nil {
		t.Fatal(err)
	}
}

// purchaseRows leaves what one purchase leaves: an open order with journal and
// report, and a closed one.
func purchaseRows(tx *Tx, i int, reports *[]N) error {
	seq, err := tx.NewSeq()
	old, oldErr := tx.NewSeq()
	_, journalErr := tx.AppendJournal(seq, fmt.Appendf(nil, "event of %d", i))
	n, reportErr := tx.AddReport(seq, fmt.Appendf(nil, "%0300d", i))
	*reports = append(*reports, n)
	_, taskErr := tx.PutTask(0, seq, "refund", fmt.Appendf(nil, "task %d", i))
	_, deadErr := tx.PutDead(Dead{Seq: seq, Class: "report", Reason: "refused", Body: fmt.Appendf(nil, "dead %d", i)})
	_, eventErr := tx.AppendEvent(EventClass(i%3), fmt.Appendf(nil, "event %d", i))
	return errors.Join(
		err, oldErr, journalErr, reportErr, taskErr, deadErr, eventErr,
		tx.PutOrder(seq, idOf(seq), fmt.Appendf(nil, "%0700d", i)),
		tx.Archive(Archived{Seq: old, ID: idOf(old), At: time.Unix(int64(1000+i), 0), Blob: fmt.Appendf(nil, "%0400d", i), Brief: fmt.Appendf(nil, "brief %d", i)}),
		tx.PutLane("front", fmt.Appendf(nil, "lane %d", i)), tx.PutMeta("m", fmt.Appendf(nil, "meta %d", i)), tx.PutSum("s", fmt.Appendf(nil, "sum %d", i)),
	)
}

// openOn opens a store on a simulated disk, with a reserve of the given size.
func openOn(t testing.TB, disk *powerfail.FS, dir string, reserve int64) *Store {
	t.Helper()
	name, unregister := disk.Register()
	t.Cleanup(unregister)
	s, err := Open(context.Background(), Options{Dir: dir, VFS: name, Exclusive: true, ReserveBytes: reserve})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

// verdicts are the ends of many openings.
type verdicts struct {
	mu    sync.Mutex
	count map[string]int
	bad   int
}

// judge opens a changed store and says how that ended.
func judge(files powerfail.Files, dir string, want records) (string, error) {
	disk := powerfail.NewFS(files, nil)
	name, unregister := disk.Register()
	defer unregister()
	s, err := Open(context.Background(), Options{Dir: dir, VFS: name, Exclusive: true})
	if err != nil {
		return "does not start", err
	}
	defer s.Close()
	got, complete, err := readAll(s)
	if err != nil {
		return "cannot be read", err
	}
	r := s.Report()
	end := "sound"
	switch {
	case r.Damage != "":
		end = "replaced by what can be read"
	case len(r.Quarantined) > 0:
		end = "records set aside"
	}
	return end, want.compare(got, complete)
}

// forEach tries n changes of a store, by as many goroutines as there are processors.
func forEach(t *testing.T, n int, change func(i int) (powerfail.Files, string), want records) *verdicts {
	t.Helper()
	v := &verdicts{count: map[string]int{}}
	next := make(chan int)
	var workers sync.WaitGroup
	for range 2 {
		dir := memoryDir(t)
		workers.Go(func() {
			for i := range next {
				files, what := change(i)
				end, err := judge(files, dir, want)
				_ = os.RemoveAll(dir + "/" + quarantineDir)
				v.mu.Lock()
				v.count[end]++
				if err != nil {
					if v.bad++; v.bad <= 20 {
						t.Errorf("%s: %s: %v", what, end, err)
					}
				}
				v.mu.Unlock()
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	return v
}

// wholeOf is what is in a closed store.
func wholeOf(t *testing.T, files powerfail.Files) records {
	t.Helper()
	s := openOn(t, powerfail.NewFS(files, nil), memoryDir(t), 0)
	defer closeStore(t, s)
	all, complete, err := readAll(s)
	if err != nil || !complete {
		t.Fatalf("the sound store: complete %t, %v", complete, err)
	}
	return all
}

// TestM11_EveryByteOfAStoreMayBeWrong flips every byte of a database of 64 KiB, in
// the ordinary form one in 128. The store opens: sound, or with what is damaged named
// and set aside, and never with other content than it had.
func TestM11_EveryByteOfAStoreMayBeWrong(t *testing.T) {
	files := smallStore(t, 64<<10)
	want := wholeOf(t, files)
	size := len(files[databaseName])
	step := 128
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		step = 1
	case testing.Short():
		step = 512
	}
	rng := rand.New(rand.NewPCG(7, 7))
	off, start := rng.IntN(step), time.Now()
	v := forEach(t, size/step, func(i int) (powerfail.Files, string) {
		at := (i*step + off) % size
		bits := byte(rand.New(rand.NewPCG(uint64(at), 3)).IntN(255) + 1)
		if at < 100 { // the header of the database: all of it
			bits = 0xff
		}
		return flipped(files, at, bits), fmt.Sprintf("byte %d (page %d, %#x in it) changed by %#x", at, at/pageSize+1, at%pageSize, bits)
	}, want)
	t.Logf("%d records in %d bytes, %d of them changed: %v (%s)", len(want), size, size/step, v.count, time.Since(start).Round(time.Millisecond))
}

func flipped(files powerfail.Files, at int, bits byte) powerfail.Files {
	out := maps.Clone(files)
	out[databaseName] = slices.Clone(files[databaseName])
	out[databaseName][at] ^= bits
	return out
}
