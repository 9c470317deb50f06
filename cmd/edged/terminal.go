package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newTerminal looks at card terminals and has them settle.
func newTerminal() *cobra.Command {
	cmd := &cobra.Command{Use: "terminal", Short: "Card terminals: state and end of day"}
	cmd.AddCommand(newTerminalStatus(), newTerminalEndOfDay())
	return cmd
}

func newTerminalStatus() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "status [LANE]",
		Short: "What each terminal does, wants and holds",
		Long: `What each terminal does, what its status asks for, and the holds that are open on it.
The exit code is 1 if one does not answer, or holds money that no order here knows of.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeLane,
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := askOnly(cmd, func(ctx context.Context, c *admin.Client) (terminalList, error) {
				return terminals(ctx, c, args)
			})
			if err != nil {
				return err
			}
			if err := printAnswer(cmd, l, showTerminals); err != nil {
				return err
			}
			for _, t := range l.Terminals {
				if !t.Up || len(t.Strange) > 0 {
					return errShown
				}
			}
			return nil
		},
	})
}

type terminalList struct {
	Terminals []laneTerminal `json:"terminals"`
}

type laneTerminal struct {
	Lane string `json:"lane"`
	admin.Terminal
}

func terminals(ctx context.Context, c *admin.Client, lanes []string) (terminalList, error) {
	s, err := c.Status(ctx)
	out := terminalList{Terminals: []laneTerminal{}}
	for _, l := range s.Lanes {
		if len(lanes) == 0 || lanes[0] == l.Lane {
			out.Terminals = append(out.Terminals, laneTerminal{l.Lane, l.Terminal})
		}
	}
	if err == nil && len(lanes) > 0 && len(out.Terminals) == 0 {
		err = fmt.Errorf("lane %q: %w (see edged lane ls)", lanes[0], admin.ErrNotFound)
	}
	return out, err
}

func showTerminals(p *printer, l terminalList) {
	t := table{heading: []string{"LANE", "TERMINAL", "STATE", "WANTS", "HOLDS", "UNKNOWN RECEIPTS", "LAST END OF DAY"}}
	for _, one := range l.Terminals {
		tone := plain
		switch {
		case !one.Up || len(one.Strange) > 0:
			tone = bad
		case one.Wants != "":
			tone = warn
		}
		holds := fmt.Sprintf("%d of %d", one.OpenHolds, one.MaxHolds)
		t.add(tone, one.Lane, one.TerminalID, terminalState(one.Terminal), spaced(one.Wants), holds, strings.Join(one.Strange, " "), one.EndOfDay)
	}
	p.table(t, "No terminals.")
}

func terminalState(t admin.Terminal) string {
	s := "idle"
	switch {
	case !t.Up:
		s = "does not answer"
	case t.Doing == "arm":
		s = "waits for a card"
	case t.Doing != "":
		s = "busy: " + spaced(t.Doing)
	}
	if t.Waiting > 0 {
		s += fmt.Sprintf(", %d commands wait", t.Waiting)
	}
	return s
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

func newTerminalEndOfDay() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "end-of-day LANE",
		Short: "Settle with the acquirer now",
		Long: `Have the terminal of a lane settle with its acquirer (end of day) as soon as it may. No
card is taken until it is over. A terminal that needs it waits until no hold is open:
orders that only wait for a decision then end as the configuration says (on_deadline).`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeLane,
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.EndOfDay(ctx, args[0])
			}, done)
		},
	})
}
