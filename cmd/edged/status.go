package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/admin"
	"edged/internal/errcode"
)

// newStatus shows everything at a glance.
func newStatus() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "status",
		Short: "One screen: lanes, money, queue, devices",
		Long: `One screen: lanes and why one does not sell, money in flight, what waits to be
reported, devices, the SaaS, and what somebody should look at.

The exit code is 1 if there is something to look at, or if edged does not run.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := askOnly(cmd, func(ctx context.Context, c *admin.Client) (admin.Status, error) { return c.Status(ctx) })
			if err != nil {
				return err
			}
			if err := printAnswer(cmd, s, showStatus); err != nil {
				return err
			}
			if len(s.Problems) > 0 {
				return errShown
			}
			return nil
		},
	})
}

func showStatus(p *printer, s admin.Status) {
	p.now = s.Now
	p.toned(head, "edged %s on %s, up %s, clock %s", s.Version, gatewayText(s), p.age(s.StartedAt), clockText(s.ClockSynced))
	p.line("")
	p.table(laneTable(s.Lanes), "No lanes.")
	p.line("")
	p.table(deviceTable(s.Devices), "No devices.")
	p.line("")
	p.facts(p.statusFacts(s))
	p.line("")
	if len(s.Problems) == 0 {
		p.toned(good, "Nothing needs attention.")
		return
	}
	for _, problem := range s.Problems {
		p.toned(bad, "! %s", printable(problem))
	}
	p.line("\"edged explain CODE\" says what a code means, and what to do.")
}

func gatewayText(s admin.Status) string {
	if s.Site == "" {
		return s.Gateway
	}
	return s.Gateway + " (" + s.Site + ")"
}

func clockText(synced bool) string {
	if synced {
		return "synchronised"
	}
	return "not synchronised [" + string(errcode.ClockUnsynced) + "]"
}

func laneTable(lanes []admin.Lane) table {
	t := table{heading: []string{"LANE", "STATE", "HOLD", "LAST ORDER", "WHY NOT"}}
	for _, l := range lanes {
		tone := good
		if !l.Selling {
			tone = warn
		}
		for _, r := range l.Reasons {
			if !r.Business {
				tone = bad
			}
		}
		t.add(tone, l.Lane, laneState(l), amount(l.LimitMinor, l.Currency), laneOrder(l.Order), laneReasons(l.Reasons))
	}
	return t
}

func laneState(l admin.Lane) string {
	switch {
	case l.CardSeen:
		return "card"
	case l.Restock != "":
		return "restock " + l.Restock
	case !l.Selling:
		return "not selling"
	case l.Armed:
		return "selling"
	}
	return "ready"
}

func laneOrder(o *admin.LaneOrder) string {
	if o == nil {
		return ""
	}
	if o.Outcome != "" {
		return o.OrderID + " " + o.Outcome
	}
	return o.OrderID + " " + o.Phase
}

func laneReasons(reasons []admin.Reason) string {
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = r.Reason + " (" + r.Code + ")"
	}
	return strings.Join(parts, ", ")
}

func deviceTable(devices []admin.Device) table {
	t := table{heading: []string{"DEVICE", "LANE", "DRIVER", "STATE", "PORT"}}
	for _, d := range devices {
		state, tone := "up", plain
		if !d.Up {
			state, tone = "down", bad
		}
		t.add(tone, d.Device, d.Lane, d.Driver, state, d.Port)
	}
	return t
}

// statusFacts are the lines between the tables.
func (p *printer) statusFacts(s admin.Status) table {
	var t table
	fact := func(tone tone, name, format string, args ...any) {
		t.add(tone, name, fmt.Sprintf(format, args...))
	}
	if len(s.Money) == 0 {
		fact(plain, "money", "none in flight")
	}
	for _, m := range s.Money {
		fact(plain, "money", "%d orders in work: %d holds open over %s, %d under review, %d not yet reported",
			m.OpenOrders, m.OpenHolds, moneyText(m), m.InReview, m.Unreported)
	}
	for _, l := range s.Lanes {
		if r := l.RestockRefused; r != nil {
			fact(warn, "restock", "refused on lane %s %s ago: %s", l.Lane, p.age(r.At), r.Why)
		}
	}
	q := s.Queue
	tone := plain
	if q.Dead > 0 || q.StoreError != "" {
		tone = bad
	}
	fact(tone, "queue", "%d reports waiting%s, %d waiting for an order number, %d dead letters, %d events", q.Reports, p.since(q), q.Waiting, q.Dead, q.Events)
	fact(tone, "store", "%s, %s free, reserve %s", storeText(q), size(q.DiskFree), intact(q.ReserveReady))
	tone = plain
	state := "reachable"
	if !s.SaaS.Reachable {
		state, tone = "not reachable", bad
	}
	if at := p.age(s.SaaS.LastSuccess); at != "" {
		state += ", last answer " + at + " ago"
	}
	fact(tone, "SaaS", "%s, %s", s.SaaS.BaseURL, state)
	return t
}

func moneyText(m admin.Money) string {
	if m.HeldMinor == 0 {
		return "nothing"
	}
	return amount(m.HeldMinor, m.Currency)
}

func (p *printer) since(q admin.Queue) string {
	if q.OldestAt.IsZero() {
		return ""
	}
	return " (oldest " + p.age(q.OldestAt) + ")"
}

func storeText(q admin.Queue) string {
	if q.StoreError != "" {
		return q.StoreError
	}
	return size(q.StoreBytes)
}

func intact(ok bool) string {
	if ok {
		return "intact"
	}
	return "missing"
}
