package database

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gorm.io/gorm"
)

// SQLite's primary result codes; the extended ones carry them in the low byte.
const (
	sqliteError      = 1
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteIOErr      = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteNotADB     = 26
	sqliteUnique     = 2067 // extended
	sqlitePrimaryKey = 1555 // extended
)

// sqliteBusyTimeout is how long, in milliseconds, a connection waits for
// another process's write.
const sqliteBusyTimeout = 10_000

var sqliteDialect = &Dialect{
	Name:           "sqlite",
	NowMillis:      "CAST(ROUND(unixepoch('now', 'subsec') * 1000) AS INTEGER)",
	Greatest:       "MAX",
	Least:          "MIN",
	Sharing:        1,
	SkipDuplicates: func(string, string) string { return " ON CONFLICT DO NOTHING" },
	// The driver's interrupt can reach the statement after the one it was meant
	// for, so statements are never interrupted; they are short.
	Detached: true,
	IsDuplicate: func(err error) bool {
		code := sqliteCode(err)
		return code == sqliteUnique || code == sqlitePrimaryKey
	},
	IsRetryable: func(err error) bool {
		code := sqliteCode(err) & 0xff
		return code == sqliteBusy || code == sqliteLocked
	},
	IsUnavailable: func(err error) bool {
		switch sqliteCode(err) & 0xff {
		case sqliteReadOnly, sqliteIOErr, sqliteFull, sqliteCantOpen:
			return true
		}
		return errors.Is(err, sql.ErrConnDone)
	},
	IsDamaged: func(err error) bool {
		code := sqliteCode(err) & 0xff
		return code == sqliteCorrupt || code == sqliteNotADB
	},
	IsNoTable: func(err error) bool {
		return sqliteCode(err) == sqliteError && strings.Contains(err.Error(), "no such table")
	},
}

// openSQLite opens a file, whose folder must exist, with one writer and a pool of
// readers. In WAL mode readers see the last commit and never wait for the writer.
func openSQLite(cfg Config) (*DB, error) {
	path := cfg.DSN
	if path == "" || strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") {
		return nil, errors.New("the DSN of sqlite must be the path of a file")
	}
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	writes, err := openSQLitePool(cfg, 1, "&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	reads, err := openSQLitePool(cfg, cfg.MaxOpen-1, "&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, closePool(writes))
	}
	return &DB{Dialect: sqliteDialect, Writes: writes, Reads: reads, server: sqliteServer{path: path, writes: writes}}, nil
}

func openSQLitePool(cfg Config, open int, more string) (*gorm.DB, error) {
	dsn, err := sqliteDSN(cfg.DSN)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open(sqliteDriver, dsn+more)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", cfg.DSN, err)
	}
	limitPool(pool, open)
	db, err := gorm.Open(sqliteDialector{pool}, gormConfig(cfg))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", cfg.DSN, err), pool.Close())
	}
	return db, nil
}

// sqliteDSN makes the address of a pool. synchronous=FULL makes a commit outlive
// the loss of power, not of the process alone.
func sqliteDSN(path string) (string, error) {
	address, err := sqliteAddress(path)
	return fmt.Sprintf("%s?_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)",
		address, sqliteBusyTimeout), err
}

// sqliteAddress makes a URI of a path, in which '?', '#' and '%' are only
// characters.
func sqliteAddress(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String(), nil
}

// createPrivate makes the file readable by its owner alone: it holds orders.
// SQLite gives its side files the same permissions.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func sqliteCode(err error) int {
	var e interface {
		error
		Code() int
	}
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
