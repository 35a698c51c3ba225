package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/seckill-go/seckill/internal/config"
	"github.com/seckill-go/seckill/internal/database/schema"
)

func migrateCommand(f *configFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the SQL schema up to date",
		Long: "Bring the SQL schema up to date. Several may run at once; one does the work.\n" +
			"The embedded database is brought up to date by `seckill serve` itself.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, sources, err := f.load(cmd, config.RoleMigrate)
			if err != nil {
				return err
			}
			log := newLogger(cfg.Log, cmd.ErrOrStderr())
			if cfg.Mode == config.Embedded {
				if err := chosenEmbedded(cfg, sources); err != nil {
					return err
				}
				if err := config.PrepareData(&cfg, sources); err != nil {
					return err
				}
			}
			sql, err := openSQL(cfg, log)
			if err != nil {
				return err
			}
			defer sql.Close()
			applied, err := schema.Up(cmd.Context(), sql)
			if err != nil {
				return noAnswer(sql.Place(), "Its address is in mysql.dsn.", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d migrations applied; the schema is up to date\n", sql.Place(), applied)
			return nil
		},
	}
}

// chosenEmbedded refuses to make a database for somebody who named none: it would
// be a new one, and the schema that was meant stays as it is.
func chosenEmbedded(cfg config.Config, sources config.Sources) error {
	if sources["mode"] != config.SourceDefault || sources["data_dir"] != config.SourceDefault {
		return nil
	}
	if _, err := os.Stat(embeddedDatabase(cfg)); err == nil {
		return nil
	}
	return errors.New("no database is named: set SECKILL_MODE=external and SECKILL_MYSQL_DSN, or name a --config; " +
		"the embedded database is made by `seckill serve`")
}
