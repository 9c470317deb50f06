package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/creack/pty"

	"edged/internal/admin/admintest"
)

func TestAgesAreReadInTheirTwoLargestUnits(t *testing.T) {
	now := time.Date(2026, 11, 24, 3, 44, 0, 0, time.UTC)
	p := &printer{now: now}
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", time.Minute: "1m0s", 3*time.Hour + 61*time.Second: "3h1m", 50 * time.Hour: "2d2h",
		-time.Second: "in the future",
	} {
		if got := p.age(now.Add(-d)); got != want {
			t.Errorf("%s ago is %q, want %q", d, got, want)
		}
	}
	if got := p.age(time.Time{}); got != "" {
		t.Errorf("never is %q", got)
	}
}

func TestSizesAreReadInTheirUnit(t *testing.T) {
	for n, want := range map[int64]string{-1: "unknown", 0: "0 KiB", 1: "1 KiB", 1 << 20: "1.0 MiB", 3 << 29: "1.5 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}

func TestForeignTextMovesNoCursor(t *testing.T) {
	var out bytes.Buffer
	p := &printer{w: &out}
	var tab table
	tab.heading = []string{"A", "B"}
	tab.add(plain, "x\x1b[2J", "a\nb\tc\u009b")
	p.table(tab, "")
	if strings.IndexFunc(out.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) >= 0 {
		t.Errorf("printed: %q", out.String())
	}
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("%d lines, want 2: %q", got, out.String())
	}
}

// Colour is for a terminal only: on a real one there is some, and without it the
// text is the same.
func TestColourIsOnlyForATerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	socket := serve(t, admintest.Sample())
	plainText, _, _ := typed("status", "--socket", socket)
	if strings.Contains(plainText, "\x1b") {
		t.Errorf("not a terminal, and coloured: %q", plainText)
	}
	coloured := onTerminal(t, socket)
	if !strings.Contains(coloured, "\x1b[31m") {
		t.Errorf("a terminal, and not coloured: %q", coloured)
	}
	if got := uncoloured(coloured); got != plainText {
		t.Errorf("without its colours: %q\nwant %q", got, plainText)
	}
	t.Setenv("NO_COLOR", "1")
	if got := onTerminal(t, socket); got != plainText {
		t.Errorf("NO_COLOR is set, printed: %q", got)
	}
}

// onTerminal runs status with a pseudo terminal as its output.
func onTerminal(t *testing.T, socket string) string {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		var b bytes.Buffer
		_, _ = b.ReadFrom(master) // ends with EIO when the last slave is closed
		read <- b.String()
	}()
	execute(t.Context(), []string{"status", "--socket", socket}, slave, os.Stderr)
	if err := slave.Close(); err != nil {
		t.Fatal(err)
	}
	got := <-read
	if err := master.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(got, "\r\n", "\n")
}

func uncoloured(s string) string {
	for _, tone := range []tone{head, good, warn, bad} {
		s = strings.ReplaceAll(s, "\x1b["+string(tone)+"m", "")
	}
	return strings.ReplaceAll(s, "\x1b[0m", "")
}
