package main

import (
	"context"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newTask lists what waits for a person.
func newTask() *cobra.Command {
	cmd := &cobra.Command{Use: "task", Short: "What waits for a person"}
	cmd.AddCommand(newTaskLs())
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
	t := table{heading: []string{"N", "OPENED (UTC)", "KIND", "LANE", "ORDER", "AMOUNT", "WHAT TO DO"}}
	for _, k := range l.Tasks {
		t.add(warn, count(k.N), clock(k.OpenedAt), k.Kind, k.Lane, k.OrderID, amount(k.AmountMinor, k.Currency), k.Text)
	}
	p.table(t, "No tasks.")
}
