package queue

import (
	"context"

	"github.com/ncruces/go-sqlite3"
)

// ClassStats is what waits of one class.
type ClassStats struct {
	Entries int64
	Bytes   int64 // of the bodies
	Oldest  N     // 0 when there is none
}

// Stats is the state of the store as an operator sees it.
type Stats struct {
	Reports       ClassStats
	Events        ClassStats
	Dead          int64
	Broken        error // nil, or why no commit is tried
	Failed        error // nil, or why the last commit failed
	DatabaseBytes int64 // size of the database file, free pages included
	FreeBytes     int64 // of it, in free pages
	WrittenBytes  int64 // passed to write calls since Open
	Syncs         int64 // since Open
	DiskFree      int64 // bytes; -1 when unknown
	ReserveIntact bool
	Quarantined   int // records since Open, at most 4096
}

// Stats reads a few pages and asks the file system.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	n := s.currentCounts()
	st := Stats{
		Reports:      ClassStats{Entries: n.reports, Bytes: n.reportBytes},
		Events:       ClassStats{Entries: n.events, Bytes: n.eventBytes},
		Dead:         n.dead,
		Broken:       s.usable(),
		Failed:       s.lastFailure(),
		WrittenBytes: s.meter.written.Load(), Syncs: s.meter.syncs.Load(),
		DiskFree: diskFree(s.o.Dir), ReserveIntact: s.ReserveIntact(),
		Quarantined: len(s.Report().Quarantined),
	}
	err := s.read(ctx, func(c *conn) error { return c.stats(&st) })
	return st, err
}

func (c *conn) stats(st *Stats) error {
	var pages, free, report, event int64
	for sql, to := range map[string]*int64{
		"PRAGMA page_count": &pages, "PRAGMA freelist_count": &free,
		"SELECT coalesce(min(n),0) FROM reports": &report,
		"SELECT coalesce(min(n),0) FROM events":  &event,
	} {
		err := c.each(func(s *sqlite3.Stmt) bool { *to = s.ColumnInt64(0); return false }, sql)
		if err != nil {
			return err
		}
	}
	st.DatabaseBytes, st.FreeBytes = pages*pageSize, free*pageSize
	st.Reports.Oldest, st.Events.Oldest = N(report), N(event)
	return nil
}
