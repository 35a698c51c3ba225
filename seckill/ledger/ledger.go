package ledger

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/seckill"
)

// Ledger is the SQL side of the service. It is safe for concurrent use.
type Ledger struct {
	cfg     Config
	dialect *dialect
	writes  *gorm.DB
	reads   *gorm.DB
	clock   seckill.Clock
	log     *slog.Logger

	payments *coalesce.Lanes[struct{}, seckill.PaymentEvent, applied]
}

// Open prepares a ledger. A MySQL server need not be there yet: Ping tells when
// it is. The schema is not touched: see Migrate.
func Open(cfg Config) (*Ledger, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	l := &Ledger{cfg: cfg, clock: cfg.Clock, log: cfg.Logger}
	var err error
	if cfg.Driver == DriverMySQL {
		l.dialect = mysqlDialect
		l.writes, err = openMySQL(cfg)
		l.reads = l.writes
	} else {
		l.dialect = sqliteDialect
		l.writes, l.reads, err = openSQLite(cfg)
	}
	if err != nil {
		return nil, err
	}
	l.payments = l.newPaymentLane()
	return l, nil
}

// Ping tells whether the database answers; if not, the error is
// seckill.CodeUnavailable or says what is wrong with the settings.
func (l *Ledger) Ping(ctx context.Context) error {
	return l.read(ctx, func(db *gorm.DB) error {
		var one int
		return db.Raw("SELECT 1").Scan(&one).Error
	})
}

// Close refuses further payments, waits for those that were let in and for running
// statements, and closes every connection.
func (l *Ledger) Close() error {
	l.payments.Close()
	err := closePool(l.writes)
	if l.reads != l.writes {
		err = errors.Join(err, closePool(l.reads))
	}
	return err
}

func closePool(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// now is the time that goes into records, in unix milliseconds.
func (l *Ledger) now() int64 { return l.clock().UnixMilli() }

func gormConfig(cfg Config) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction:   true,
		DisableNestedTransaction: true,
		DisableAutomaticPing:     true,
		Logger:                   queryLog{log: cfg.Logger, slow: cfg.SlowQuery},
	}
}

func limitPool(pool *sql.DB, open int) {
	pool.SetMaxOpenConns(open)
	pool.SetMaxIdleConns(open)
	pool.SetConnMaxIdleTime(5 * time.Minute)
}
