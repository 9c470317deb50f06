package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"edged/internal/app"
	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/supervise"
)

// reloader reads the configuration again when it is asked to.
type reloader struct {
	app      *app.App
	file     string
	fallback bool // the daemon runs on the last valid configuration
	stderr   io.Writer
	log      *slog.Logger
	systemd  supervise.Systemd
}

// run serves SIGHUPs until ctx ends. Several that come during one reload are one.
func (r *reloader) run(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			r.tell(r.systemd.Reloading())
			r.once(ctx)
			r.tell(r.systemd.Ready())
		}
	}
}

func (r *reloader) tell(err error) {
	if err != nil {
		r.log.Warn("service manager is not told of the reload", logkey.Err, err, logkey.Code, errcode.RunService)
	}
}

// once takes over the file as it is now, or refuses it as a whole.
func (r *reloader) once(ctx context.Context) {
	conf, problems := config.Load(r.file)
	if len(problems) > 0 {
		for _, p := range problems {
			fmt.Fprintln(r.stderr, p.String()+bracketed(string(p.Code)))
		}
		r.log.Error("configuration is not valid: nothing is changed", logkey.Path, r.file, logkey.Count, len(problems), logkey.Code, problems[0].Code)
		return
	}
	if r.fallback {
		r.log.Warn("configuration is valid again: restart to sell with it", logkey.Path, r.file, logkey.Code, errcode.ConfigFallback)
		return
	}
	done, err := r.app.Reload(ctx, conf)
	if err != nil {
		r.log.Error("configuration is not taken over as a whole", logkey.Path, r.file, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.ConfigRestart))
		return
	}
	keepConfig(conf, r.log)
	r.log.Info("configuration reloaded", logkey.Path, r.file, logkey.Applied, strings.Join(done.Applied, " "))
	if len(done.NeedsRestart) > 0 {
		r.log.Warn("keys need a restart; until then their old values go on", logkey.Path, r.file, logkey.Keys, strings.Join(done.NeedsRestart, " "), logkey.Code, errcode.ConfigRestart)
	}
}
