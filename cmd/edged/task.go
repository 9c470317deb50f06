package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"edged/internal/admin"
	"edged/internal/errcode"
)

// newTask lists what waits for a person, and ends it.
func newTask() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "task",
		Short: "What waits for a person",
		Long: `What waits for a person: money that edged cannot move, goods that are not paid,
decisions that contradict each other. What a task's kind means, and what to do, is in
docs/operate.md; "edged explain CODE" says it, too.`,
	}
	cmd.AddCommand(newTaskLs(), newTaskShow(), newTaskDone())
	return cmd
}

func newTaskLs() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "ls",
		Short: "List the open tasks, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Tasks, error) { return c.Tasks(ctx) }, showTasks)
		},
	})
}

func showTasks(p *printer, l admin.Tasks) {
	t := table{heading: []string{"N", "OPENED (UTC)", "KIND", "CODE", "LANE", "ORDER", "AMOUNT", "WHAT TO DO"}}
	for _, k := range l.Tasks {
		t.add(warn, count(k.N), clock(k.OpenedAt), k.Kind, string(k.ErrorCode), k.Lane, k.OrderID, amount(k.AmountMinor, k.Currency), k.Text)
	}
	p.table(t, "No tasks.")
}

func newTaskShow() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "show N",
		Short: "One task, and how it is ended",
		Args:  oneNumber("task ls"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Task, error) {
				return findTask(ctx, c, entryNumber(args))
			}, showTask)
		},
	})
}

func findTask(ctx context.Context, c *admin.Client, n int64) (admin.Task, error) {
	l, err := c.Tasks(ctx)
	for _, t := range l.Tasks {
		if t.N == n {
			return t, nil
		}
	}
	if err == nil {
		err = errors.New("task " + count(n) + " is not open (see edged task ls)")
	}
	return admin.Task{}, err
}

func showTask(p *printer, t admin.Task) {
	var facts table
	fact := func(name, value string) {
		if value != "" {
			facts.add(plain, name, value)
		}
	}
	p.toned(warn, "Task %d: %s", t.N, printable(t.Text))
	fact("kind", t.Kind)
	fact("code", explained(t.ErrorCode))
	fact("opened", clock(t.OpenedAt)+" UTC")
	fact("lane", t.Lane)
	fact("order", t.OrderID)
	fact("subject", t.Subject)
	fact("amount", amount(t.AmountMinor, t.Currency))
	fact("end it", endOf(t))
	p.facts(facts)
}

// explained is a code with the command that explains it.
func explained(c errcode.Code) string {
	if c == "" {
		return ""
	}
	return string(c) + " (edged explain " + string(c) + ")"
}

// endOf is the command that ends a task.
func endOf(t admin.Task) string {
	switch t.Kind {
	case "refund":
		return "edged order refund-done " + t.OrderID + " " + t.Subject + " --note TEXT (or refund-failed)"
	case "dead_report":
		return "edged queue ls, then edged queue retry N, or drop N with a reason"
	case "parked":
		return "edged order resume " + t.OrderID
	}
	return "edged task done " + count(t.N) + " --outcome WORD --note TEXT"
}

func newTaskDone() *cobra.Command {
	var d admin.TaskDone
	cmd := &cobra.Command{
		Use:   "done N --outcome WORD --note TEXT",
		Short: "Close a task",
		Long: `Close a task that a person has dealt with. Outcome and note stay in the journal of
its order, with who closed it. A refund is ended by "edged order refund-done" or
"refund-failed", since it is reported; a refused report by "edged queue"; a parked
order by "edged order resume".`,
		Example: `  edged task done 31 --outcome written_off --note "under 5 EUR, ticket 4711"`,
		Args:    oneNumber("task ls"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d.Outcome == "" || d.Note == "" {
				return wrongUsage(cmd, errors.New("say how it ended, with --outcome WORD --note TEXT"))
			}
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.TaskDone(ctx, entryNumber(args), d)
			}, done)
		},
	}
	cmd.Flags().StringVar(&d.Outcome, "outcome", "", "how it ended, in a word")
	cmd.Flags().StringVar(&d.Note, "note", "", "what was done, for whoever looks next")
	return asking(cmd)
}
