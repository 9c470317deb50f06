package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"edged/internal/admin"
	"edged/internal/money"
)

// newRefundEnd ends a refund that a person had to do.
func newRefundEnd(isDone bool) *cobra.Command {
	name, short, long := "refund-failed", "Report that a refund cannot be given", `Report to the SaaS that the money of a refund cannot be given back, and close its task.`
	if isDone {
		name, short, long = "refund-done", "Report that a refund was given by hand", `Report to the SaaS that the money of a refund was given back by hand, and close its
task. Never more than was captured and not refunded yet. The refund's number is the
subject of its task (edged task ls).`
	}
	var given string
	r := admin.RefundEnded{Done: isDone}
	cmd := &cobra.Command{
		Use:     name + " ORDER REFUND --note TEXT",
		Short:   short,
		Long:    long,
		Example: `  edged order ` + name + ` 7ZZZZZZZZZZZZZZZZZZZZZZZZZ RF-1 --note "ticket 4711"`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.Note == "" {
				return wrongUsage(cmd, errors.New("say how, with --note TEXT"))
			}
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return endRefund(ctx, c, cmd, args, r, given)
			}, done)
		},
	}
	cmd.Flags().StringVar(&r.Note, "note", "", "how, for whoever looks next")
	if isDone {
		cmd.Flags().StringVar(&given, "amount", "", "what was given back, such as 2.50 (default: what was asked for)")
	}
	return asking(cmd)
}

// endRefund reads the amount in the order's currency.
func endRefund(ctx context.Context, c *admin.Client, cmd *cobra.Command, args []string, r admin.RefundEnded, given string) (admin.Done, error) {
	if given != "" {
		o, err := c.Order(ctx, args[0])
		if err != nil {
			return admin.Done{}, err
		}
		m, err := money.Parse(given, money.Currency(o.Currency))
		if err != nil {
			return admin.Done{}, wrongUsage(cmd, err)
		}
		if m <= 0 {
			return admin.Done{}, wrongUsage(cmd, errors.New("--amount is what was given back: more than 0"))
		}
		r.AmountMinor = int64(m)
	}
	return c.RefundEnded(ctx, args[0], args[1], r)
}

func newOrderResume() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "resume ORDER",
		Short: "Go on with an order that edged itself failed on",
		Long: `Go on with a parked order: one that edged itself failed on, and left alone. It goes
on from where it stood before the event it failed on; whatever was asked for it is in
doubt, as after a restart, and is asked about. If edged fails again it is parked again:
then update edged first.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.Resume(ctx, args[0])
			}, done)
		},
	})
}
