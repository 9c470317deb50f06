package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/serialdev/wiretrace"
	"edged/internal/sim/displaysim"
	"edged/internal/sim/script"
)

func newSimDisplay() *cobra.Command {
	var pty, emulation, file, trace string
	var replay replayFlags
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

packaging/sim-display.yaml shows every key.

With --record everything that it is told is written to a file. With --replay the screens
of such a file, or of one that "edged ports trace LANE display" took, are printed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if replay.file != "" {
				return replayDisplay(cmd, displaysim.Emulation(emulation), replay)
			}
			return simDisplay(cmd, pty, displaysim.Emulation(emulation), file, trace)
		},
	}
	cmd.Flags().StringVar(&emulation, "emulation", "", "command set of the display, whatever the script says: escpos or cd5220")
	cmd.Flags().StringVar(&pty, "pty", "", "link to make to the serial line")
	cmd.Flags().StringVar(&file, "script", "", "file of what happens")
	cmd.Flags().StringVar(&trace, "record", "", "file for the trace of the wire")
	replay.add(cmd, "its screens are printed", "script", "record", "pty")
	cmd.MarkFlagsOneRequired("pty", "replay")
	return cmd
}

func simDisplay(cmd *cobra.Command, pty string, e displaysim.Emulation, file, trace string) error {
	s, err := readScript(file, script.ParseDisplay)
	if err != nil {
		return err
	}
	if e != "" {
		s.Display.Emulation = e
	}
	rec, err := record(trace, wiretrace.Header{Device: "display", Port: pty, Kind: wiretrace.Display, Profile: "pole-" + string(s.Display.Emulation)})
	if err != nil {
		return err
	}
	s.Display.Tap = func(r io.ReadCloser) io.ReadCloser { return rec.end(mute{r}) }
	sim, err := displaysim.New(s.Display)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the display listens at %s\n", pty)
	return together(cmd.Context(), func(ctx context.Context) error { return sim.ServePty(ctx, pty) }, rec.run,
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
		shown = printChanged(cmd, sim, shown, true)
	}
}

// printChanged prints what is shown now, if it is wanted and not what was shown before.
func printChanged(cmd *cobra.Command, sim *displaysim.Display, shown string, wanted bool) string {
	now := sim.Screen()
	if !wanted || now.Text() == shown {
		return shown
	}
	edge := strings.Repeat("─", len([]rune(now.Rows[0])))
	fmt.Fprintf(cmd.OutOrStdout(), "┌%s┐\n│%s│\n└%s┘\n", edge, strings.Join(now.Rows, "│\n│"), edge)
	return now.Text()
}
