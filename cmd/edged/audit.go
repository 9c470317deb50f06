package main

import (
	"context"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newAudit lists what people have done.
func newAudit() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "What people have done, and who",
		Long: `List the manual actions, oldest first: what was asked for, by which user of this machine,
and what came of it. Each is written down before it is done; one without a result was
cut off. The last 500 are kept. What concerns an order is in its journal too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Audit, error) { return c.Audit(ctx, limit) }, showAudit)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "the newest so many")
	return asking(cmd)
}

func showAudit(p *printer, l admin.Audit) {
	t := table{heading: []string{"N", "WHEN (UTC)", "WHO", "WHAT", "ON", "NOTE", "RESULT"}}
	for _, d := range l.Deeds {
		tone, at, result := plain, clock(d.At), d.Result
		if !d.ClockSynced {
			at += "?" // the clock was not set
		}
		if result == "" {
			result = "cut off"
		}
		if d.Result != "done" {
			tone = warn
		}
		t.add(tone, count(d.N), at, d.Who, d.Act, d.Object, d.Note, result)
	}
	p.table(t, "Nobody has done anything.")
}
