package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// errShown is returned when the command has printed already what is wrong.
var errShown = errors.New("problems found")

// usageError is a command line that cannot be carried out as it was typed.
type usageError struct {
	command string // whose help says how
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func wrongUsage(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return &usageError{cmd.CommandPath(), err}
}

// strict makes wrong flags, arguments and command names usage errors, in every
// command below cmd.
func strict(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(wrongUsage)
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.Args, cmd.RunE = unknownCommand, needsCommand
	} else if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			for _, flags := range []func() error{cmd.ValidateRequiredFlags, cmd.ValidateFlagGroups} {
				if err == nil {
					err = flags() // later, it would count as a problem
				}
			}
			return wrongUsage(cmd, err)
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// unknownCommand refuses arguments of a command that only has commands.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("%s has no command %q", cmd.CommandPath(), args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return wrongUsage(cmd, errors.New(text))
}

// needsCommand shows what there is. Asking edged for nothing is a way to get help;
// asking one of its commands for nothing is a mistake.
func needsCommand(cmd *cobra.Command, _ []string) error {
	if !cmd.HasParent() {
		return cmd.Help()
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return wrongUsage(cmd, fmt.Errorf("%s needs a command: %s", cmd.CommandPath(), strings.Join(names, ", ")))
}
