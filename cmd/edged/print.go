package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"edged/internal/money"
)

// printer writes for people: lines and tables, in colour only on a terminal.
type printer struct {
	w      io.Writer
	colour bool
	now    time.Time // ages count from here
	err    error     // the first that writing gave
}

// tone is how a line is to strike the eye.
type tone string

// The tones, as SGR parameters (ECMA-48 §8.3.117).
const (
	plain tone = ""
	head  tone = "1"  // bold
	good  tone = "32" // green
	warn  tone = "33" // yellow
	bad   tone = "31" // red
)

// printAnswer prints v as JSON if the flag says so, else with show.
func printAnswer[T any](cmd *cobra.Command, v T, show func(*printer, T)) error {
	asJSON, err := cmd.Flags().GetBool("json")
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	p := newPrinter(w)
	show(p, v)
	return p.err
}

// newPrinter writes to w, in colour if that is a terminal whose user likes it.
func newPrinter(w io.Writer) *printer {
	return &printer{w: w, colour: isTerminal(w) && os.Getenv("NO_COLOR") == "", now: time.Now()}
}

func (p *printer) line(format string, args ...any) { p.toned(plain, format, args...) }

func (p *printer) toned(t tone, format string, args ...any) {
	p.write(p.paint(t, strings.TrimRight(fmt.Sprintf(format, args...), " ")) + "\n")
}

func (p *printer) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

func (p *printer) paint(t tone, s string) string {
	if !p.colour || t == plain || s == "" {
		return s
	}
	return "\x1b[" + string(t) + "m" + s + "\x1b[0m"
}

// table is rows of cells under a heading; a row has one tone.
type table struct {
	heading []string
	rows    [][]string
	tones   []tone
}

func (t *table) add(tone tone, cells ...string) {
	for i, c := range cells {
		if cells[i] = printable(c); cells[i] == "" {
			cells[i] = "-"
		}
	}
	t.rows = append(t.rows, cells)
	t.tones = append(t.tones, tone)
}

// table writes t; without rows it says so with empty.
func (p *printer) table(t table, empty string) {
	if len(t.rows) == 0 {
		p.line("%s", empty)
		return
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.heading}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t")) // a bytes.Buffer takes everything
	}
	p.err = firstError(p.err, w.Flush())
	// Colours go on last: to a tabwriter they are letters.
	for i, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		tone := head
		if i > 0 {
			tone = t.tones[i-1]
		}
		p.write(p.paint(tone, strings.TrimRight(line, " ")) + "\n")
	}
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// printable keeps foreign text from moving a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// amount writes minor units; "" for none of a purchase that has none yet.
func amount(minor int64, currency string) string {
	if minor == 0 {
		return ""
	}
	return money.Format(money.Minor(minor), money.Currency(currency))
}

// clock writes a time for a list.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04:05")
}

// age writes how long ago t was, in its largest two units.
func (p *printer) age(t time.Time) string {
	d := p.now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < 0:
		return "in the future"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

// size writes bytes.
func size(n int64) string {
	switch {
	case n < 0:
		return "unknown"
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

// facts writes names and values; they have no heading.
func (p *printer) facts(t table) {
	wide := 0
	for _, row := range t.rows {
		wide = max(wide, len(row[0]))
	}
	for i, row := range t.rows {
		p.toned(t.tones[i], "%-*s  %s", wide, row[0], row[1])
	}
}
