package ledger

import (
	"context"
	"fmt"
	"log/slog"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger/engine"
)

// Ledger is the SQL side of the service. It is safe for concurrent use.
type Ledger struct {
	engine *engine.Engine
	clock  seckill.Clock
	log    *slog.Logger

	payments *coalesce.Lanes[struct{}, seckill.PaymentEvent, applied]
}

// Open prepares a ledger. A MySQL server need not be there yet: Ping tells when
// it is. The schema is not touched: see Migrate.
func Open(cfg Config) (*Ledger, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	open := engine.OpenMySQL
	if cfg.Driver == DriverSQLite {
		open = engine.OpenSQLite
	}
	db, err := open(cfg.DSN, engine.Options{MaxOpen: cfg.MaxOpen, SlowQuery: cfg.SlowQuery, Logger: cfg.Logger})
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{engine: db, clock: cfg.Clock, log: cfg.Logger}
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
	return l.engine.Close()
}

// now is the time that goes into records, in unix milliseconds.
func (l *Ledger) now() int64 { return l.clock().UnixMilli() }
