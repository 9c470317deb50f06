package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"edged/internal/admin"
)

// askTime bounds a question to the daemon; a retry waits for the SaaS.
const askTime = 2 * time.Minute

// asking gives cmd the flags of a command that asks the daemon.
func asking(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().String("socket", admin.DefaultSocket, "socket of the daemon")
	return printing(cmd)
}

// printing gives cmd the flag of a command that prints something.
func printing(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Bool("json", false, "print JSON, whose form does not change between versions")
	return cmd
}

// ask puts one question to the daemon and prints the answer: as JSON if that is
// wanted, else with show.
func ask[T any](cmd *cobra.Command, question func(context.Context, *admin.Client) (T, error), show func(*printer, T)) error {
	answer, err := askOnly(cmd, question)
	if err != nil {
		return err
	}
	return printAnswer(cmd, answer, show)
}

// askOnly puts the question without printing anything.
func askOnly[T any](cmd *cobra.Command, question func(context.Context, *admin.Client) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(cmd.Context(), askTime)
	defer cancel()
	socket, err := cmd.Flags().GetString("socket")
	if err != nil {
		var none T
		return none, err
	}
	answer, err := question(ctx, admin.NewClient(socket))
	if errors.Is(err, admin.ErrRequest) {
		err = wrongUsage(cmd, err)
	}
	return answer, err
}

// done prints what a command has done.
func done(p *printer, d admin.Done) { p.line("%s", printable(d.Message)) }
