package ledger

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// The drivers of Config.Driver.
const (
	DriverMySQL  = "mysql"
	DriverSQLite = "sqlite"
)

const (
	defaultMaxOpen   = 16
	defaultSlowQuery = 500 * time.Millisecond
)

// Config says where the ledger is kept.
type Config struct {
	// Driver is DriverMySQL (MySQL 8.0.16 or MariaDB 10.6 and later) or
	// DriverSQLite. Required.
	Driver string
	// DSN is the address in go-sql-driver's form for MySQL, with a database
	// name, or the path of the file for SQLite, whose folder must exist.
	// Settings of the session that the ledger relies on are set whatever the
	// DSN says. Required.
	DSN string
	// MaxOpen is the most connections at a time: 2 or more, default 16. SQLite
	// has one writer; there the others read.
	MaxOpen int
	// SlowQuery is how long a statement may take before it is logged, without
	// its values. Default 500 ms; negative is never.
	SlowQuery time.Duration
	// Clock stamps records. Default seckill.SystemClock.
	Clock seckill.Clock
	// Logger takes what an operator should see. Default slog.Default().
	Logger *slog.Logger
}

// validate fills in the defaults and refuses what cannot work.
func (c *Config) validate() error {
	if c.MaxOpen == 0 {
		c.MaxOpen = defaultMaxOpen
	}
	if c.SlowQuery == 0 {
		c.SlowQuery = defaultSlowQuery
	}
	if c.Clock == nil {
		c.Clock = seckill.SystemClock
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.MaxOpen < 2 {
		return fmt.Errorf("ledger: MaxOpen must be 2 or more, not %d", c.MaxOpen)
	}
	if c.Driver != DriverMySQL && c.Driver != DriverSQLite {
		return fmt.Errorf("ledger: unknown driver %q", c.Driver)
	}
	return nil
}
