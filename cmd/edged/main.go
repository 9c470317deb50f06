// Command edged is the daemon for card payment at smart vending cabinets, and the
// tools of the people who operate it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"edged/internal/errcode"
)

// Exit codes (DESIGN §5).
const (
	exitOK      = 0
	exitProblem = 1
	exitUsage   = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line and gives its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(append([]string{}, args...)) // nil would mean os.Args
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	strict(root)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "edged: %v\nSee %q.\n", err, usage.command+" --help")
		return exitUsage
	case !errors.Is(err, errShown):
		fmt.Fprintf(stderr, "edged: %v%s\n", err, bracketed(errcode.Text(err)))
	}
	return exitProblem
}

// bracketed is a code behind a message; nothing for none.
func bracketed(code string) string {
	if code == "" {
		return ""
	}
	return " [" + code + "]"
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "edged",
		Short: "Card payment for smart vending cabinets",
		Long: `edged adds card payment to smart vending cabinets: it holds an amount on the
customer's card, has the vendor's cloud open the door, charges exactly what was
taken, and reports the payment until it is acknowledged.

"edged run" is the daemon. The other commands ask it over its local socket, or
look at a machine before and after the daemon runs there.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	for _, g := range groups() {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.id
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommandGroupID("tools")
	root.SetCompletionCommandGroupID("tools")
	return root
}

type group struct {
	id, title string
	commands  []*cobra.Command
}

// groups lists the commands by their use.
func groups() []group {
	return []group{
		{"daemon", "Run it:", []*cobra.Command{newRun(), newDemo()}},
		{"look", "See what it does:", []*cobra.Command{newStatus(), newOrder(), newQueue(), newTask(), newTerminal(), newLedger(), newAudit(), newBundle()}},
		{"act", "Act on it:", []*cobra.Command{newLane()}},
		{"check", "Before it runs:", []*cobra.Command{newCheck(), newDoctor(), newOwed(), newPorts(), newSim()}},
		{"tools", "About this program:", []*cobra.Command{newExplain(), newMan(), newVersion()}},
	}
}
