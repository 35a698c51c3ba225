package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// helpCommand is cobra's own, but for a command that it does not know: that is an error
// here as everywhere.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND...]",
		Short: "Tell what a command does and takes",
		RunE: func(cmd *cobra.Command, names []string) error {
			about := cmd.Root()
			for _, name := range names {
				i := slices.IndexFunc(about.Commands(), func(sub *cobra.Command) bool { return sub.Name() == name })
				if i < 0 {
					return namesNoCommand(about, []string{name})
				}
				about = about.Commands()[i]
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
