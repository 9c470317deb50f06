package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"edged/internal/yamlfile"
)

// newSim runs one simulator alone, for integrators.
func newSim() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run one simulator alone",
		Long: `Run one of the simulators of the demonstration alone, for a daemon, a cash
register or a client of your own. Each speaks the real wire; none keeps a secret,
so let them listen on this machine only. docs/simulators.md has calls to copy.`,
	}
	cmd.AddCommand(newSimSaaS(), newSimTerminal(), newSimDisplay())
	return cmd
}

// readScript reads what happens; "" is a file that says nothing. Whatever is wrong with
// it is one error, a line each.
func readScript[T any](file string, parse func(string, []byte) (*T, []yamlfile.Problem)) (*T, error) {
	var data []byte
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("script: %w", err)
		}
		data = b
	}
	s, problems := parse(file, data)
	if len(problems) == 0 {
		return s, nil
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return nil, errors.New("the script is not usable:\n" + strings.Join(lines, "\n"))
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
