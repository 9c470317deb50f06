package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newQueue looks at what waits to be told to the SaaS.
func newQueue() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "Reports that wait for the SaaS, and dead letters",
		Long: `Reports that wait for the SaaS, and dead letters.

A payment report is sent until the SaaS acknowledges it. One that the SaaS refuses
is a dead letter: it is kept until it is acknowledged after all, or until a person
drops it with a reason.`,
	}
	cmd.AddCommand(newQueueLs(), newQueueShow(), newQueueRetry(), newQueueDrop())
	return cmd
}

func newQueueLs() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List what waits and the dead letters, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Entries, error) {
				return c.Queue(ctx, limit)
			}, showQueue)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many")
	return asking(cmd)
}

func showQueue(p *printer, l admin.Entries) {
	t := table{heading: []string{"N", "CLASS", "STATE", "ORDER", "REPORT", "SAYS", "TRIES", "CODE", "WHY"}}
	for _, e := range l.Entries {
		n, report, result, tries := "", "", "", ""
		if e.N > 0 {
			n = count(e.N)
		}
		if e.Class == admin.ClassReport && e.Report.N > 0 {
			report, result = fmt.Sprintf("%d %s", e.Report.N, payType(e.Report.Type)), says(e.Report.OK)
		}
		if e.Attempts > 0 {
			tries = count(e.Attempts)
		}
		t.add(entryTone(e), n, e.Class, e.State, e.OrderID, report, result, tries, string(e.ErrorCode), entryReason(e))
	}
	p.table(t, "Nothing waits.")
}

func entryTone(e admin.QueueEntry) tone {
	if e.State == admin.StateDead || !e.AccountOK {
		return bad
	}
	return plain
}

func entryReason(e admin.QueueEntry) string {
	if !e.AccountOK {
		return "belongs to another account than the configured one"
	}
	return e.Reason
}

func newQueueShow() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "show N",
		Short: "One entry with the bytes that are sent",
		Args:  oneNumber("queue ls"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.QueueDetail, error) {
				return c.QueueEntry(ctx, entryNumber(args))
			}, showEntry)
		},
	})
}

func showEntry(p *printer, e admin.QueueDetail) {
	showQueue(p, admin.Entries{Entries: []admin.QueueEntry{e.QueueEntry}})
	if e.Account != "" {
		p.line("For account %s only.", printable(e.Account))
	}
	var pretty bytes.Buffer
	if len(e.Body) > 0 && json.Indent(&pretty, e.Body, "", "  ") == nil {
		p.line("%s", pretty.String())
	}
}

func newQueueRetry() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "retry N",
		Short: "Send an entry now",
		Long: `Send an entry now. A report in the outbox is sent at once instead of at its time; a
dead letter is sent again, with the same bytes, and the SaaS's answer is shown.`,
		Args: oneNumber("queue ls"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.Retry(ctx, entryNumber(args))
			}, done)
		},
	})
}

func newQueueDrop() *cobra.Command {
	var d admin.Drop
	cmd := &cobra.Command{
		Use:   "drop N --order ORDER --reason TEXT",
		Short: "Close an entry for good",
		Long: `Close an entry for good. The SaaS is never told what it says. A payment report is
dropped only if --order names its order; who dropped it and why stays in the
order's journal.`,
		Example: `  edged queue drop 1207 --order 7ZZZZZZZZZZZZZZZZZZZZZZZZZ --reason "settled by phone, ticket 4711"`,
		Args:    oneNumber("queue ls"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.Reason == "" {
				return wrongUsage(cmd, errors.New("an entry is dropped only with --reason TEXT"))
			}
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.Drop(ctx, entryNumber(args), d)
			}, done)
		},
	}
	cmd.Flags().StringVar(&d.Order, "order", "", "the order whose report it is")
	cmd.Flags().StringVar(&d.Reason, "reason", "", "why it will never be sent")
	return asking(cmd)
}

// oneNumber accepts a number, as the list shows it.
func oneNumber(list string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(1)(cmd, args); err != nil {
			return err
		}
		if entryNumber(args) < 1 {
			return fmt.Errorf("%q is no number (see edged %s)", args[0], list)
		}
		return nil
	}
}

func entryNumber(args []string) int64 {
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func count(n int64) string { return strconv.FormatInt(n, 10) }
