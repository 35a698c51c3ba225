package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Scratch makes an empty database on the server of a DSN, beside the one that it names.
// drop deletes it.
func Scratch(ctx context.Context, dsn, name string) (scratch string, drop func(context.Context) error, err error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", nil, errors.New("the DSN of mysql cannot be read") // its own words may hold a password
	}
	cfg.DBName = ""
	do := func(ctx context.Context, statement string) error {
		server, err := sql.Open("mysql", cfg.FormatDSN())
		if err != nil {
			return err
		}
		defer server.Close()
		_, err = server.ExecContext(ctx, statement+" "+quoted(name))
		return err
	}
	switch err := do(ctx, "CREATE DATABASE"); {
	case isMySQL(err, 1044, 1142):
		return "", nil, fmt.Errorf("the user %s may not make the database %s: give it the right with GRANT ALL ON %s.* TO %s", cfg.User, name, quoted(name), cfg.User)
	case err != nil:
		return "", nil, fmt.Errorf("make the database %s at %s: %w", name, cfg.Addr, err)
	}
	own := cfg.Clone()
	own.DBName = name
	return own.FormatDSN(), func(ctx context.Context) error { return do(ctx, "DROP DATABASE IF EXISTS") }, nil
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
