package main

import (
	"os"

	"github.com/spf13/cobra"

	"edged/internal/demo"
)

// newDemo is the whole thing running on anybody's machine.
func newDemo() *cobra.Command {
	o := demo.Options{Seed: 1}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the real daemon selling among simulators",
		Long: `Run the real daemon among simulators of a card terminal, a customer display and
the vendor's cloud, with a cabinet full of goods, on this machine only.

Keys: tap a card, take goods, close the door, cut the network, kill the daemon.
With --auto no keys are needed: customers come by themselves, and at the end an
auditor compares what terminal, cloud, cabinet and daemon say of the money. The
exit code is 0 only if they agree.`,
		Example: `  edged demo
  edged demo --auto 50 --faults --kill --seed 1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return err
			}
			o.Exe, o.In, o.Out = exe, os.Stdin, cmd.OutOrStdout()
			return demo.Run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "", "address of the cloud simulator (default: a free loopback port)")
	f.IntVar(&o.Auto, "auto", 0, "serve so many customers without keys, then audit")
	f.BoolVar(&o.Faults, "faults", false, "with --auto: things go wrong")
	f.BoolVar(&o.Kill, "kill", false, "with --auto: the daemon is killed at named points")
	f.Uint64Var(&o.Seed, "seed", 1, "with --auto: which customers, faults and kills")
	f.StringVar(&o.Dir, "dir", "", "keep logs, ledgers and store here (default: a temporary directory)")
	return cmd
}
