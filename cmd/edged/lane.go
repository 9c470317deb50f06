package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newLane takes lanes out of service and back.
func newLane() *cobra.Command {
	cmd := &cobra.Command{Use: "lane", Short: "Take a lane out of service and back"}
	cmd.AddCommand(newLaneLs(), newLaneOut(), newLaneIn())
	return cmd
}

func newLaneLs() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "ls",
		Short: "List the lanes, and why one does not sell",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd, lanes, func(p *printer, l laneList) { p.table(laneTable(l.Lanes), "No lanes.") })
		},
	})
}

type laneList struct {
	Lanes []admin.Lane `json:"lanes"`
}

func lanes(ctx context.Context, c *admin.Client) (laneList, error) {
	s, err := c.Status(ctx)
	return laneList{s.Lanes}, err
}

func newLaneOut() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "out LANE --why TEXT",
		Short: "Take a lane out of service",
		Long: `Take a lane out of service: no card is taken any more. A purchase under way is
finished. It stays out, over a restart too, until "edged lane in".`,
		Example:           `  edged lane out front --why "glass broken"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeLane,
		RunE: func(cmd *cobra.Command, args []string) error {
			if why == "" {
				return wrongUsage(cmd, errors.New("say why, with --why TEXT: it is shown to whoever looks next"))
			}
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.LaneOut(ctx, args[0], why)
			}, done)
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "the reason, for whoever looks next")
	return asking(cmd)
}

func newLaneIn() *cobra.Command {
	return asking(&cobra.Command{
		Use:   "in LANE",
		Short: "Bring a lane back into service",
		Long: `Bring a lane back that was taken out by hand, and end a restock that was never
confirmed. Other reasons against selling stay, and go by themselves.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeLane,
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Done, error) {
				return c.LaneIn(ctx, args[0])
			}, done)
		},
	})
}

// completeLane offers the lanes of the running daemon.
func completeLane(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	l, err := askOnly(cmd, lanes)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, one := range l.Lanes {
		names = append(names, fmt.Sprintf("%s\t%s", one.Lane, laneState(one)))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
