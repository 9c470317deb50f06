package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"edged/internal/admin"
	gatewayclock "edged/internal/clock"
	"edged/internal/config"
	"edged/internal/doctor"
	"edged/internal/errcode"
	"edged/internal/saas/wire"
	"edged/internal/version"
)

// doctorReport is the JSON of `edged doctor`.
type doctorReport struct {
	OK       bool             `json:"ok"`
	Findings []doctor.Finding `json:"findings"`
}

// newDoctor examines a gateway while it lives.
func newDoctor() *cobra.Command {
	var file string
	cmd := asking(&cobra.Command{
		Use:   "doctor",
		Short: "Examine this gateway: clock, network, SaaS, devices, disk",
		Long: `Examine this gateway while the daemon runs or before it does: the machine, the clock,
disk and flash, serial devices, and the way to the SaaS step by step, with a log-in and a
question for each machine. Of what is not as it should be it says the cause and the next
step. Nothing is changed and no port is opened.

The exit code is 1 if there is something to look at.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd, file) },
	})
	cmd.Flags().StringVar(&file, "config", defaultConfig, "configuration file")
	return cmd
}

func runDoctor(cmd *cobra.Command, file string) error {
	asJSON, err := cmd.Flags().GetBool("json")
	if err != nil {
		return err
	}
	p := newPrinter(cmd.OutOrStdout())
	show := func(f doctor.Finding) {
		if !asJSON {
			showFinding(p, f)
		}
	}
	r := doctorReport{Findings: []doctor.Finding{}}
	found := func(f doctor.Finding) { r.Findings = append(r.Findings, f); show(f) }
	conf := doctorConfig(file, found)
	if conf != nil && !cmd.Flags().Changed("socket") {
		if err := cmd.Flags().Set("socket", conf.AdminSocket); err != nil {
			return err
		}
	}
	found(doctorDaemon(cmd))
	if conf != nil {
		o, err := doctorOptions(conf)
		if err != nil {
			return err
		}
		o.Found = found
		doctor.Examine(cmd.Context(), o)
	}
	worst := doctor.Worst(r.Findings)
	r.OK = worst == doctor.Good || worst == doctor.Note
	if asJSON {
		if err := printAnswer(cmd, r, nil); err != nil {
			return err
		}
	} else if r.OK {
		p.toned(good, "Nothing needs attention.")
	}
	if !r.OK {
		return errShown
	}
	return p.err
}

// doctorOptions are what an examination by a valid file needs.
func doctorOptions(conf *config.Config) (doctor.Options, error) {
	system, err := gatewayclock.NewSystem()
	if err != nil {
		return doctor.Options{}, err
	}
	secrets, problems := config.LoadSecrets(conf)
	if len(problems) > 0 {
		return doctor.Options{}, errors.New(problems[0].String()) // config.Check has said so before
	}
	return doctor.Options{
		Config: conf, Key: wire.NewSecret(secrets.SaaSKey.Reveal()), Secret: wire.NewSecret(secrets.SaaSSecret.Reveal()),
		Clock: system, BuildDate: version.Date(),
	}, nil
}

// doctorConfig says what is wrong with the file; nil if nothing can be examined by it.
func doctorConfig(file string, found func(doctor.Finding)) *config.Config {
	conf, problems := config.Check(file)
	for _, p := range problems {
		f := doctor.Finding{Area: "config", Level: doctor.Bad, What: p.String(), Code: p.Code}
		if e, ok := errcode.Find(string(p.Code)); ok {
			f.Cause, f.Next = e.Cause, e.Technician
		}
		found(f)
	}
	if len(problems) > 0 {
		return nil
	}
	found(doctor.Finding{Area: "config", Level: doctor.Good, What: fmt.Sprintf("%s is valid, lanes: %d", file, len(conf.Lanes))})
	return conf
}

// doctorDaemon asks the daemon, if one runs.
func doctorDaemon(cmd *cobra.Command) doctor.Finding {
	s, err := askOnly(cmd, func(ctx context.Context, c *admin.Client) (admin.Status, error) { return c.Status(ctx) })
	if err != nil {
		f := doctor.Finding{Area: "daemon", Level: doctor.Warn, What: err.Error(), Code: errcode.Code(errcode.Text(err))}
		if e, ok := errcode.Find(string(f.Code)); ok {
			f.Cause, f.Next = e.Cause, e.Technician
		}
		return f
	}
	if n := len(s.Problems); n > 0 {
		return doctor.Finding{Area: "daemon", Level: doctor.Warn, What: fmt.Sprintf("edged %s runs and names problems: %d", s.Version, n), Next: "\"edged status\" lists them."}
	}
	return doctor.Finding{Area: "daemon", Level: doctor.Good, What: "edged " + s.Version + " runs, and nothing needs attention"}
}

// showFinding prints a finding as it comes.
func showFinding(p *printer, f doctor.Finding) {
	mark := map[doctor.Level]string{doctor.Good: "ok", doctor.Note: "--", doctor.Warn: "!", doctor.Bad: "!!"}[f.Level]
	tones := map[doctor.Level]tone{doctor.Good: good, doctor.Note: plain, doctor.Warn: warn, doctor.Bad: bad}
	p.toned(tones[f.Level], "%-2s %-8s %s%s", mark, f.Area, printable(f.What), bracketed(string(f.Code)))
	if f.Cause != "" {
		p.line("            why:  %s", f.Cause)
	}
	if f.Next != "" {
		p.line("            next: %s", f.Next)
	}
}
