package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan prints the manual page, for the packages.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:    "man",
		Short:  "Print the manual page edged(8)",
		Args:   cobra.NoArgs,
		Hidden: true, // a person reads it with man
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := &manPage{w: cmd.OutOrStdout()}
			p.write(cmd.Root())
			return p.err
		},
	}
}

// manPage writes roff with the macros of man(7); err is the first error.
type manPage struct {
	w   io.Writer
	err error
}

func (p *manPage) line(format string, v ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", v...)
	}
}

func (p *manPage) write(root *cobra.Command) {
	p.line(`.TH EDGED 8 "" "edged" "System administration"`)
	p.line(".SH NAME\nedged \\- %s", roff(lowerFirst(root.Short)))
	p.line(".SH SYNOPSIS\n.B edged\n.I COMMAND\n[\\fIARGUMENT\\fR ...] [\\fIFLAG\\fR ...]")
	p.line(".SH DESCRIPTION")
	p.text(root.Long)
	p.line(".SH COMMANDS")
	for _, cmd := range root.Commands() {
		p.command(cmd)
	}
	p.line(".SH EXIT STATUS\n.TP\n.B 0\nDone; nothing needs attention.\n.TP\n.B 1\nA problem was found, or it could not be done.\n.TP\n.B 2\nWrong usage; nothing was done.")
	p.line(".SH FILES")
	for _, f := range [][2]string{
		{defaultConfig, "The configuration: see \\fBedged.yaml\\fR(5)."},
		{"/var/lib/edged", "The store: every payment, until it is settled and 400 days beyond. Never delete it by hand."},
		{"/run/edged/edged.sock", "The socket on which the commands ask the daemon; for root and the group edged\\-admin."},
		{"/usr/share/doc/edged", "Examples, and the licences of what edged is made of."},
	} {
		p.line(".TP\n.I %s\n%s", roff(f[0]), f[1])
	}
	p.line(".SH SEE ALSO\n.BR edged.yaml (5),\n.BR systemctl (1),\n.BR journalctl (1)")
}

// command writes cmd, or those below it: a name with commands only is no command.
func (p *manPage) command(cmd *cobra.Command) {
	if !cmd.IsAvailableCommand() || cmd.Name() == "help" {
		return
	}
	if cmd.HasSubCommands() {
		for _, sub := range cmd.Commands() {
			p.command(sub)
		}
		return
	}
	p.line(".SS %s", roff(cmd.UseLine()))
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	p.text(text)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !f.Hidden {
			p.flag(f)
		}
	})
	if cmd.Example != "" {
		p.line(".PP\n.nf\n%s\n.fi", roff(cmd.Example))
	}
}

func (p *manPage) flag(f *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(f)
	if value != "" {
		value = " \\fI" + roff(value) + "\\fR"
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
		usage += " (default " + f.DefValue + ")"
	}
	p.line(".TP\n\\fB\\-\\-%s\\fR%s\n%s", roff(f.Name), value, roff(usage))
}

// text writes paragraphs. Lines that are indented are shown as they are.
func (p *manPage) text(s string) {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if strings.HasPrefix(paragraph, " ") {
			p.line(".PP\n.nf\n%s\n.fi", roff(paragraph))
			continue
		}
		p.line(".PP\n%s", roff(paragraph))
	}
}

// roff escapes what roff would take for its own.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
