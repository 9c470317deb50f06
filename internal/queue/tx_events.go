package queue

import (
	"slices"

	"github.com/ncruces/go-sqlite3"
)

// AppendEvent adds an entry to the telemetry spool. The caller bounds the spool
// with ThinEvents.
func (tx *Tx) AppendEvent(class EventClass, body []byte) (N, error) {
	n, err := tx.nextID()
	if err != nil {
		return 0, err
	}
	tx.buf = bindEvent(n, class).seal(tx.buf[:0], body)
	if err := tx.exec("INSERT INTO events VALUES(?,?,?)", n, int64(class), tx.buf); err != nil {
		return 0, err
	}
	tx.delta.events++
	tx.delta.eventBytes += int64(len(body))
	return n, nil
}

// DeleteEvent removes an entry of the spool. It is no error when there is none.
func (tx *Tx) DeleteEvent(n N) error {
	return tx.deleteEvents("DELETE FROM events WHERE n=? RETURNING length(body)", n)
}

// DeleteEventsBefore removes every entry below n: the bound by age, whose times
// only the caller knows.
func (tx *Tx) DeleteEventsBefore(n N) error {
	return tx.deleteEvents("DELETE FROM events WHERE n<? RETURNING length(body)", n)
}

func (tx *Tx) deleteEvents(sql string, n N) error {
	return tx.check(tx.c.each(func(st *sqlite3.Stmt) bool {
		tx.delta.events--
		tx.delta.eventBytes -= payloadSize(st.ColumnInt64(0))
		return true
	}, sql, n))
}

// EventLimit bounds the spool.
type EventLimit struct {
	Entries int64
	Bytes   int64 // of the bodies
}

// ThinEvents brings the spool down to nine tenths of the limit when it is above
// the limit, and returns the numbers of what it removed, rising. The lowest class
// gives way first. Within a class every second entry goes, and again, so that what
// is left still spans the whole time; its first and its last entry always stay.
func (tx *Tx) ThinEvents(limit EventLimit) ([]N, error) {
	all, total, err := tx.c.eventSizes()
	if tx.check(err) != nil {
		return nil, tx.fatal
	}
	if total.Entries <= limit.Entries && total.Bytes <= limit.Bytes {
		return nil, nil
	}
	goal := EventLimit{limit.Entries * 9 / 10, limit.Bytes * 9 / 10}
	removed := thin(all, total, goal)
	for _, n := range removed {
		if err := tx.DeleteEvent(n); err != nil {
			return nil, err
		}
	}
	return removed, nil
}

type eventSize struct {
	n     N
	class EventClass
	bytes int64
}

func (c *conn) eventSizes() (all []eventSize, total EventLimit, err error) {
	err = c.each(func(st *sqlite3.Stmt) bool {
		e := eventSize{N(st.ColumnInt64(0)), EventClass(st.ColumnInt64(1)), payloadSize(st.ColumnInt64(2))}
		all = append(all, e)
		total.Entries++
		total.Bytes += e.bytes
		return true
	}, "SELECT n, class, length(body) FROM events ORDER BY n")
	return all, total, err
}

// thin chooses what to remove from all, which is in rising order of n.
func thin(all []eventSize, total, goal EventLimit) []N {
	byClass := map[EventClass][]eventSize{}
	var classes []EventClass
	for _, e := range all {
		if byClass[e.class] == nil {
			classes = append(classes, e.class)
		}
		byClass[e.class] = append(byClass[e.class], e)
	}
	slices.Sort(classes)
	var removed []N
	for _, class := range classes {
		left := byClass[class]
		for len(left) > 2 && exceeds(total, goal) {
			left = halve(left, func(e eventSize) bool {
				if !exceeds(total, goal) {
					return false
				}
				total.Entries--
				total.Bytes -= e.bytes
				removed = append(removed, e.n)
				return true
			})
		}
	}
	slices.Sort(removed)
	return removed
}

func exceeds(total, goal EventLimit) bool {
	return total.Entries > goal.Entries || total.Bytes > goal.Bytes
}

// halve offers every second entry between the first and the last to drop and
// returns the others.
func halve(list []eventSize, drop func(eventSize) bool) []eventSize {
	var left []eventSize
	for i, e := range list {
		inner := i > 0 && i < len(list)-1
		if inner && i%2 == 1 && drop(e) {
			continue
		}
		left = append(left, e)
	}
	return left
}
