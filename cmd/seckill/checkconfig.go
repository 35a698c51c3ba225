package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
)

func checkConfigCommand(f *configFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "checkconfig",
		Short: "Show what is set and from where, and find what is wrong",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, sources, err := f.load(cmd, config.RoleCheck)
			if err != nil {
				return errNo{err}
			}
			faults, err := readFaults()
			if err != nil {
				return errNo{err}
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "KEY\tVALUE\tFROM")
			for _, s := range config.Describe(cfg, sources) {
				fmt.Fprintf(table, "%s\t%s\t%s\n", s.Key, s.Value, s.Source)
			}
			if err := table.Flush(); err != nil {
				return err
			}
			for _, w := range cfg.Warnings() {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
			}
			if !faults.Empty() {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", faultsWarning+":", faults)
			}
			return nil
		},
	}
}
