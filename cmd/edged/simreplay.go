package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"edged/internal/serialdev/wiretrace"
	"edged/internal/sim/displaysim"
	"edged/internal/sim/ptyline"
)

// replayFlags are those of a simulator that plays a trace.
type replayFlags struct {
	file  string
	speed float64
}

func (f *replayFlags) add(cmd *cobra.Command, what string, not ...string) {
	cmd.Flags().StringVar(&f.file, "replay", "", "trace to play: "+what)
	cmd.Flags().Float64Var(&f.speed, "speed", 1, "how many times faster than recorded it is played; 0: no waiting")
	for _, other := range not {
		cmd.MarkFlagsMutuallyExclusive("replay", other)
	}
}

// read reads the trace. The kind of device has to be the right one.
func (f *replayFlags) read(kinds ...wiretrace.Kind) (*wiretrace.Trace, error) {
	if f.speed < 0 {
		return nil, errors.New("--speed is less than 0")
	}
	in, err := os.Open(f.file)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	defer in.Close()
	t, err := wiretrace.Read(f.file, in)
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if t.Header.Kind == k {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%s was recorded on a line of kind %s; here it has to be %s", f.file, t.Header.Kind, kinds[0])
}

// hostTime is how long the host may take for what it did next when it was recorded, on
// top of the time that took.
const hostTime = 2 * time.Minute

// replayTerminal plays the terminal's side of a trace to whoever connects, and ends with
// it, or with the first difference.
func replayTerminal(cmd *cobra.Command, listen, pty string, f replayFlags) error {
	kind := wiretrace.ZVTSerial
	if listen != "" {
		kind = wiretrace.ZVTTCP
	}
	trace, err := f.read(kind)
	if err != nil {
		return err
	}
	player, err := wiretrace.NewPlayer(wiretrace.PlayerOptions{Trace: trace, Speed: f.speed, Patience: hostPatience(trace)})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(cmd.Context())
	defer stop(nil)
	play := func(ctx context.Context, rw io.ReadWriteCloser) error {
		err := player.Play(ctx, rw)
		if ctx.Err() == nil && (err != nil || player.Over()) {
			stop(errors.Join(err, errPlayed))
		}
		return err
	}
	if err := serveReplay(ctx, cmd, trace, listen, pty, play); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%d of %d records played\n", player.Records(), len(trace.Records))
	if err := context.Cause(ctx); !errors.Is(err, errPlayed) || errors.Is(err, wiretrace.ErrDiffers) || errors.Is(err, wiretrace.ErrTrace) {
		return differenceOf(err)
	}
	fmt.Fprintln(out, "no difference")
	return nil
}

// errPlayed is the reason to stop when there is nothing left to play.
var errPlayed = errors.New("played")

// differenceOf is what is wrong, without the reason to stop.
func differenceOf(err error) error {
	var d *wiretrace.Difference
	if errors.As(err, &d) {
		return d
	}
	if errors.Is(err, wiretrace.ErrTrace) {
		return err
	}
	return nil // interrupted
}

// hostPatience is the longest time that the host took for anything, and hostTime.
func hostPatience(t *wiretrace.Trace) time.Duration {
	longest, before := time.Duration(0), time.Duration(0)
	for _, r := range t.Records {
		longest, before = max(longest, r.T-before), r.T
	}
	return longest + hostTime
}

func serveReplay(ctx context.Context, cmd *cobra.Command, t *wiretrace.Trace, listen, pty string, play func(context.Context, io.ReadWriteCloser) error) error {
	where := pty
	var ln net.Listener
	if listen != "" {
		var err error
		if ln, err = net.Listen("tcp", listen); err != nil {
			return err
		}
		where = ln.Addr().String()
	}
	fmt.Fprintf(cmd.OutOrStdout(), "the recorded terminal answers at %s\n%d records of %s, begun %s\n",
		where, len(t.Records), t.Header.Port, t.Header.Begun.UTC().Format(time.RFC3339))
	if ln == nil {
		return ptyline.Serve(ctx, ptyline.Options{Link: pty}, func(ctx context.Context, master *os.File) error { return play(ctx, master) })
	}
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	defer ln.Close()
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		_ = play(ctx, conn) // it has stopped us, if it was the last
	}
}

// replayDisplay shows what a display was told.
func replayDisplay(cmd *cobra.Command, emulation displaysim.Emulation, f replayFlags) error {
	trace, err := f.read(wiretrace.Display)
	if err != nil {
		return err
	}
	if emulation == "" && trace.Header.Profile == "pole-cd5220" {
		emulation = displaysim.CD5220
	}
	sim, err := displaysim.New(displaysim.Options{Emulation: emulation})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	fmt.Fprintf(cmd.OutOrStdout(), "%d records of %s, begun %s\n", len(trace.Records), trace.Header.Port, trace.Header.Begun.UTC().Format(time.RFC3339))
	last, shown := time.Duration(0), ""
	for _, r := range trace.Records {
		if r.From != wiretrace.Host {
			continue
		}
		if shown = printChanged(cmd, sim, shown, r.T-last > shownAfter); !wait(ctx, r.T-last, f.speed) {
			return nil
		}
		last = r.T
		if _, err := sim.Write(r.Bytes); err != nil {
			return err
		}
	}
	printChanged(cmd, sim, shown, true)
	return nil
}

// shownAfter is how long a screen has to stand for somebody to see it.
const shownAfter = 50 * time.Millisecond

// wait waits for d, played at speed; false: ctx has ended.
func wait(ctx context.Context, d time.Duration, speed float64) bool {
	if speed == 0 || d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(time.Duration(float64(d) / speed))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
