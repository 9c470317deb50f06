package ledger

import (
	"fmt"
	"time"
)

// Day is a calendar day of the site, counted from 1 January 1970. It has no time
// zone: whoever makes it from a moment has chosen one.
type Day int

const daySeconds = 24 * 60 * 60

// DayOf is the day of t in t's own time zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// ParseDay reads a date as Day.String writes it.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%w: %q is no date, want YYYY-MM-DD", ErrDay, s)
	}
	return DayOf(t), nil
}

// String is the date, YYYY-MM-DD.
func (d Day) String() string {
	return time.Unix(int64(d)*daySeconds, 0).UTC().Format(time.DateOnly)
}
