package ledger

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Server is what the database says of itself.
type Server struct {
	// Product is MySQL, MariaDB or SQLite.
	Product, Version string
	// Settings are those that decide what is lost with the server.
	Settings map[string]string
}

// Name tells which database this is, with nothing secret in it.
func (l *Ledger) Name() string {
	if l.cfg.Driver == DriverSQLite {
		return "the database " + l.cfg.DSN
	}
	cfg, err := mysql.ParseDSN(l.cfg.DSN)
	if err != nil {
		return "the database" // Open has refused it
	}
	return fmt.Sprintf("the database %s at %s", cfg.DBName, cfg.Addr)
}

// Describe reads what the database says of itself.
func (l *Ledger) Describe(ctx context.Context) (s Server, err error) {
	err = l.read(ctx, func(db *gorm.DB) error {
		if l.cfg.Driver == DriverSQLite {
			s, err = describeSQLite(db)
		} else {
			s, err = describeMySQL(db)
		}
		return err
	})
	return s, err
}

func describeMySQL(db *gorm.DB) (Server, error) {
	s := Server{Product: "MySQL", Settings: map[string]string{}}
	if err := db.Raw("SELECT VERSION()").Scan(&s.Version).Error; err != nil {
		return s, err
	}
	if strings.Contains(s.Version, "MariaDB") {
		s.Product = "MariaDB"
	}
	for _, name := range []string{"innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog"} {
		var value string
		if err := db.Raw("SELECT CAST(@@GLOBAL." + name + " AS CHAR)").Scan(&value).Error; err != nil {
			return s, fmt.Errorf("read %s: %w", name, err)
		}
		s.Settings[name] = value
	}
	return s, nil
}

func describeSQLite(db *gorm.DB) (Server, error) {
	s := Server{Product: "SQLite", Settings: map[string]string{}}
	if err := db.Raw("SELECT sqlite_version()").Scan(&s.Version).Error; err != nil {
		return s, err
	}
	var mode, synchronous string
	if err := db.Raw("PRAGMA journal_mode").Scan(&mode).Error; err != nil {
		return s, err
	}
	if err := db.Raw("PRAGMA synchronous").Scan(&synchronous).Error; err != nil {
		return s, err
	}
	s.Settings["journal_mode"] = mode
	names := map[string]string{"0": "off", "1": "normal", "2": "full", "3": "extra"}
	s.Settings["synchronous"] = names[synchronous]
	return s, nil
}

// Writable proves that the database takes writes, by one that finds no row. It is
// seckill.WriteRefusal where the database answers and takes none. A user with the
// right to write to a server that is read only (SUPER, READ ONLY ADMIN) writes there,
// and so it is writable.
func (l *Ledger) Writable(ctx context.Context) error {
	err := l.session(ctx, l.writes, func(db *gorm.DB) error {
		return db.Exec("UPDATE leases SET owner = owner WHERE 1 = 0").Error
	})
	if err == nil {
		return nil
	}
	// The driver gives a connection to a server that is read only up, and its error
	// does not say so.
	if l.readOnly(ctx) {
		return &seckill.WriteRefusal{Why: "the server is read only (read_only)", Cause: err}
	}
	return l.classify(err)
}

func (l *Ledger) readOnly(ctx context.Context) bool {
	if l.cfg.Driver != DriverMySQL {
		return false
	}
	var value string
	err := l.session(ctx, l.reads, func(db *gorm.DB) error {
		return db.Raw("SELECT CAST(@@GLOBAL.read_only AS CHAR)").Scan(&value).Error
	})
	return err == nil && value != "0" && !strings.EqualFold(value, "OFF")
}
