package main

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"edged/internal/sim/readersim"
	"edged/internal/sim/script"
)

func newSimTerminal() *cobra.Command {
	var listen, pty, ledger, file string
	cmd := &cobra.Command{
		Use:   "terminal",
		Short: "A ZVT card terminal on a serial line or TCP",
		Long: `A ZVT card terminal over TCP (--listen) or on a serial line (--pty makes the link).
Whenever it waits for a card, one is held to it after a second and approved.

A script (YAML) says what happens instead: which cards come, what goes wrong on the
wire, when the power fails, and what terminal it is. For example a card that is declined
and one of which only a part is granted:

  cards:
    - {decline: 0x6f}
    - {grant_minor: 1000, host: 2s}

packaging/sim-terminal.yaml shows every key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simTerminal(cmd, listen, pty, ledger, file)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address to listen on, such as 127.0.0.1:20007")
	cmd.Flags().StringVar(&pty, "pty", "", "link to make to the serial line")
	cmd.Flags().StringVar(&ledger, "ledger", "", "file that keeps what happened")
	cmd.Flags().StringVar(&file, "script", "", "file of what happens")
	cmd.MarkFlagsOneRequired("listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("listen", "pty")
	return cmd
}

func simTerminal(cmd *cobra.Command, listen, pty, ledger, file string) error {
	s, err := readScript(file, script.ParseTerminal)
	if err != nil {
		return err
	}
	s.Terminal.LedgerPath = ledger
	sim, err := readersim.New(s.Terminal)
	if err != nil {
		return err
	}
	sim.AddFault(s.Faults...)
	serve, where := func(ctx context.Context) error { return sim.ServePty(ctx, pty) }, pty
	if listen != "" {
		ln, err := net.Listen("tcp", listen)
		if err != nil {
			return err
		}
		serve, where = func(ctx context.Context) error { return sim.ServeTCP(ctx, ln) }, ln.Addr().String()
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the terminal answers at %s\n", where)
	told := func(r readersim.TapResult) {
		fmt.Fprintf(cmd.OutOrStdout(), "card: approved %v, receipt %04d, %d minor units\n", r.Approved, r.Receipt, r.AmountMinor)
	}
	return together(cmd.Context(), sim.Run, serve,
		func(ctx context.Context) error { return s.Happen(ctx, sim) },
		func(ctx context.Context) error { return s.Customers(ctx, sim, told) })
}
