package engine

import (
	"encoding/json"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/testutil/kept"
)

var writeStates = flag.String("write-states", "", "write the records that are missing below testdata/states/`VERSION`; never one that is there")

// keptRecord is an order or a lane as the store of some edged has it, with all that
// the engine keeps around the state; internal/purchase and internal/lane keep the
// states themselves.
type keptRecord struct {
	name string
	make func(b *bench) []byte
	home func(b *bench, id purchase.OrderID) // what is done with the order after the load; nil: a lane
}

func recordsV1() []keptRecord {
	shopping := func(b *bench) purchase.OrderID {
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		return id
	}
	goOn := func(b *bench, id purchase.OrderID) {
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		b.post(id, "detected", goods("3.00"))
	}
	nothing := func(*bench, purchase.OrderID) {}
	return []keptRecord{
		{"order_shopping", func(b *bench) []byte { return b.record(shopping(b)) }, goOn},
		{"order_reporting_with_its_ledger", func(b *bench) []byte { return b.record(b.detected("3.00")) }, nothing},
		{"order_reporting_from_before_the_ledger", func(b *bench) []byte { return []byte(cutLine(string(b.record(b.detected("3.00"))))) }, nothing},
		{"order_parked", func(b *bench) []byte { return b.record(b.parkOne()) }, func(b *bench, id purchase.OrderID) {
			b.missed(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
			if err := b.eng.Unpark(b.t.Context(), id, "uid 7"); err != nil {
				b.t.Fatal(err)
			}
			b.post(id, "detected", goods("3.00"))
		}},
		{keptLane, (*bench).laneOut, nil},
	}
}

const keptLane = "lane_taken_out"

// laneOut is the stored form of a lane that a person took out.
func (b *bench) laneOut() (bytes []byte) {
	b.t.Helper()
	if err := b.eng.Lane(b.t.Context(), "front", lane.Out{Why: "drawer jammed"}); err != nil {
		b.t.Fatal(err)
	}
	err := b.eng.do(b.t.Context(), func() {
		l := b.eng.lanes["front"]
		l.opts.Stored = []byte(`{"name":"front"}`)
		var err error
		if bytes, err = l.encode(); err != nil {
			b.t.Error(err)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return bytes
}

// record is the stored form of an open order.
func (b *bench) record(id purchase.OrderID) (bytes []byte) {
	b.t.Helper()
	err := b.eng.do(b.t.Context(), func() { bytes = slices.Clone(b.eng.orders[id].bytes) })
	if err != nil || len(bytes) == 0 {
		b.t.Fatalf("record of %s: %q, %v", id, bytes, err)
	}
	return bytes
}

func recordsDir() kept.Dir {
	d := kept.Dir{Path: "testdata/states/v1"}
	for _, k := range recordsV1() {
		d.Names = append(d.Names, k.name)
	}
	return d
}

// TestKeptRecordsAreThoseOnceWritten: a record is what is in the field, so its file is
// never edited, renamed or removed.
func TestKeptRecordsAreThoseOnceWritten(t *testing.T) {
	d := recordsDir()
	switch *writeStates {
	case "":
	case "v1":
		d.Write(t, func(name string) (bytes []byte) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				defer func() { b.stop() }()
				bytes = recordsV1()[slices.Index(d.Names, name)].make(b)
			})
			return bytes
		})
	default:
		t.Fatalf("there is no table of records for %q", *writeStates)
	}
	d.Check(t)
}

// TestM3_EveryKeptRecordIsFinished: an engine starts on a store with the record of an
// older edged. It loses nothing of it, takes no callback a second time that it had
// taken, captures what was recognised exactly once, and the ledger adds up.
func TestM3_EveryKeptRecordIsFinished(t *testing.T) {
	for _, k := range recordsV1() {
		if k.home == nil {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bytes := recordsDir().Read(t, k.name)
				s := losesNothing(t, bytes)
				b := benchWith(t, func(tx *queue.Tx) error { return putOrder(tx, s, bytes) })
				defer func() { b.stop() }()
				if s.Outcome == nil {
					b.term.open[s.Hold.Receipt] = s.Hold.Hold
				} else {
					b.term.taken[s.Hold.Receipt] = int64(s.Outcome.Captured)
				}
				b.start()
				synctest.Wait()
				b.repeated(s, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
				k.home(b, s.Order)
				synctest.Wait()
				b.finished(s)
			})
		})
	}
}

func losesNothing(t *testing.T, bytes []byte) purchase.State {
	t.Helper()
	o, err := decodeOrder(1, bytes)
	if err != nil || o.lineBad != nil {
		t.Fatalf("%v, ledger %v", err, o.lineBad)
	}
	again, err := o.encode()
	if err != nil {
		t.Fatal(err)
	}
	was, now := withoutLine(t, bytes), withoutLine(t, again)
	lost, err := kept.Lost(was, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range lost {
		t.Error(what)
	}
	if err := o.line.Check(o.state); err != nil {
		t.Error(err)
	}
	return o.state
}

// withoutLine takes the ledger's entries away: they are days of the site, whose text
// depends on the zone of whoever reads them.
func withoutLine(t *testing.T, bytes []byte) []byte {
	t.Helper()
	var r orderRecord
	if err := json.Unmarshal(bytes, &r); err != nil {
		t.Fatal(err)
	}
	if r.Ledger == "" {
		return bytes
	}
	return []byte(cutLine(string(bytes)))
}

// benchWith is a bench that is not started yet, on a store that has what put puts.
func benchWith(t *testing.T, put func(*queue.Tx) error) *bench {
	t.Helper()
	b := newBench(t)
	b.stop()
	b.dir, b.term = t.TempDir(), newFakeTerminal()
	store, err := queue.Open(t.Context(), b.options())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.Commit(t.Context(), put), store.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

// putOrder puts the record with its rows in the outbox.
func putOrder(tx *queue.Tx, s purchase.State, bytes []byte) error {
	id, err := s.Order.Bits()
	if err != nil {
		return err
	}
	seq, err := tx.NewSeq()
	if err != nil {
		return err
	}
	if err := tx.PutOrder(seq, id, bytes); err != nil {
		return err
	}
	for _, r := range s.Reports {
		row, err := purchase.OutboxRow{V: 1, Order: s.Order, Report: r.N, Account: s.Terms.Account, Body: []byte(`{"ok":true}`)}.Encode()
		if err != nil {
			return err
		}
		if _, err := tx.AddReport(seq, row); err != nil {
			return err
		}
	}
	return nil
}

// repeated tells what the record says was told: nothing comes of it.
func (b *bench) repeated(s purchase.State, key string, body purchase.Body) {
	b.t.Helper()
	before, err := b.eng.Order(b.t.Context(), s.Order)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.eng.Post(b.t.Context(), purchase.Event{Order: s.Order, Key: key, Body: body}); err != nil {
		b.t.Errorf("%s told again: %v", key, err)
	}
	if after, err := b.eng.Order(b.t.Context(), s.Order); err != nil || len(after.Journal) != len(before.Journal) {
		b.t.Errorf("%s told again is an event more (%v)", key, err)
	}
}

func (b *bench) finished(s purchase.State) {
	b.t.Helper()
	rows, err := b.store.ReadReports(b.t.Context(), 0, 10)
	if err != nil || len(rows) != 1 {
		b.t.Fatalf("the outbox has %d rows (%v), want 1", len(rows), err)
	}
	b.post(s.Order, "", purchase.Reported{Report: 1, OK: true})
	v, err := b.eng.Order(b.t.Context(), s.Order)
	if err != nil || v.Phase != purchase.PhaseClosed || v.State.Outcome.Captured != 300 {
		b.t.Errorf("phase %s, outcome %+v, %v; want 3.00 captured", v.Phase, v.State.Outcome, err)
	}
	if taken := b.term.taken[s.Hold.Receipt]; taken != 300 || len(b.term.open) != 0 {
		b.t.Errorf("the terminal has taken %d and holds %v, want 300 and nothing", taken, b.term.open)
	}
	if got, want := b.balance(), amounts("i-5000c300r4700"); got != want {
		b.t.Errorf("balance is %v, want %v", got, want)
	}
	b.noTask()
}

// TestAKeptLaneStaysOut: who took it out is not asked again after an update.
func TestAKeptLaneStaysOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bytes := recordsDir().Read(t, keptLane)
		b := benchWith(t, func(tx *queue.Tx) error { return tx.PutLane("front", bytes) })
		defer func() { b.stop() }()
		var config string
		b.change = func(o *Options) {
			o.LaneFor = func(_ string, _ money.Currency, stored []byte) (LaneOptions, error) {
				config = string(stored)
				return LaneOptions{}, nil
			}
		}
		b.start()
		synctest.Wait()
		if why := b.why(); !slices.Contains(why, lane.Operator) {
			t.Errorf("the lane is out for %v, want %s among them", why, lane.Operator)
		}
		if err := b.eng.do(t.Context(), func() { b.eng.addGone("front", "EUR", bytes) }); err != nil || config != `{"name":"front"}` {
			t.Errorf("its settings are read as %s, %v", config, err)
		}
	})
}

// TestTheKeptRecordsShowWhatTheEngineKeeps: a table whose records lack what they are
// there for would prove nothing.
func TestTheKeptRecordsShowWhatTheEngineKeeps(t *testing.T) {
	var all strings.Builder
	for _, k := range recordsV1() {
		all.Write(recordsDir().Read(t, k.name))
	}
	for _, field := range []string{`"k":["opened"`, `"p":"`, `"m":1`, `"l":"`} {
		if !strings.Contains(all.String(), field) {
			t.Errorf("no record has %s", field)
		}
	}
}
