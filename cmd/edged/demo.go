package main

import (
	"os"

	"github.com/spf13/cobra"

	"edged/internal/demo"
)

// newDemo is the whole thing running on anybody's machine.
func newDemo() *cobra.Command {
	o, soak := demo.Options{Seed: 1}, demo.SoakOptions{}
	soaking := false
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the real daemon selling among simulators",
		Long: `Run the real daemon among simulators of a card terminal, a customer display and
the vendor's cloud, with a cabinet full of goods, on this machine only.

Keys: tap a card, take goods, close the door, cut the network, kill the daemon.
With --auto no keys are needed: customers come by themselves, and at the end an
auditor compares what terminal, cloud, cabinet and daemon say of the money. The
exit code is 0 only if they agree.

With --soak customers come to several lanes until --duration is over or --kills is
reached, while daemon, terminals, cloud and network are killed at random. Everything
is kept in --dir, and the next run goes on there. It stops for good when an audit
finds something, and leaves all of it for somebody to look at.`,
		Example: `  edged demo
  edged demo --auto 50 --faults --kill --seed 1
  edged demo --soak --dir /var/tmp/soak --duration 2h`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			exe, err := os.Executable()
			if err != nil {
				return err
			}
			if soaking {
				soak.Exe, soak.Dir, soak.Seed, soak.Out = exe, o.Dir, o.Seed, cmd.OutOrStdout()
				return demo.Soak(cmd.Context(), soak)
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
	f.BoolVar(&soaking, "soak", false, "kill everything at random for a long time, auditing in between")
	f.DurationVar(&soak.Duration, "duration", 0, "with --soak: how long (default: until --kills, or interrupted)")
	f.IntVar(&soak.Kills, "kills", 0, "with --soak: enough after so many in this run")
	f.IntVar(&soak.Lanes, "lanes", 4, "with --soak: lanes of the daemon")
	return cmd
}
