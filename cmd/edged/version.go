package main

import (
	"github.com/spf13/cobra"

	"edged/internal/version"
)

// newVersion says what this program is; it does not ask the daemon.
func newVersion() *cobra.Command {
	return printing(&cobra.Command{
		Use:   "version",
		Short: "Version, revision and platform of this program",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return printAnswer(cmd, version.Get(), func(p *printer, i version.Info) { p.line("edged %s", i) })
		},
	})
}
