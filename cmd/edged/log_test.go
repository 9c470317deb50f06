package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/journal"
	"golang.org/x/sys/unix"

	"edged/internal/config"
)

func TestAutoIsForTheJournalOnlyIfThatIsWhereStderrGoes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	refuse := func(string, journal.Priority, map[string]string) error { return errors.New("no journal") }
	var st unix.Stat_t
	if err := unix.Fstat(int(w.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		stream string
		format string
		want   string
	}{
		{"the journal", fmt.Sprintf("%d:%d", st.Dev, st.Ino), "auto", "<6>x\n"},
		{"another stream: stderr was sent elsewhere", fmt.Sprintf("%d:%d", st.Dev, st.Ino+1), "auto", "{"},
		{"no journal", "", "auto", "{"},
		{"the journal, and text is wanted", fmt.Sprintf("%d:%d", st.Dev, st.Ino), "text", "time="},
	} {
		t.Setenv("JOURNAL_STREAM", c.stream)
		newLogger(w, config.Log{Format: c.format}, slog.LevelInfo, refuse).Info("x")
		b := make([]byte, 512)
		n, err := r.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b[:n]); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestADaemonThatSystemdDebugsSaysMore(t *testing.T) {
	var out strings.Builder
	for _, env := range []string{"", "1"} {
		t.Setenv("DEBUG_INVOCATION", env)
		newLogger(&out, config.Log{Format: "text"}, levelOf(config.Log{Level: "info"}), nil).Debug("debug is " + env)
	}
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "debug is 1") {
		t.Errorf("%q, want the second line only", got)
	}
}
