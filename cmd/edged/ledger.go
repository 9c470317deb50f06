package main

import (
	"context"

	"github.com/spf13/cobra"

	"edged/internal/admin"
	"edged/internal/money"
)

// newLedger shows the money of each terminal.
func newLedger() *cobra.Command {
	var day string
	var limit int
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Money per terminal and day, double entry",
		Long: `Show where the money is that was ever held: each day of each terminal, or with --day the
accounts of one day. A day is one of this gateway's local time; the mark ? says that some
of its entries were made while the clock was not set. At the bottom is how the last end of
day of each terminal compared with what edged booked there.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Ledger, error) { return c.Ledger(ctx, day, limit) }, showLedger)
		},
	}
	cmd.Flags().StringVar(&day, "day", "", "one day: YYYY-MM-DD, today or yesterday")
	cmd.Flags().IntVar(&limit, "limit", 50, "the newest so many rows")
	return asking(cmd)
}

func showLedger(p *printer, l admin.Ledger) {
	show := (*printer).ledgerDays
	if l.Day != "" {
		show = (*printer).ledgerDay
	}
	if unsure := show(p, l); unsure {
		p.line("? made in part while the clock was not set: the day may be wrong")
	}
	if len(l.EndsOfDay) > 0 {
		p.line("")
		p.endsOfDay(l.EndsOfDay)
	}
}

// ledgerDays writes a line for each day and terminal.
func (p *printer) ledgerDays(l admin.Ledger) (unsure bool) {
	t := table{heading: []string{"DAY (" + l.TimeZone + ")", "TERMINAL", "", "HELD", "CAPTURED", "TIMES", "UNCONFIRMED", "RELEASED", "EXPIRED", "TAKEN BACK", "REFUNDED", "STILL HELD", "IN DOUBT"}}
	for _, r := range l.Rows {
		a := accountsOf(r)
		m := func(minor int64) string { return nonzero(minor, r.Currency) }
		tone := plain
		if a["unconfirmed"].In+a["taken_back"].In+a["expired"].In+a["in_doubt"].Closing != 0 {
			tone = warn
		}
		t.add(
			tone, dayText(r), r.TerminalID, r.Currency, m(a["issuer"].Out), m(a["captured"].In), count(a["captured"].Times), m(a["unconfirmed"].In),
			m(a["released"].In), m(a["expired"].In), m(a["taken_back"].In), m(a["refunded"].In+a["by_hand"].In), m(a["held"].Closing), m(a["in_doubt"].Closing),
		)
		unsure = unsure || r.Unsynced > 0
	}
	p.table(t, "Nothing was ever held.")
	return unsure
}

// ledgerDay writes the accounts of each terminal.
func (p *printer) ledgerDay(l admin.Ledger) (unsure bool) {
	for i, r := range l.Rows {
		if i > 0 {
			p.line("")
		}
		p.toned(head, "%s %s, terminal %s, %s", dayText(r), l.TimeZone, printable(r.TerminalID), r.Currency)
		t := table{heading: []string{"ACCOUNT", "OPENING", "IN", "OUT", "CLOSING", "TIMES"}}
		sum := admin.LedgerAccount{Account: "sum"}
		for _, a := range r.Accounts {
			t.add(plain, accountRow(a, r.Currency)...)
			sum.Opening, sum.In, sum.Out, sum.Closing = sum.Opening+a.Opening, sum.In+a.In, sum.Out+a.Out, sum.Closing+a.Closing
		}
		tone := good
		if sum.Opening != 0 || sum.In != sum.Out || sum.Closing != 0 {
			tone = bad
		}
		t.add(tone, accountRow(sum, r.Currency)...)
		p.table(t, "")
		unsure = unsure || r.Unsynced > 0
	}
	if len(l.Rows) == 0 {
		p.line("Nothing was held up to %s.", l.Day)
	}
	return unsure
}

func accountRow(a admin.LedgerAccount, cur string) []string {
	times := ""
	if a.Times > 0 {
		times = count(a.Times)
	}
	return []string{a.Account, bare(a.Opening, cur), bare(a.In, cur), bare(a.Out, cur), bare(a.Closing, cur), times}
}

func (p *printer) endsOfDay(ends []admin.EndOfDay) {
	t := table{heading: []string{"LAST END OF DAY (UTC)", "LANE", "TERMINAL", "", "IT COUNTED", "EDGED BOOKED", "DIFFERENCE", "UNCONFIRMED", "IN DOUBT"}}
	for _, e := range ends {
		at, tone, difference := clock(e.At), good, ""
		if !e.ClockSynced {
			at += "?"
		}
		if e.Difference != 0 {
			tone, difference = bad, bare(e.Difference, e.Currency)
		}
		t.add(tone, at, e.Lane, e.TerminalID, e.Currency, bare(e.Terminal, e.Currency), bare(e.Edged, e.Currency), difference,
			nonzero(e.Unconfirmed, e.Currency), nonzero(e.InDoubt, e.Currency))
	}
	p.table(t, "")
}

func dayText(r admin.LedgerRow) string {
	if r.Unsynced > 0 {
		return r.Day + "?"
	}
	return r.Day
}

func accountsOf(r admin.LedgerRow) map[string]admin.LedgerAccount {
	out := map[string]admin.LedgerAccount{}
	for _, a := range r.Accounts {
		out[a.Account] = a
	}
	return out
}

// bare writes minor units without their currency, which has a column of its own.
func bare(minor int64, currency string) string {
	return money.FormatBare(money.Minor(minor), money.Currency(currency))
}

func nonzero(minor int64, currency string) string {
	if minor == 0 {
		return ""
	}
	return bare(minor, currency)
}
