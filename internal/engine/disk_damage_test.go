package engine

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/testutil/powerfail"
)

// damage is one way in which a database file may have changed while it was closed.
type damage struct {
	name string
	do   func(b []byte, rng *rand.Rand) []byte
}

func damages() []damage {
	const page = 1024
	at := func(b []byte, rng *rand.Rand) int { return rng.IntN(len(b)) }
	return []damage{
		{"nothing", func(b []byte, _ *rand.Rand) []byte { return b }},
		{"a flipped bit", func(b []byte, rng *rand.Rand) []byte { b[at(b, rng)] ^= 1 << rng.IntN(8); return b }},
		{"a page of zeros", func(b []byte, rng *rand.Rand) []byte {
			clear(b[at(b, rng)/page*page:][:page])
			return b
		}},
		{"a page of garbage", func(b []byte, rng *rand.Rand) []byte {
			p := b[at(b, rng)/page*page:][:page]
			for i := range p {
				p[i] = byte(rng.Uint32())
			}
			return b
		}},
		{"a page in the place of another", func(b []byte, rng *rand.Rand) []byte {
			copy(b[at(b, rng)/page*page:][:page], b[at(b, rng)/page*page:])
			return b
		}},
		{"a file cut short", func(b []byte, rng *rand.Rand) []byte { return b[:at(b, rng)] }},
		{"an empty file", func([]byte, *rand.Rand) []byte { return nil }},
		{"no database at all", func(b []byte, rng *rand.Rand) []byte {
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			return b
		}},
	}
}

// closedStore is the store as it was at a point of the run, closed in peace: one
// sound file, with purchases in it.
func closedStore(t *testing.T, log *powerfail.Log, at int) powerfail.Files {
	t.Helper()
	disk := powerfail.NewFS(log.Crash(at, powerfail.Keep, true, rand.New(rand.NewPCG(1, 1))), nil)
	name, unregister := disk.Register()
	defer unregister()
	s, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), VFS: name, Exclusive: true})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return disk.Files()
}

// TestM11_ADamagedStoreMovesNoOtherMoney damages the closed store in the middle of
// purchases. edged then starts, or says clearly why not. What it cannot read is named
// and moves no money; what it can read settles as if nothing had happened.
func TestM11_ADamagedStoreMovesNoOtherMoney(t *testing.T) {
	plan := cutPlan()[:8]
	log := recordCut(t, plan, nil)
	each := 8
	if testing.Short() {
		each = 2
	}
	for _, d := range damages() {
		t.Run(d.name, func(t *testing.T) {
			ends := map[string]int{}
			for i := range each {
				rng := rand.New(rand.NewPCG(uint64(i), 9))
				at := log.Len()/4 + rng.IntN(log.Len()/2)
				files := closedStore(t, log, at)
				for name, b := range files {
					if name == "edged.db" {
						files[name] = d.do(b, rng)
					}
				}
				end, err := onDamage(t, plan, files, log.Marks(at))
				ends[end]++
				if err != nil {
					t.Errorf("case %d, cut at %d, %s: %v", i, at, end, err)
				}
			}
			t.Logf("%v", ends)
		})
	}
}

// damageReserve is the size of the money reserve, which was made when the store was.
const damageReserve = 1 << 16

// onDamage starts edged on a damaged store and lets it come to rest.
func onDamage(t *testing.T, plan []cutVisit, files powerfail.Files, marks []any) (end string, err error) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "reserve"), make([]byte, damageReserve), 0o600); err != nil {
			t.Fatal(err)
		}
		r, open := startCut(cutOptions{
			plan: plan, disk: powerfail.NewFS(maps.Clone(files), powerfail.NewLog()), dir: dir, marks: marks, reserve: damageReserve,
		})
		if open != nil {
			end = "refused to start"
			if !errors.Is(open, queue.ErrCorrupt) && !errors.Is(open, queue.ErrNewer) && !errors.Is(open, queue.ErrIO) {
				err = fmt.Errorf("the error does not name its cause: %w", open)
			}
			return
		}
		stop := r.run()
		r.rest()
		r.atEnd(func() {
			books := r.audit(false) // reads everything, and so finds every bad record
			if rep := r.store.Report(); rep.Damage == "" && len(rep.Quarantined) == 0 {
				end, err = "sound", books
				return
			}
			end, err = "damage named", r.moneyOnly()
		})
		if stopped := stop(); err == nil {
			err = stopped
		}
	})
	return end, err
}

// moneyOnly is the audit of a store that has lost what it knew: no money moved that
// should not, and a hold that nobody here knows of is somebody's task.
func (r *cutRun) moneyOnly() error {
	errs := slices.Clone(r.led.broken)
	for _, s := range r.led.sales {
		total, _ := s.visit.decision()
		switch {
		case s.captured != nil && (!s.taken || s.captured.amount != min(total, s.held.amount)):
			errs = append(errs, fmt.Errorf("M2: %q: captured %d", s.visit.name, s.captured.amount))
		case s.open() && !r.watched(s):
			errs = append(errs, fmt.Errorf("M3: %q: its hold is open, and nobody is told", s.visit.name))
		case s.released != nil && s.taken && total > 0 && !s.mayBeUnpaid():
			errs = append(errs, fmt.Errorf("M13: %q: its hold was given back", s.visit.name))
		}
	}
	return errors.Join(errs...)
}

// watched: the purchase goes on, or a task names its hold.
func (r *cutRun) watched(s *cutSale) bool {
	if r.eng.orders[s.order] != nil {
		return true
	}
	for k := range r.eng.tasks {
		if k.order == s.order || k.lane == s.visit.lane && k.kind == purchase.TaskUnknownHold && k.subject == s.receipt {
			return true
		}
	}
	return false
}
