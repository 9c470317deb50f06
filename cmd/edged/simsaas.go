package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"edged/internal/sim/saassim"
	"edged/internal/sim/script"
)

func newSimSaaS() *cobra.Command {
	var listen, ledger, file string
	cmd := &cobra.Command{
		Use:   "saas",
		Short: "The vendor's cloud over HTTP",
		Long: `The vendor's cloud over HTTP, with one cabinet (2412090001) whose doors open by
themselves for every order: a bottle is taken, the door closes, the goods are
recognised. Log in with appID P000000000000000, key "key", secret "secret".

A script (YAML) says what happens instead: to the orders of each door, one after the
other, to calls and callbacks, and what machines there are. For example, recognition
fails and the merchant settles:

  orders:
    - detect: {failed: true, msg: No video}
      settle: {after: 5s}

packaging/sim-saas.yaml shows every key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simSaaS(cmd, listen, ledger, file)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address to listen on")
	cmd.Flags().StringVar(&ledger, "ledger", "", "file that keeps what happened")
	cmd.Flags().StringVar(&file, "script", "", "file of what happens")
	return cmd
}

func simSaaS(cmd *cobra.Command, listen, ledger, file string) error {
	s, err := readScript(file, script.ParseSaaS)
	if err != nil {
		return err
	}
	s.Service.LedgerPath = ledger
	sim, err := saassim.New(s.Service)
	if err != nil {
		return err
	}
	s.Arm(sim)
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
