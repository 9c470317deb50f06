package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/sim/displaysim"
	"edged/internal/sim/script"
)

func newSimDisplay() *cobra.Command {
	var pty, emulation, file string
	cmd := &cobra.Command{
		Use:   "display",
		Short: "A customer display on a serial line",
		Long: `A pole display of two rows and 20 columns on a serial line; every screen a customer
would see is printed.

A script (YAML) says what display it is and what happens to it. For example one that
loses its power for three seconds:

  display: {rows: 4, banner: WELCOME}
  happens:
    - {after: 10s, what: power_cut, for: 3s}

packaging/sim-display.yaml shows every key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return simDisplay(cmd, pty, displaysim.Emulation(emulation), file)
		},
	}
	cmd.Flags().StringVar(&emulation, "emulation", "", "command set of the display, whatever the script says: escpos or cd5220")
	cmd.Flags().StringVar(&pty, "pty", "", "link to make to the serial line")
	cmd.Flags().StringVar(&file, "script", "", "file of what happens")
	_ = cmd.MarkFlagRequired("pty") // the flag is there
	return cmd
}

func simDisplay(cmd *cobra.Command, pty string, e displaysim.Emulation, file string) error {
	s, err := readScript(file, script.ParseDisplay)
	if err != nil {
		return err
	}
	if e != "" {
		s.Display.Emulation = e
	}
	sim, err := displaysim.New(s.Display)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the display listens at %s\n", pty)
	return together(cmd.Context(), func(ctx context.Context) error { return sim.ServePty(ctx, pty) },
		func(ctx context.Context) error { return s.Happen(ctx, sim) },
		func(ctx context.Context) error { return printScreens(ctx, cmd, sim) })
}

// printScreens prints each screen once, in a frame as wide as the display.
func printScreens(ctx context.Context, cmd *cobra.Command, sim *displaysim.Display) error {
	for shown := ""; ; {
		err := sim.Await(ctx, func(s displaysim.Screen) bool { return s.Text() != shown })
		if err != nil {
			return nil
		}
		now := sim.Screen()
		shown = now.Text()
		edge := strings.Repeat("─", len([]rune(now.Rows[0])))
		fmt.Fprintf(cmd.OutOrStdout(), "┌%s┐\n│%s│\n└%s┘\n", edge, strings.Join(now.Rows, "│\n│"), edge)
	}
}
