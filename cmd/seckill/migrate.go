package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
)

func migrateCommand(f *configFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the SQL schema up to date",
		Long:  "Bring the SQL schema up to date. Several may run at once; one does the work.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, sources, err := f.load(cmd, config.RoleMigrate)
			if err != nil {
				return err
			}
			log := newLogger(cfg.Log, cmd.ErrOrStderr())
			if cfg.Mode == config.Embedded {
				if err := config.PrepareData(&cfg, sources); err != nil {
					return err
				}
			}
			sql, err := openLedger(cfg, log)
			if err != nil {
				return err
			}
			defer sql.Close()
			applied, err := sql.Migrate(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d migrations applied; the schema is up to date\n", applied)
			return nil
		},
	}
}
