package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newOrder looks at purchases.
func newOrder() *cobra.Command {
	cmd := &cobra.Command{Use: "order", Short: "Purchases, from tap to report"}
	cmd.AddCommand(newOrderLs(), newOrderShow(), newRefundEnd(true), newRefundEnd(false), newOrderResume())
	return cmd
}

func newOrderLs() *cobra.Command {
	var limit int
	var all bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the newest orders",
		Long: `List the newest orders, open ones first. Orders are kept for 400 days. With --json
each has every fact that an audit of the money needs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Orders, error) {
				return c.Orders(ctx, limit, all)
			}, showOrders)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many")
	cmd.Flags().BoolVar(&all, "all", false, "also orders that no card was used for")
	return asking(cmd)
}

func showOrders(p *printer, l admin.Orders) {
	t := table{heading: []string{"ORDER", "ARMED (UTC)", "LANE", "PHASE", "OUTCOME", "HELD", "TOTAL", "CAPTURED", "REPORTS"}}
	for _, o := range l.Orders {
		t.add(orderTone(o), o.OrderID, clock(o.ArmedAt), o.Lane, o.Phase, o.Outcome,
			amount(o.HeldMinor, o.Currency), amount(o.TotalMinor, o.Currency), amount(o.CapturedMinor, o.Currency), reportStates(o.Reports))
	}
	p.table(t, "No orders.")
}

// orderTone strikes the eye where money or a person is waited for.
func orderTone(o admin.Order) tone {
	switch {
	case o.Parked != "" || o.Outcome == "unpaid" || o.Outcome == "expired":
		return bad
	case len(o.Tasks) > 0 || o.Phase == "review" || o.Phase == "in_doubt":
		return warn
	}
	return plain
}

// reportStates lists where each report is.
func reportStates(rs []admin.Report) string {
	out := ""
	for i, r := range rs {
		if i > 0 {
			out += ","
		}
		out += r.State
	}
	return out
}

func newOrderShow() *cobra.Command {
	var receipt bool
	cmd := &cobra.Command{
		Use:   "show ORDER",
		Short: "One order with its journal",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			show := showOrder
			if receipt {
				show = showSlips
			}
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.OrderDetail, error) {
				return c.Order(ctx, args[0])
			}, show)
		},
	}
	cmd.Flags().BoolVar(&receipt, "receipt", false, "only the customer's receipts, as the terminal printed them")
	return asking(cmd)
}

// showSlips prints the receipts, the oldest first, without anything else: to be given
// to a customer.
func showSlips(p *printer, o admin.OrderDetail) {
	n := 0
	for _, e := range o.Journal {
		if len(e.Slip) == 0 {
			continue
		}
		if n++; n > 1 {
			p.line("")
		}
		for _, l := range e.Slip {
			p.line("%s", printable(l))
		}
	}
	if n == 0 {
		p.line("No receipt.")
	}
}

func showOrder(p *printer, o admin.OrderDetail) {
	p.toned(head, "Order %s", o.OrderID)
	facts := table{heading: []string{"", ""}}
	fact := func(name, value string) {
		if value != "" {
			facts.rows = append(facts.rows, []string{"  " + name, printable(value)})
			facts.tones = append(facts.tones, plain)
		}
	}
	fact("lane", fmt.Sprintf("%s, door %d of %s", o.Lane, o.Door, o.MachineID))
	fact("phase", o.Phase)
	fact("outcome", outcomeText(o.Order))
	fact("parked", o.Parked)
	fact("SaaS order", o.SaaSOrderNo)
	fact("terminal", terminalText(o.Order))
	fact("hold", holdText(o.Order))
	fact("total", amount(o.TotalMinor, o.Currency))
	fact("captured", amount(o.CapturedMinor, o.Currency))
	fact("refunded", amount(o.RefundedMinor, o.Currency))
	p.facts(facts)
	showItems(p, o.Order)
	showReports(p, o.Reports)
	if len(o.Conflicts)+len(o.Tasks) > 0 {
		p.line("")
	}
	showConflicts(p, o.Order)
	for _, t := range o.Tasks {
		p.toned(warn, "Task %d (%s, %s): %s", t.N, t.Kind, t.ErrorCode, printable(t.Text))
	}
	p.line("")
	p.toned(head, "Journal")
	j := table{heading: []string{"  TIME (UTC)", "EVENT", "WHAT HAPPENED"}}
	for _, e := range o.Journal {
		j.add(plain, "  "+clock(e.At), e.Kind, e.Text)
	}
	p.table(j, "  No events.")
}

func outcomeText(o admin.Order) string {
	s := o.Outcome
	if o.Cause != "" {
		s += ": " + o.Cause
	}
	if o.Unconfirmed {
		s += " (unconfirmed)"
	}
	return s
}

func terminalText(o admin.Order) string {
	if o.Receipt == "" {
		return o.Terminal
	}
	return o.Terminal + ", receipt " + o.Receipt + cardText(o.Card)
}

func cardText(card string) string {
	if card == "" {
		return ""
	}
	return ", card " + card
}

func holdText(o admin.Order) string {
	if o.HeldMinor == 0 {
		return ""
	}
	s := amount(o.HeldMinor, o.Currency) + ", " + o.HoldState
	if o.HoldGone != "" {
		s += ": " + o.HoldGone
	}
	return s
}

func showItems(p *printer, o admin.Order) {
	if len(o.Items) == 0 {
		return
	}
	p.line("")
	t := table{heading: []string{"  ITEM", "COUNT", "PRICE"}}
	for _, i := range o.Items {
		t.add(plain, "  "+i.Name, i.Count, i.Price)
	}
	p.table(t, "")
}

func showReports(p *printer, rs []admin.Report) {
	if len(rs) == 0 {
		return
	}
	p.line("")
	t := table{heading: []string{"  REPORT", "KIND", "SAYS", "STATE", "SAAS ORDER", "MESSAGE"}}
	for _, r := range rs {
		t.add(reportTone(r.State), "  "+strconv.Itoa(r.N), payType(r.Type), says(r.OK), r.State, r.OrderNo, r.Message)
	}
	p.table(t, "")
}

func reportTone(state string) tone {
	switch state {
	case "dead":
		return bad
	case "waits", "queued":
		return warn
	}
	return plain
}

// payType names the SaaS's pay types (vendor document §10).
func payType(n int) string {
	switch n {
	case 0:
		return "payment"
	case 1:
		return "deduction"
	case 2:
		return "refund"
	}
	return strconv.Itoa(n)
}

func says(ok bool) string {
	if ok {
		return "succeeded"
	}
	return "failed"
}

func showConflicts(p *printer, o admin.Order) {
	for _, c := range o.Conflicts {
		what := "to charge nothing"
		if c.Charge {
			what = "to charge " + amount(c.TotalMinor, o.Currency)
		}
		p.toned(warn, "Conflict: decided %s at %s (%s), too late: no money was moved", what, clock(c.At), c.Source)
	}
}
