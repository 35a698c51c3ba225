package ledger

import (
	"log/slog"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// Config says what a ledger works with.
type Config struct {
	// DB is where it is kept, with the schema of this build. Required; closing it is
	// its opener's affair, after the ledger.
	DB *database.DB
	// Goods is the shop's stock, of which sales have their units. Required where sales
	// with goods are loaded.
	Goods Goods
	// Clock stamps records. Default seckill.SystemClock.
	Clock seckill.Clock
	// Logger takes what an operator should see. Default slog.Default().
	Logger *slog.Logger
}

// Ledger is the SQL side of the service. It is safe for concurrent use.
type Ledger struct {
	db    *database.DB
	goods Goods
	clock seckill.Clock
	log   *slog.Logger

	payments *coalesce.Lanes[struct{}, seckill.PaymentEvent, applied]
}

// New makes a ledger. The database need not be there yet.
func New(cfg Config) *Ledger {
	l := &Ledger{db: cfg.DB, goods: cfg.Goods, clock: cfg.Clock, log: cfg.Logger}
	if l.clock == nil {
		l.clock = seckill.SystemClock
	}
	if l.log == nil {
		l.log = slog.Default()
	}
	l.payments = l.newPaymentLane()
	return l
}

// Close refuses further payments and waits for those that were let in.
func (l *Ledger) Close() error {
	l.payments.Close()
	return nil
}

// now is the time that goes into records, in unix milliseconds.
func (l *Ledger) now() int64 { return l.clock().UnixMilli() }
