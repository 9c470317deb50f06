package engine

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/queue"
	"edged/internal/testutil/powerfail"
)

// TestADrainedBacklogGivesItsSpaceBackWhileLanesWaitForCards: a lane that sells has an
// order without a card all the time. Space comes back all the same, and a customer who
// comes meanwhile is served.
func TestADrainedBacklogGivesItsSpaceBackWhileLanesWaitForCards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := powerfail.NewFS(nil, nil)
		r, err := startCut(cutOptions{plan: diskPlan(), disk: disk, dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		drainBacklog(t, r.store, 8000)
		before := len(disk.Files()["edged.db"])
		stop := r.run()
		for i := range 2 {
			r.terms["front"].taps <- i
			r.rest()
		}
		time.Sleep(2 * careEvery)
		r.atEnd(func() { err = r.audit(false) })
		after := len(disk.Files()["edged.db"])
		if closed := stop(); err != nil || closed != nil {
			t.Errorf("books: %v, close: %v", err, closed)
		}
		t.Logf("database: %d bytes before, %d after", before, after)
		if before < 4<<20 || after > 256<<10 {
			t.Errorf("database: %d bytes before, %d after, want the space of the backlog back", before, after)
		}
	})
}

// drainBacklog leaves a database whose pages are nearly all free.
func drainBacklog(t *testing.T, s *queue.Store, reports int) {
	t.Helper()
	for _, drain := range []bool{false, true} {
		err := s.Commit(t.Context(), func(tx *queue.Tx) error {
			for i := range reports {
				body := fmt.Appendf(nil, "%0900d", i)
				if drain {
					if err := tx.DeleteReport(queue.N(i + 1)); err != nil {
						return err
					}
				} else if _, err := tx.AddReport(1<<40, body); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
