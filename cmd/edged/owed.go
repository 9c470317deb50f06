package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"edged/internal/config"
	"edged/internal/engine"
)

// owedReport is the JSON of `edged owed`.
type owedReport struct {
	Settled    bool        `json:"settled"`
	StateDir   string      `json:"state_dir"`
	Orders     []owedOrder `json:"orders"`
	Reports    int         `json:"reports"`
	Dead       int         `json:"dead"`
	Tasks      int         `json:"tasks"`
	Unreadable []string    `json:"unreadable"`
}

type owedOrder struct {
	OrderID   string `json:"order_id"`
	Phase     string `json:"phase"` // "": the record is unreadable
	HeldMinor int64  `json:"held_minor"`
	Currency  string `json:"currency"`
}

// newOwed asks the store of a daemon that stands still.
func newOwed() *cobra.Command {
	var file, dir string
	cmd := &cobra.Command{
		Use:   "owed",
		Short: "What is not settled yet, of a daemon that is stopped",
		Long: `Read the store of a daemon that is stopped, and list what it still has to do with
money: open orders, reports that the SaaS has not acknowledged, dead letters, tasks.
Nothing is changed. The exit code is 0 only if everything is settled: then the
gateway may be taken away, and the store deleted. Without a store nothing is owed.

An order that waits for a card counts only if the daemon was killed or lost power:
then the terminal may have gone on without it. While the daemon runs, ask
"edged status".`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				dir = config.StateDirOf(file)
			}
			r, err := owed(cmd.Context(), dir)
			if err != nil {
				return err
			}
			if err := printAnswer(cmd, r, showOwed); err != nil {
				return err
			}
			if !r.Settled {
				return errShown
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "config", defaultConfig, "configuration file that names the state directory")
	cmd.Flags().StringVar(&dir, "state-dir", "", "the state directory itself")
	return printing(cmd)
}

func owed(ctx context.Context, dir string) (*owedReport, error) {
	r := &owedReport{StateDir: dir, Orders: []owedOrder{}, Unreadable: []string{}}
	o, err := engine.ReadOwed(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		r.Settled = true
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	r.Settled, r.Reports, r.Dead, r.Tasks = o.Nothing(), o.Reports, o.Dead, o.Tasks
	for _, order := range o.Orders {
		r.Orders = append(r.Orders, owedOrder{string(order.Order), string(order.Phase), int64(order.Held), string(order.Currency)})
	}
	r.Unreadable = append(r.Unreadable, o.Unreadable...)
	return r, nil
}

func showOwed(p *printer, r *owedReport) {
	if r.Settled {
		p.toned(good, "Everything is settled.")
		return
	}
	t := table{heading: []string{"ORDER", "PHASE", "MAY BE HELD"}}
	for _, o := range r.Orders {
		phase := o.Phase
		if phase == "" {
			phase = "unreadable"
		}
		t.add(bad, o.OrderID, phase, amount(o.HeldMinor, o.Currency))
	}
	p.table(t, "No open orders.")
	p.line("")
	p.line("reports not acknowledged: %d, dead letters: %d, tasks: %d", r.Reports, r.Dead, r.Tasks)
	for _, text := range r.Unreadable {
		p.toned(bad, "unreadable: %s", printable(text))
	}
}
