package ledger

import (
	"cmp"
	"log/slog"
	"time"

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
	// Beacon is where the randomness of draws is from, and DrawLead how long after the last
	// entry the round is that decides. Default: seckill.Quicknet and a minute.
	Beacon   seckill.Beacon
	DrawLead time.Duration
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

	beacon   seckill.Beacon
	drawLead time.Duration

	payments *coalesce.Lanes[struct{}, seckill.PaymentEvent, applied]
	entries  *coalesce.Lanes[seckill.ID, seckill.DrawEntry, entered]
	// joins gives places in queues, and looks reads them.
	joins, looks *coalesce.Lanes[seckill.ID, string, placed]
}

// New makes a ledger. The database need not be there yet.
func New(cfg Config) *Ledger {
	l := &Ledger{db: cfg.DB, goods: cfg.Goods, clock: cfg.Clock, log: cfg.Logger,
		beacon: cmp.Or(cfg.Beacon, seckill.Quicknet), drawLead: cmp.Or(cfg.DrawLead, time.Minute)}
	if l.clock == nil {
		l.clock = seckill.SystemClock
	}
	if l.log == nil {
		l.log = slog.Default()
	}
	l.payments, l.entries = l.newPaymentLane(), l.newEntryLane()
	l.joins, l.looks = l.newJoinLane(), l.newLookLane()
	return l
}

// Close refuses further payments, entries and places, and waits for those that were let in.
func (l *Ledger) Close() error {
	l.payments.Close()
	l.entries.Close()
	l.joins.Close()
	l.looks.Close()
	return nil
}

// now is the time that goes into records, in unix milliseconds.
func (l *Ledger) now() int64 { return l.clock().UnixMilli() }
