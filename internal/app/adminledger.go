package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"edged/internal/admin"
	"edged/internal/engine"
	"edged/internal/ledger"
)

// Ledger implements admin.Backend.
func (v *adminView) Ledger(ctx context.Context, day string, limit int) (admin.Ledger, error) {
	now := v.a.o.Clock.Read().Wall.In(time.Local)
	out := admin.Ledger{TimeZone: now.Format("MST")}
	var only ledger.Day
	if day != "" {
		var err error
		if only, err = dayOf(day, now); err != nil {
			return out, err
		}
		out.Day = only.String()
	}
	sheet, ends, err := v.a.engine.Ledger(ctx)
	if err != nil {
		return out, v.told(err)
	}
	rows := sheet.Rows()
	if day != "" {
		rows = sheet.On(only)
	}
	out.Rows, out.EndsOfDay = ledgerRows(rows, limit), endsOfDay(ends)
	return out, nil
}

// dayOf reads a date, "today" or "yesterday".
func dayOf(s string, now time.Time) (ledger.Day, error) {
	switch s {
	case "today":
		return ledger.DayOf(now), nil
	case "yesterday":
		return ledger.DayOf(now) - 1, nil
	}
	d, err := ledger.ParseDay(s)
	if err != nil {
		return 0, fmt.Errorf("%w: %w, today or yesterday", admin.ErrRequest, err)
	}
	return d, nil
}

func ledgerRows(rows []ledger.Row, limit int) []admin.LedgerRow {
	slices.SortStableFunc(rows, func(a, b ledger.Row) int { return cmp.Compare(b.Day, a.Day) })
	out := make([]admin.LedgerRow, 0, min(limit, len(rows)))
	for _, r := range rows[:min(limit, len(rows))] {
		row := admin.LedgerRow{Day: r.Day.String(), TerminalID: r.Terminal, Currency: string(r.Currency), Unsynced: r.Unsynced}
		closing := r.Closing()
		for _, a := range ledger.Accounts() {
			row.Accounts = append(row.Accounts, admin.LedgerAccount{
				Account: a.String(), Opening: int64(r.Opening[a]), In: int64(r.In[a]), Out: int64(r.Out[a]),
				Closing: int64(closing[a]), Times: r.Times[a],
			})
		}
		out = append(out, row)
	}
	return out
}

func endsOfDay(ends []engine.EndOfDay) []admin.EndOfDay {
	out := make([]admin.EndOfDay, len(ends))
	for i, e := range ends {
		out[i] = admin.EndOfDay{
			TerminalID: e.Terminal, Lane: e.Lane, At: time.UnixMilli(e.At).UTC(), ClockSynced: e.Synced, Currency: string(e.Currency),
			Terminal: int64(e.Counted), Edged: int64(e.Booked), Unconfirmed: int64(e.Unconfirmed), InDoubt: int64(e.InDoubt),
			Difference: int64(e.Difference),
		}
	}
	return out
}
