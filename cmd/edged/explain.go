package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"edged/internal/errcode"
)

// newExplain looks a code up. It asks nobody: it works without a daemon and a network.
func newExplain() *cobra.Command {
	return printing(&cobra.Command{
		Use:   "explain [CODE]",
		Short: "An error code: cause, what the customer sees, what to do",
		Long: `Explain an error code as logs, lists, --json and displays show it: the cause, what the
customer sees, and what the technician does. What a display shows (E11) will do, and so
will a code without EDG-. Without a code all are listed.`,
		Example: `  edged explain EDG-ZVT-014
  edged explain E11`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return completeCode(args), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return printAnswer(cmd, codeList{errcode.All()}, showCodes)
			}
			e, ok := errcode.Find(args[0])
			if !ok {
				return wrongUsage(cmd, unknownCode(args[0]))
			}
			return printAnswer(cmd, e, showCode)
		},
	})
}

type codeList struct {
	Codes []errcode.Entry `json:"codes"`
}

func showCodes(p *printer, l codeList) {
	t := table{heading: []string{"CODE", "DISPLAY", "WHAT"}}
	for _, e := range l.Codes {
		t.add(plain, string(e.Code), e.Display, e.Title)
	}
	p.table(t, "No codes.")
}

func showCode(p *printer, e errcode.Entry) {
	shown := ""
	if e.Display != "" {
		shown = " (" + e.Display + " on a display)"
	}
	p.toned(head, "%s%s: %s", e.Code, shown, e.Title)
	for _, part := range [][2]string{{"Cause", e.Cause}, {"The customer sees", e.Customer}, {"The technician does", e.Technician}} {
		p.line("")
		p.toned(head, "%s", part[0])
		for _, line := range wrapped(part[1], 76) {
			p.line("  %s", line)
		}
	}
}

// wrapped breaks text into lines of at most width letters, between words.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// unknownCode names the codes of the same area, if there is one.
func unknownCode(name string) error {
	want := errcode.Code(strings.ToUpper(name)).Area()
	var near []string
	for _, e := range errcode.All() {
		if e.Code.Area() == want {
			near = append(near, string(e.Code))
		}
	}
	if len(near) == 0 {
		return fmt.Errorf("%q is no code (edged explain lists all)", name)
	}
	return fmt.Errorf("%q is no code, want one of %s to %s", name, near[0], near[len(near)-1])
}

func completeCode(args []string) (out []string) {
	if len(args) > 0 {
		return nil
	}
	for _, e := range errcode.All() {
		out = append(out, string(e.Code)+"\t"+e.Title)
		if e.Display != "" {
			out = append(out, e.Display+"\t"+e.Title)
		}
	}
	slices.Sort(out)
	return out
}
