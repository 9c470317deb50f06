package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// leaves are the commands that a person can type.
func leaves(cmd *cobra.Command) (list []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		switch {
		case !sub.IsAvailableCommand() || sub.Name() == "help":
		case sub.HasSubCommands():
			list = append(list, leaves(sub)...)
		default:
			list = append(list, sub)
		}
	}
	return list
}

func TestTheManualPageHasEveryCommand(t *testing.T) {
	page, _, code := typed("man")
	if code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	for _, cmd := range leaves(newRoot()) {
		if !strings.Contains(page, "\n.SS "+roff(cmd.UseLine())+"\n") {
			t.Errorf("no section for %q", cmd.UseLine())
		}
	}
}

func TestTheManualPageIsReadable(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("no groff on this machine")
	}
	page, _, _ := typed("man")
	cmd := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}

func TestRoffTakesNothingForARequest(t *testing.T) {
	for in, want := range map[string]string{
		"plain":            "plain",
		"--json":           `\-\-json`,
		`a\b`:              `a\eb`,
		".PP at the start": `\&.PP at the start`,
		"one\n'two":        "one\n\\&'two",
	} {
		if got := roff(in); got != want {
			t.Errorf("roff(%q) = %q, want %q", in, got, want)
		}
	}
}
