package queue

import (
	"context"

	"github.com/ncruces/go-sqlite3"
)

// ReadJournalRows returns the given rows of an order's journal, in the given
// order. It looks each up by its number, so that its cost does not depend on how
// many orders are open. Bad records are quarantined and left out.
func (s *Store) ReadJournalRows(ctx context.Context, seq Seq, ns []N) (rows []JournalRow, err error) {
	var bad []badRow
	err = s.read(ctx, func(c *conn) error {
		for _, n := range ns {
			err := c.each(func(st *sqlite3.Stmt) bool {
				ev, err := collect(&bad, bindJournal(n, seq), st.ColumnRawBlob(0), numbered("journal", int64(n), seq))
				if err == nil {
					rows = append(rows, JournalRow{n, seq, ev})
				}
				return true
			}, "SELECT ev FROM journal WHERE n=? AND seq=?", n, seq)
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.removeBadLater(bad)
	return rows, err
}
