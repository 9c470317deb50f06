package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"edged/internal/config"
)

func TestTheJournalGetsLinesWithItsOwnLevels(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newJournalHandler(&out, slog.LevelInfo)).With("component", "engine")
	log.Debug("not wanted")
	log.Info("lane", "status", "selling")
	log.WithGroup("g").Warn("alarm", "kind", "unpaid")
	log.Error("commit failed", "err", errors.New("disk\nfull"))
	want := `<6>msg=lane component=engine status=selling
<4>msg=alarm component=engine g.kind=unpaid
<3>msg="commit failed" component=engine err="disk\nfull"
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestAutoIsForTheJournalOnlyIfThatIsWhereStderrGoes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
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
		{"the journal", fmt.Sprintf("%d:%d", st.Dev, st.Ino), "auto", "<6>msg=x\n"},
		{"another stream: stderr was sent elsewhere", fmt.Sprintf("%d:%d", st.Dev, st.Ino+1), "auto", "{"},
		{"no journal", "", "auto", "{"},
		{"the journal, and text is wanted", fmt.Sprintf("%d:%d", st.Dev, st.Ino), "text", "time="},
	} {
		t.Setenv("JOURNAL_STREAM", c.stream)
		newLogger(w, config.Log{Level: "info", Format: c.format}).Info("x")
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
