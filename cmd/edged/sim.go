package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"edged/internal/sim/displaysim"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// newSim runs one simulator alone, for integrators.
func newSim() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run one simulator alone",
		Long: `Run one of the simulators of the demonstration alone, for a daemon, a cash
register or a client of your own. Each speaks the real wire; none keeps a secret,
so let them listen on this machine only.`,
	}
	cmd.AddCommand(newSimSaaS(), newSimTerminal(), newSimDisplay())
	return cmd
}

// readScript reads a list of what happens, one a customer; "" is none. What it does
// not know is an error with its line.
func readScript[T any](file string) (list []T, err error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(b, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("script %s: %s", file, yaml.FormatError(err, false, false))
	}
	return list, nil
}

func newSimSaaS() *cobra.Command {
	var listen, ledger, script string
	cmd := &cobra.Command{
		Use:   "saas",
		Short: "The vendor's cloud over HTTP",
		Long: `The vendor's cloud over HTTP, with one cabinet (2412090001) whose doors open by
themselves for every order: a bottle is taken, the door closes, the goods are
recognised. Log in with appID P000000000000000, key "key", secret "secret".

A script is a YAML list of what happens to the orders of door 1 instead, one after
the other, for example that recognition fails and the merchant settles:

  - shop: {open_after: 1s, close_after: 3s, take: [{id: "101", name: Cola, count: "1", price_minor: 250}]}
    detect: {failed: true, msg: No video}
    settle: {after: 5s}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simSaaS(cmd, listen, ledger, script)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().StringVar(&ledger, "ledger", "", "file that keeps what happened")
	cmd.Flags().StringVar(&script, "script", "", "file of what happens to the orders")
	return cmd
}

func simSaaS(cmd *cobra.Command, listen, ledger, script string) error {
	scripts, err := readScript[saassim.Script](script)
	if err != nil {
		return err
	}
	shop := saassim.Script{Shop: &saassim.Shop{
		OpenAfter: time.Second, CloseAfter: 5 * time.Second,
		Take: []saassim.Line{{ID: "101", Name: "Cola 0.33l", Count: "1", PriceMinor: 250}},
	}}
	sim, err := saassim.New(saassim.Options{
		AppID: "P000000000000000", Key: "key", Secret: "secret", LedgerPath: ledger, DetectAfter: 2 * time.Second,
		Default: shop,
		Machines: []saassim.Machine{{
			ID: "2412090001", Name: "Demo", Signal: 4, Temperature: "5", RunningState: 1, PreAuthorLimit: "50", Currency: "EUR",
			Goods: []saassim.Goods{{ID: "101", Name: "Cola 0.33l", PriceMinor: 250, Door: 1}},
		}},
	})
	if err != nil {
		return err
	}
	sim.AddScript("2412090001", 1, scripts...)
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the cloud listens on http://%s\n", ln.Addr())
	srv := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	return together(cmd.Context(), sim.Run, func(ctx context.Context) error {
		go func() { <-ctx.Done(); _ = srv.Close() }()
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

func newSimTerminal() *cobra.Command {
	var listen, pty, ledger, script string
	cmd := &cobra.Command{
		Use:   "terminal",
		Short: "A ZVT card terminal on a serial line or TCP",
		Long: `A ZVT card terminal over TCP (--listen) or on a serial line (--pty makes the link).
Whenever it waits for a card, one is held to it after a second and approved.

A script is a YAML list of the cards instead, one after the other, for example one
that is declined and one of which only a part is granted:

  - {decline: 0x6f}
  - {grant_minor: 1000, host: 2s}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simTerminal(cmd, listen, pty, ledger, script)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address to listen on, such as 127.0.0.1:20007")
	cmd.Flags().StringVar(&pty, "pty", "", "link to make to the serial line")
	cmd.Flags().StringVar(&ledger, "ledger", "", "file that keeps what happened")
	cmd.Flags().StringVar(&script, "script", "", "file of the cards")
	cmd.MarkFlagsOneRequired("listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("listen", "pty")
	return cmd
}

func simTerminal(cmd *cobra.Command, listen, pty, ledger, script string) error {
	cards, err := readScript[readersim.Card](script)
	if err != nil {
		return err
	}
	sim, err := readersim.New(readersim.Options{LedgerPath: ledger})
	if err != nil {
		return err
	}
	serve := func(ctx context.Context) error { return sim.ServePty(ctx, pty) }
	where := pty
	if listen != "" {
		ln, err := net.Listen("tcp", listen)
		if err != nil {
			return err
		}
		where = ln.Addr().String()
		serve = func(ctx context.Context) error { return sim.ServeTCP(ctx, ln) }
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the terminal answers at %s\n", where)
	return together(cmd.Context(), sim.Run, serve, func(ctx context.Context) error {
		for ctx.Err() == nil {
			card := readersim.Card{Host: time.Second}
			if len(cards) > 0 {
				card, cards = cards[0], cards[1:]
			}
			res, err := sim.Tap(ctx, card)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "card: approved %v, receipt %04d, %d minor units\n", res.Approved, res.Receipt, res.AmountMinor)
			}
		}
		return nil
	})
}

func newSimDisplay() *cobra.Command {
	var pty, emulation string
	cmd := &cobra.Command{
		Use:   "display",
		Short: "A customer display on a serial line",
		Long:  `A 2x20 pole display on a serial line; every screen a customer would see is printed.`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simDisplay(cmd, pty, displaysim.Emulation(emulation))
		},
	}
	cmd.Flags().StringVar(&emulation, "emulation", string(displaysim.ESCPOS), "command set of the display: escpos or cd5220")
	cmd.Flags().StringVar(&pty, "pty", "", "link to make to the serial line")
	_ = cmd.MarkFlagRequired("pty") // the flag is there
	return cmd
}

func simDisplay(cmd *cobra.Command, pty string, e displaysim.Emulation) error {
	sim, err := displaysim.New(displaysim.Options{Emulation: e})
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the display listens at %s\n", pty)
	return together(cmd.Context(), func(ctx context.Context) error { return sim.ServePty(ctx, pty) },
		func(ctx context.Context) error {
			for shown := ""; ; {
				err := sim.Await(ctx, func(s displaysim.Screen) bool { return s.Text() != shown })
				if err != nil {
					return nil
				}
				shown = sim.Screen().Text()
				fmt.Fprintf(cmd.OutOrStdout(), "┌────────────────────┐\n%s\n└────────────────────┘\n", shown)
			}
		})
}

// together runs the parts until the command is interrupted or one of them fails.
func together(ctx context.Context, parts ...func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		g.Go(func() error { return part(ctx) })
	}
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
