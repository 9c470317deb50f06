package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/queue"
)

// checkReport is the JSON of `edged check`.
type checkReport struct {
	OK       bool           `json:"ok"`
	Problems []checkProblem `json:"problems"`
	Notes    []string       `json:"notes"` // no problems: what was looked at, and what could not be
}

type checkProblem struct {
	Text      string       `json:"text"`
	ErrorCode errcode.Code `json:"error_code"`
}

// String is the problem as a line.
func (p checkProblem) String() string { return p.Text + bracketed(string(p.ErrorCode)) }

func (r *checkReport) problem(code errcode.Code, format string, v ...any) {
	r.Problems = append(r.Problems, checkProblem{fmt.Sprintf(format, v...), code})
}

func (r *checkReport) note(format string, v ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, v...))
}

// newCheck looks at everything that can be looked at while the daemon stands still.
func newCheck() *cobra.Command {
	var file string
	var repair bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, secrets, ports and store",
		Long: `Check the configuration file, the secrets it names, the ports of its devices, and
the store if no daemon has it open. Every problem is printed as
file:line: path: what, got, wanted. Nothing is changed and nothing is connected to.

With --repair a damaged store is replaced by what can be read of it, and what cannot be
is set aside, as the daemon does when it starts. Run it as the daemon's user while the
daemon stands still.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := check(cmd.Context(), file, repair)
			err := printAnswer(cmd, r, func(p *printer, r *checkReport) { r.show(p) })
			if err != nil {
				return err
			}
			if !r.OK {
				return errShown
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "config", defaultConfig, "configuration file")
	cmd.Flags().BoolVar(&repair, "repair", false, "put the store in order, and set aside what is damaged")
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

func check(ctx context.Context, file string, repair bool) *checkReport {
	r := &checkReport{Problems: []checkProblem{}, Notes: []string{}}
	conf, problems := config.Check(file)
	for _, p := range problems {
		r.problem(p.Code, "%s", p)
	}
	if len(problems) == 0 {
		r.note("%s: valid, lanes: %d", file, len(conf.Lanes))
	}
	if conf != nil {
		r.ports(conf)
		if repair && thereIsAStore(ctx, conf.StateDir) {
			r.repair(ctx, conf)
		}
		r.store(ctx, conf.StateDir)
	}
	r.OK = len(r.Problems) == 0
	return r
}

// ports says which devices are there. One that is missing is a note only: it may be
// plugged in later, and the daemon waits for it.
func (r *checkReport) ports(conf *config.Config) {
	for i, l := range conf.Lanes {
		at := fmt.Sprintf("%s: lanes[%d]", conf.Source(), i)
		r.port(at+".terminal.port", l.Name, "terminal", l.Terminal.Port)
		if l.Display != nil {
			r.port(at+".display.port", l.Name, "display", l.Display.Port)
		}
	}
}

func (r *checkReport) port(at, lane, device, path string) {
	if strings.HasPrefix(path, "tcp://") {
		r.note("lane %s: %s at %s: not connected to", lane, device, path)
		return
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.note("lane %s: %s: %s is not plugged in; the daemon waits for it", lane, device, path)
	case err != nil:
		r.problem(errcode.PortPermission, "%s: cannot be looked at, got %v, want a serial port", at, err)
	case info.Mode()&os.ModeCharDevice == 0:
		r.problem(errcode.PortNoTTY, "%s: no serial port, got %s %q, want a device such as /dev/serial/by-id/…", at, kindOf(info.Mode()), path)
	default:
		r.note("lane %s: %s: %s is there", lane, device, path)
	}
}

// kindOf names what stands where a serial port is wanted.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "the file"
	case m.IsDir():
		return "the directory"
	}
	return "a thing of mode " + m.Type().String()
}

func (r *checkReport) store(ctx context.Context, dir string) {
	v, err := queue.Verify(ctx, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.note("store: none in %s yet", dir)
	case errors.Is(err, queue.ErrInUse):
		r.note("store: in use by a running daemon, not looked at")
	case err != nil:
		r.problem(storeCode(err), "store in %s: %v", dir, err)
	case len(v.Problems) > 0:
		for _, p := range v.Problems {
			r.problem(errcode.StoreDamaged, "store in %s: %s", dir, p)
		}
		r.note("store: %d records can be read; the daemon uses them at its next start and sets aside what is damaged", v.Records)
	default:
		r.note("store: %d records, schema %d", v.Records, v.Version)
	}
}

// storeCode is the code of why a store cannot be read.
func storeCode(err error) errcode.Code {
	if code, ok := errcode.Of(err); ok {
		return code
	}
	return errcode.StoreIO
}

func (r *checkReport) show(p *printer) {
	for _, problem := range r.Problems {
		p.toned(bad, "%s", problem)
	}
	for _, text := range r.Notes {
		p.line("note: %s", text)
	}
	if r.OK {
		p.toned(good, "no problems")
	} else {
		p.line("problems: %d", len(r.Problems))
	}
}
