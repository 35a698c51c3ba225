package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
)

func checkConfigCommand(f *configFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "checkconfig",
		Short: "Show what is set and from where, and find what is wrong",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, sources, err := f.load(cmd, config.RoleCheck)
			var unread *fs.PathError
			if errors.As(err, &unread) {
				return err
			}
			if err != nil {
				return errNo{err}
			}
			faults, err := readFaults()
			if err != nil {
				return errNo{err}
			}
			var rows table
			rows.row("KEY", "VALUE", "FROM")
			for _, s := range config.Describe(cfg, sources) {
				rows.row(s.Key, s.Value, s.Source)
			}
			rows.print(cmd.OutOrStdout())
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
