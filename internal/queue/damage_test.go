package queue

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/prometheus/client_golang/prometheus"
)

// execFile changes a closed store's database behind its back.
func execFile(t testing.TB, dir, sql string) {
	t.Helper()
	db, err := sqlite3.Open("file:" + filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// fill puts n orders with a journal row, a report and an archived order each into
// a new store in dir, and one row into every other table, and closes it.
func fill(t testing.TB, dir string, n int) (seqs []Seq) {
	t.Helper()
	s := openStore(t, dir)
	for i := range n {
		commit(t, s, func(tx *Tx) error {
			seq, err := tx.NewSeq()
			seqs = append(seqs, seq)
			old, oldErr := tx.NewSeq()
			_, journalErr := tx.AppendJournal(seq, []byte("tapped"))
			_, reportErr := tx.AddReport(seq, fmt.Appendf(nil, "report %d", i))
			return errors.Join(
				err, oldErr, journalErr, reportErr,
				tx.PutOrder(seq, idOf(seq), fmt.Appendf(nil, "%0600d", i)),
				tx.Archive(Archived{Seq: old, ID: idOf(old), At: time.Unix(1, 0), Blob: make([]byte, 500)}),
			)
		})
	}
	commit(t, s, func(tx *Tx) error {
		_, taskErr := tx.PutTask(0, seqs[0], "refund", []byte("task"))
		_, deadErr := tx.PutDead(Dead{Class: "report", Reason: "refused", Body: []byte("letter")})
		_, eventErr := tx.AppendEvent(1, []byte("event"))
		return errors.Join(taskErr, deadErr, eventErr, tx.PutLane("front", []byte("lane")), tx.PutMeta("m", []byte("v")))
	})
	closeStore(t, s)
	return seqs
}

func TestM11_ABadRecordIsMovedAsideAndTheRestGoesOn(t *testing.T) {
	const flip = "CAST(substr(%[1]s,1,length(%[1]s)-1) || x'EE' AS BLOB)"
	for _, c := range []struct{ table, change string }{
		{"orders", "UPDATE orders SET state=" + fmt.Sprintf(flip, "state") + " WHERE seq=(SELECT min(seq) FROM orders)"},
		{"orders", "UPDATE orders SET id=x'" + fmt.Sprintf("%032d", 0) + "' WHERE seq=(SELECT min(seq) FROM orders)"},
		{"orders", "UPDATE orders SET id=x'00' WHERE seq=(SELECT min(seq) FROM orders)"},
		{"orders", "UPDATE orders SET state=x'' WHERE seq=(SELECT min(seq) FROM orders)"},
		{"orders", "UPDATE orders SET state=CAST(x'09' || substr(state,2) AS BLOB) WHERE seq=(SELECT min(seq) FROM orders)"},
		{"orders", "UPDATE orders SET seq=seq+100000 WHERE seq=(SELECT min(seq) FROM orders)"},
		{"journal", "UPDATE journal SET ev=" + fmt.Sprintf(flip, "ev") + " WHERE n=(SELECT min(n) FROM journal)"},
		{"journal", "UPDATE journal SET seq=77777 WHERE n=(SELECT min(n) FROM journal)"},
		{"tasks", "UPDATE tasks SET kind='other'"},
		{"dead", "UPDATE dead SET attempts=9"},
		{"lanes", "UPDATE lanes SET lane='back'"},
		{"meta", "UPDATE meta SET v=" + fmt.Sprintf(flip, "v") + " WHERE k='m'"},
		{"meta", "UPDATE meta SET v=" + fmt.Sprintf(flip, "v") + " WHERE k='" + metaHighWater + "'"},
	} {
		t.Run(c.change, func(t *testing.T) {
			dir := t.TempDir()
			seqs := fill(t, dir, 3)
			execFile(t, dir, c.change)
			reg := prometheus.NewRegistry()
			s, err := Open(t.Context(), Options{Dir: dir, Registerer: reg})
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			q := s.Report().Quarantined
			if len(q) != 1 || q[0].Table != c.table {
				t.Fatalf("quarantined: got %+v, want one of %s", q, c.table)
			}
			checkSideFile(t, q[0])
			if got := counterValue(t, reg, "edged_quarantined_total", c.table); got != 1 {
				t.Errorf("edged_quarantined_total{kind=%q}: got %v, want 1", c.table, got)
			}
			snap := load(t, s)
			whole := len(snap.Orders) + len(snap.Journal) + len(snap.Tasks) + len(snap.Dead) + len(snap.Lanes) + len(snap.Meta)
			if want := 3 + 3 + 1 + 1 + 1 + 1 - 1; whole != want && q[0].Key != metaHighWater {
				t.Errorf("records left: got %d, want %d", whole, want)
			}
			var next Seq
			commit(t, s, func(tx *Tx) (err error) { next, err = tx.NewSeq(); return err })
			if next <= seqs[2] || q[0].Key == metaHighWater && next < 1<<40 {
				t.Errorf("next number: got %d, want above %d, far above without the mark", next, seqs[2])
			}
			closeStore(t, s)
			s = openStore(t, dir)
			if q := s.Report().Quarantined; len(q) != 0 {
				t.Errorf("quarantined again: %+v", q)
			}
		})
	}
}

func checkSideFile(t *testing.T, q Quarantined) {
	t.Helper()
	body, err := os.ReadFile(q.File)
	if err != nil {
		t.Fatalf("side file: %v", err)
	}
	var f quarantineFile
	if err := json.Unmarshal(body, &f); err != nil {
		t.Fatalf("side file %s: %v", q.File, err)
	}
	if f.Table != q.Table || f.Key != q.Key || f.Reason == "" || f.Reason != q.Reason {
		t.Errorf("side file: got %+v, want %+v", f, q)
	}
}

func counterValue(t *testing.T, reg *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if label == "" || len(m.GetLabel()) > 0 && m.GetLabel()[0].GetValue() == label {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return -1
}

func TestABadReportIsHandedOutWithItsOrderAndRemoved(t *testing.T) {
	dir := t.TempDir()
	seqs := fill(t, dir, 3)
	execFile(t, dir, "UPDATE reports SET body=x'01020304050607' WHERE n=(SELECT min(n) FROM reports)")
	s := openStore(t, dir)
	if _, err := s.ReadReports(t.Context(), 0, 10); err != nil { // twice before the writer removes it
		t.Fatal(err)
	}
	rows, err := s.ReadReports(t.Context(), 0, 10)
	if err != nil || len(rows) != 3 {
		t.Fatalf("ReadReports: got %d rows, %v; want 3", len(rows), err)
	}
	if !errors.Is(rows[0].Err, ErrBadRecord) || rows[0].Seq != seqs[0] || rows[0].Body != nil {
		t.Errorf("bad report: got %+v, want ErrBadRecord of order %d", rows[0], seqs[0])
	}
	if rows[1].Err != nil || string(rows[1].Body) != "report 1" {
		t.Errorf("good report: got %+v", rows[1])
	}
	commit(t, s, func(*Tx) error { return nil })
	rows, err = s.ReadReports(t.Context(), 0, 10)
	if err != nil || len(rows) != 2 {
		t.Errorf("ReadReports again: got %d rows, %v; want 2", len(rows), err)
	}
	if q := s.Report().Quarantined; len(q) != 1 || q[0].Table != "reports" {
		t.Errorf("quarantined: %+v", q)
	}
}

func TestABadEventAndABadArchivedOrderAreMovedAside(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 2)
	execFile(t, dir, "UPDATE events SET class=5; UPDATE archive SET seq=seq+1 WHERE id=(SELECT min(id) FROM archive)")
	s := openStore(t, dir)
	if rows, err := s.ReadEvents(t.Context(), 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("ReadEvents: got %v, %v", rows, err)
	}
	heads, err := s.ListArchive(t.Context(), 0, 10)
	if err != nil || len(heads) != 2 {
		t.Fatalf("ListArchive: got %v, %v", heads, err)
	}
	bad := heads[1].ID
	err = s.Commit(t.Context(), func(tx *Tx) error { _, _, err := tx.Unarchive(bad); return err })
	if !errors.Is(err, ErrBadRecord) || errors.Is(err, ErrNotDurable) {
		t.Errorf("Unarchive: got %v, want ErrBadRecord", err)
	}
	if _, _, err := s.ReadArchive(t.Context(), bad); !errors.Is(err, ErrBadRecord) {
		t.Errorf("ReadArchive: got %v, want ErrBadRecord", err)
	}
	commit(t, s, func(*Tx) error { return nil })
	if _, ok, err := s.ReadArchive(t.Context(), bad); ok || err != nil {
		t.Errorf("ReadArchive again: got %t, %v, want nothing", ok, err)
	}
	if q := s.Report().Quarantined; len(q) != 2 {
		t.Errorf("quarantined: %+v", q)
	}
}

// damage overwrites pages of a closed store's file, found by a table's name.
func damage(t testing.TB, dir string, page int64) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	junk := make([]byte, pageSize)
	for i := range junk {
		junk[i] = 0xa5
	}
	if _, err := f.WriteAt(junk, (page-1)*pageSize); err != nil {
		t.Fatal(err)
	}
}

// leaf returns a page in the middle of a table: neither its first nor its last.
func leaf(t testing.TB, dir, table string) (page int64) {
	t.Helper()
	db, err := sqlite3.Open("file:" + filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	st, _, err := db.Prepare("SELECT rootpage FROM sqlite_schema WHERE name='" + table + "'")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if !st.Step() {
		t.Fatalf("no table %s", table)
	}
	raw, err := os.ReadFile(filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	for page = st.ColumnInt64(0); ; {
		// An interior page of a table b-tree (type 5) has its cell pointers from byte
		// 12 on; each cell begins with the page number of a child. SQLite file
		// format, 1.6.
		at := raw[(page-1)*pageSize:][:pageSize]
		if at[0] != 5 {
			return page
		}
		p := 12 + 2*(int(binary.BigEndian.Uint16(at[3:]))/2)
		page = int64(binary.BigEndian.Uint32(at[binary.BigEndian.Uint16(at[p:]):]))
	}
}

func TestM11_ADamagedPageCostsOnlyItsOwnRows(t *testing.T) {
	dir := t.TempDir()
	seqs := fill(t, dir, 200)
	damage(t, dir, leaf(t, dir, "orders"))
	s := openStore(t, dir)
	r := s.Report()
	if r.Damage == "" || r.MovedAside == "" {
		t.Fatalf("report: got %+v, want the damage and the path of the old file", r)
	}
	if _, err := os.Stat(r.MovedAside); err != nil {
		t.Errorf("damaged file: %v", err)
	}
	snap := load(t, s)
	if lost := 200 - len(snap.Orders); lost < 1 || lost > 2 {
		t.Errorf("orders: got %d of 200, want all but those of one page", len(snap.Orders))
	}
	if n := s.currentCounts().reports; n != 200 || len(snap.Journal) != 200 || len(snap.Tasks) != 1 || len(snap.Dead) != 1 {
		t.Errorf("other tables: got %d reports, %d journal rows, %d tasks, %d dead letters, want 200, 200, 1, 1",
			n, len(snap.Journal), len(snap.Tasks), len(snap.Dead))
	}
	var next Seq
	commit(t, s, func(tx *Tx) (err error) { next, err = tx.NewSeq(); return err })
	if next < seqs[199]+1<<20 {
		t.Errorf("next number: got %d, want a jump behind %d", next, seqs[199])
	}
	closeStore(t, s)
	s = openStore(t, dir)
	again := s.Report()
	if again.Damage != "" || len(load(t, s).Orders) != len(snap.Orders) || !slices.Equal(again.KeptAside, []string{r.MovedAside}) {
		t.Errorf("reopened: %+v", again)
	}
}

// A page of another table has sound cells of the wrong types. Its rows are passed
// over; a store that refused to open for them would keep every other order, too.
func TestAPageOfAnotherTableIsPassedOver(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 200)
	from, to := leaf(t, dir, "orders"), leaf(t, dir, "reports")
	path := filepath.Join(dir, databaseName)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[(to-1)*pageSize:to*pageSize], raw[(from-1)*pageSize:from*pageSize])
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, dir)
	defer closeStore(t, s)
	if r := s.Report(); r.Damage == "" || r.MovedAside == "" {
		t.Errorf("report: got %+v, want the damage and the path of the old file", r)
	}
	snap := load(t, s)
	if n := s.currentCounts().reports; n < 150 || n >= 200 || len(snap.Orders) != 200 || len(snap.Journal) != 200 {
		t.Errorf("got %d reports, %d orders, %d journal rows, want most of 200, 200, 200", n, len(snap.Orders), len(snap.Journal))
	}
}

func TestADamagedPageFoundInABigFileIsSalvagedToo(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 200)
	damage(t, dir, leaf(t, dir, "reports"))
	s, err := Open(t.Context(), Options{Dir: dir, smallFile: 1})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeStore(t, s)
	if s.Report().Damage == "" {
		t.Errorf("report: got no damage")
	}
	snap := load(t, s)
	if len(snap.Orders) != 200 || len(snap.Reports) < 150 || len(snap.Reports) > 199 {
		t.Errorf("got %d orders and %d reports, want 200 and nearly as many", len(snap.Orders), len(snap.Reports))
	}
}

func TestAFileThatIsNoDatabaseIsMovedAside(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(path string) error
	}{
		{"overwritten with text", func(p string) error { return os.WriteFile(p, make([]byte, 5000), 0o600) }},
		{"first page lost", func(p string) error {
			f, err := os.OpenFile(p, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("hello, this is no database at all"), 0)
			return errors.Join(err, f.Close())
		}},
		{"cut off in the middle", func(p string) error { return os.Truncate(p, 5*pageSize) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			seqs := fill(t, dir, 20)
			if err := c.spoil(filepath.Join(dir, databaseName)); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, dir)
			r := s.Report()
			if r.Damage == "" || r.MovedAside == "" {
				t.Fatalf("report: got %+v, want the damage and the path of the old file", r)
			}
			var next Seq
			commit(t, s, func(tx *Tx) (err error) { next, err = tx.NewSeq(); return err })
			if next <= seqs[19]+1<<20 {
				t.Errorf("next number: got %d, want far above %d", next, seqs[19])
			}
		})
	}
}

func TestAnEmptyFileIsANewStore(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, databaseName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, dir)
	commit(t, s, putLane("x"))
	if r := s.Report(); r.Damage != "" {
		t.Errorf("report: %+v", r)
	}
}

func TestADatabaseThatIsGoneOrEmptyIsNamed(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Dir: t.TempDir(), ReserveBytes: 1 << 16}
			for _, want := range []bool{false, false, true, false} {
				s, err := Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if got := s.Report().Damage != ""; got != want {
					t.Errorf("report: got %+v, want the loss named: %t", s.Report(), want)
				}
				known := s.Report().MigratedFrom > 0 && !s.Report().Created
				closeStore(t, s)
				if known && !want {
					if err := spoil(filepath.Join(o.Dir, databaseName)); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
