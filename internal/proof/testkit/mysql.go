package testkit

import (
	"database/sql"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MySQL makes a database on the shared server, drops it when the test ends, and
// gives its DSN.
func MySQL(t testing.TB) (dsn string) {
	t.Helper()
	return database(t, service(t, envMySQLDSN))
}

// database makes a database on the server of a DSN.
func database(t testing.TB, server string) string {
	t.Helper()
	cfg, err := mysql.ParseDSN(server)
	if err != nil {
		t.Fatalf("%s: %v", envMySQLDSN, err)
	}
	cfg.DBName = ""
	admin := cfg.FormatDSN()
	name := randomName()
	if err := execSQL(t, admin, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := execSQL(t, admin, "DROP DATABASE IF EXISTS "+name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	cfg.DBName = name
	return cfg.FormatDSN()
}

func execSQL(t testing.TB, dsn, statement string) error {
	ctx, cancel := cleanupContext(t)
	defer cancel()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}
