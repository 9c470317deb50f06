package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"edged/internal/app"
	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/version"
)

const defaultConfig = "/etc/edged/edged.yaml"

// newRun is the daemon.
func newRun() *cobra.Command {
	var file, record string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon (systemd starts this)",
		Long: `Run the daemon until it is told to stop (SIGTERM or SIGINT).

With a configuration that is not valid it goes on with the last valid one, so
that open purchases are settled and reported, and sells nothing until the file is
mended. Without a last valid one it prints every problem and ends.

SIGHUP ("systemctl reload edged") reads the file again. What can change beside a sale
does; for the rest the log says which keys need a restart. A file that is not valid
changes nothing.

With --record the trace of each serial port is written to a directory, for somebody who
is after a fault: at most 16 MiB for each port, card numbers and passwords masked. What
happened lately is in memory in any case ("edged ports trace").`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return runDaemon(ctx, file, record, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&file, "config", defaultConfig, "configuration file")
	cmd.Flags().StringVar(&record, "record", "", "directory for the trace of each serial port")
	return cmd
}

func runDaemon(ctx context.Context, file, record string, stderr io.Writer) error {
	hangups := make(chan os.Signal, 1) // before anything else: SIGHUP would end us
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	conf, fallback, err := loadConfig(file, stderr)
	if err != nil {
		return err
	}
	level := levelOf(conf.Log)
	log := newLogger(stderr, conf.Log, level, nil)
	secrets, problems := config.LoadSecrets(conf)
	for _, p := range problems {
		log.Error("secret cannot be used", logkey.Err, p.String(), logkey.Code, p.Code)
	}
	if len(problems) > 0 && !fallback {
		return errcode.New(errcode.ConfigSecret, "secrets cannot be used")
	}
	if fallback {
		log.Error("configuration is not valid: running on the last valid one, selling nothing", logkey.Path, file, logkey.Code, errcode.ConfigFallback)
	}
	a, err := app.New(ctx, app.Options{
		Config: conf, Secrets: secrets, Fallback: fallback, Logger: log, Level: level, BuildDate: version.Date(), RecordDir: record,
	})
	if err != nil {
		return err
	}
	if !fallback {
		keepConfig(conf, log)
	}
	reload := reloader{app: a, file: file, fallback: fallback, stderr: stderr, log: log}
	reloads, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); reload.run(reloads, hangups) }()
	defer func() { stop(); <-done }()
	return a.Run(ctx)
}

// loadConfig gives the configuration, or the last valid one if the file is not
// valid. Every problem is printed in either case.
func loadConfig(file string, stderr io.Writer) (*config.Config, bool, error) {
	conf, problems := config.Load(file)
	if len(problems) == 0 {
		return conf, false, nil
	}
	for _, p := range problems {
		fmt.Fprintln(stderr, p.String()+bracketed(string(p.Code)))
	}
	old, err := config.LoadLastGood(file)
	if err != nil {
		return nil, false, fmt.Errorf("%d problems in %s (above; \"edged check --config %s\" names them again): %w", len(problems), file, file, err)
	}
	return old, true, nil
}

// keepConfig keeps the configuration for the time when its file is broken. That it
// cannot be kept is no reason not to sell.
func keepConfig(conf *config.Config, log *slog.Logger) {
	if err := config.SaveLastGood(conf); err != nil {
		log.Warn("configuration cannot be kept", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
}
