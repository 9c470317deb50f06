package main

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	"edged/internal/serialdev/wiretrace"
	"edged/internal/sim/readersim"
	"edged/internal/sim/script"
)

func newSimTerminal() *cobra.Command {
	var o simTerminalFlags
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

packaging/sim-terminal.yaml shows every key.

With --record everything that goes over the wire is written to a file, card numbers and
passwords masked. With --replay such a file, or one that "edged ports trace" took in the
field, is played instead: it waits for what was sent to the terminal then, and answers
what the terminal answered. At the first difference it ends with exit code 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.replay.file != "" {
				return replayTerminal(cmd, o.listen, o.pty, o.replay)
			}
			return simTerminal(cmd, o)
		},
	}
	cmd.Flags().StringVar(&o.listen, "listen", "", "address to listen on, such as 127.0.0.1:20007")
	cmd.Flags().StringVar(&o.pty, "pty", "", "link to make to the serial line")
	cmd.Flags().StringVar(&o.ledger, "ledger", "", "file that keeps what happened")
	cmd.Flags().StringVar(&o.script, "script", "", "file of what happens")
	cmd.Flags().StringVar(&o.record, "record", "", "file for the trace of the wire")
	o.replay.add(cmd, "its terminal is played", "script", "ledger", "record")
	cmd.MarkFlagsOneRequired("listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("listen", "pty")
	return cmd
}

type simTerminalFlags struct {
	listen, pty, ledger, script, record string
	replay                              replayFlags
}

// header is that of the trace.
func (o simTerminalFlags) header() wiretrace.Header {
	if o.listen != "" {
		return wiretrace.Header{Device: "terminal", Port: "tcp://" + o.listen, Kind: wiretrace.ZVTTCP}
	}
	return wiretrace.Header{Device: "terminal", Port: o.pty, Kind: wiretrace.ZVTSerial}
}

func simTerminal(cmd *cobra.Command, o simTerminalFlags) error {
	s, err := readScript(o.script, script.ParseTerminal)
	if err != nil {
		return err
	}
	rec, err := record(o.record, o.header())
	if err != nil {
		return err
	}
	s.Terminal.LedgerPath = o.ledger
	s.Terminal.Tap = func(rw io.ReadWriteCloser, _ readersim.Transport) io.ReadWriteCloser { return rec.end(rw) }
	sim, err := readersim.New(s.Terminal)
	if err != nil {
		return err
	}
	sim.AddFault(s.Faults...)
	serve, where := func(ctx context.Context) error { return sim.ServePty(ctx, o.pty) }, o.pty
	if o.listen != "" {
		ln, err := net.Listen("tcp", o.listen)
		if err != nil {
			return err
		}
		serve, where = func(ctx context.Context) error { return sim.ServeTCP(ctx, ln) }, ln.Addr().String()
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the terminal answers at %s\n", where)
	told := func(r readersim.TapResult) {
		fmt.Fprintf(cmd.OutOrStdout(), "card: approved %v, receipt %04d, %d minor units\n", r.Approved, r.Receipt, r.AmountMinor)
	}
	return together(cmd.Context(), sim.Run, serve, rec.run,
		func(ctx context.Context) error { return s.Happen(ctx, sim) },
		func(ctx context.Context) error { return s.Customers(ctx, sim, told) })
}
