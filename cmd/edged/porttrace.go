package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// newPortsTrace takes what the daemon's flight recorders have.
func newPortsTrace() *cobra.Command {
	var out string
	cmd := asking(&cobra.Command{
		Use:   "trace [LANE [DEVICE]]",
		Short: "What went over a lane's serial port lately",
		Long: `Take the trace of a lane's terminal, or of its display ("trace front display"), from the
running daemon: each command, acknowledgement and disturbance with its time, one JSON
object a line, card numbers and passwords masked. It can be handed on, and
"edged sim terminal --replay FILE" plays it. Without a lane: which ports there are.`,
		Args:              cobra.MaximumNArgs(2),
		ValidArgsFunction: completeTrace,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return ask(cmd, func(ctx context.Context, c *admin.Client) (admin.Traces, error) { return c.Traces(ctx) }, showTraces)
			}
			device := "terminal"
			if len(args) > 1 {
				device = args[1]
			}
			return takeTrace(cmd, args[0], device, out)
		},
	})
	cmd.Flags().StringVar(&out, "out", "", "file to write it to; it must not exist")
	return cmd
}

func completeTrace(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 1 {
		return []string{"terminal", "display"}, cobra.ShellCompDirectiveNoFileComp
	}
	return completeLane(cmd, args, typed)
}

// takeTrace takes the whole trace before anything of it is written: half a file would be
// taken for all that happened.
func takeTrace(cmd *cobra.Command, lane, device, out string) error {
	text, err := askOnly(cmd, func(ctx context.Context, c *admin.Client) (*bytes.Buffer, error) {
		b := &bytes.Buffer{}
		return b, c.Trace(ctx, lane, device, b)
	})
	if err != nil {
		return err
	}
	if out == "" {
		_, err := io.Copy(cmd.OutOrStdout(), text)
		return err
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	records := bytes.Count(text.Bytes(), []byte("\n")) - 1
	if _, err := text.WriteTo(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %d records\n", out, records)
	return nil
}

func showTraces(p *printer, l admin.Traces) {
	t := table{heading: []string{"LANE", "DEVICE", "PORT", "KIND", "RECORDS", "BYTES", "FORGOTTEN", "SINCE"}}
	n := func(i int64) string { return strconv.FormatInt(i, 10) }
	for _, x := range l.Traces {
		t.add(plain, x.Lane, x.Device, x.Port, x.Kind, n(x.Records), n(x.Bytes), n(x.Forgotten), x.Since.UTC().Format(time.RFC3339))
	}
	p.table(t, "No ports.")
}
