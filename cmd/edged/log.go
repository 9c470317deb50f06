package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/coreos/go-systemd/v22/journal"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"edged/internal/config"
	"edged/internal/journald"
)

// levelOf is the level of the configuration, which a reload may change. systemd asks
// for more of a daemon that it starts to be debugged (DEBUG_INVOCATION,
// systemd.exec(5)).
func levelOf(c config.Log) *slog.LevelVar {
	var level slog.LevelVar // info
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level.Set(slog.LevelInfo) // validated by config
	}
	if os.Getenv("DEBUG_INVOCATION") == "1" {
		level.Set(slog.LevelDebug)
	}
	return &level
}

// newLogger writes text to a terminal, fields to the journal and JSON elsewhere, unless
// the configuration says which. send is for tests; nil is the journal.
func newLogger(w io.Writer, c config.Log, level slog.Leveler, send sender) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	switch {
	case c.Format == "text", c.Format == "auto" && isTerminal(w):
		return slog.New(slog.NewTextHandler(w, o))
	case c.Format == "auto" && isJournal(w, os.Getenv("JOURNAL_STREAM")):
		return slog.New(journald.New(journald.Options{Level: level, Fallback: w, Send: send}))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// sender hands a record to the journal.
type sender = func(message string, p journal.Priority, fields map[string]string) error

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// isJournal says whether w is the stream that systemd connected to the journal: it
// names device and inode (systemd.exec(5), JOURNAL_STREAM).
func isJournal(w io.Writer, stream string) bool {
	f, ok := w.(*os.File)
	if !ok || stream == "" {
		return false
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return false
	}
	return stream == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}
