package stocksafety

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/internal/stockload"
)

// The unsafe ways. Each reads what is available, decides, and writes what is left; they
// differ in what is to keep others out meanwhile.
const (
	// ReadThenWrite has nothing.
	ReadThenWrite = "read, then write"
	// InTransaction has a transaction, in which the read is a plain one.
	InTransaction = "the same in a transaction"
	// ProcessLock has a mutex, which other processes do not know.
	ProcessLock = "a lock in the process"
	// PlainSetNX has a key in Redis that ends by itself, that nobody extends, and that is
	// deleted by whoever believes that it is his.
	PlainSetNX = "SETNX without owner"
)

// Unsafe lists them all.
var Unsafe = []string{ReadThenWrite, InTransaction, ProcessLock, PlainSetNX}

// unsafe sells from tables of its own: what is available of each goods, and the orders.
type unsafe struct {
	db     *sql.DB
	redis  *redis.Client
	prefix string // of the keys

	mu    sync.Mutex
	sales int
}

// querier is a connection or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

var errSoldOut = errors.New("sold out")

// take reads, and then writes.
func take(ctx context.Context, q querier, orderNo, goods string, between func()) error {
	var available int64
	if err := q.QueryRowContext(ctx, "SELECT available FROM unsafe_stock WHERE goods = ?", goods).Scan(&available); err != nil {
		return err
	}
	if available < 1 {
		return errSoldOut
	}
	between()
	if _, err := q.ExecContext(ctx, "INSERT INTO unsafe_orders (order_no, goods) VALUES (?, ?)", orderNo, goods); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, "UPDATE unsafe_stock SET available = ? WHERE goods = ?", available-1, goods)
	return err
}

func nothing() {}

func (u *unsafe) readThenWrite(ctx context.Context, orderNo, goods string) error {
	return take(ctx, u.db, orderNo, goods, nothing)
}

func (u *unsafe) inTransaction(ctx context.Context, orderNo, goods string) error {
	tx, err := u.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := take(ctx, tx, orderNo, goods, nothing); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (u *unsafe) inProcessLock(ctx context.Context, orderNo, goods string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return take(ctx, u.db, orderNo, goods, nothing)
}

const (
	setNXTTL   = 50 * time.Millisecond
	setNXPause = time.Millisecond
	// pausedEvery is how rarely a holder sleeps for longer than his lock lasts, beginning
	// with the first: a collection of garbage, a full processor, a disk.
	pausedEvery = 200
)

func (u *unsafe) underSetNX(ctx context.Context, orderNo, goods string) error {
	key := u.prefix + ":unsafe:" + goods
	for {
		got, err := u.redis.SetNX(ctx, key, "1", setNXTTL).Result()
		if err != nil {
			return err
		}
		if got {
			break
		}
		time.Sleep(setNXPause)
	}
	defer u.redis.Del(ctx, key)
	return take(ctx, u.db, orderNo, goods, func() {
		if u.paused() {
			time.Sleep(2 * setNXTTL)
		}
	})
}

func (u *unsafe) paused() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sales++
	return u.sales%pausedEvery == 1
}

func (u *unsafe) seller(way string) stockload.Seller {
	return stockload.Seller{
		Sell: map[string]func(context.Context, string, string) error{
			ReadThenWrite: u.readThenWrite, InTransaction: u.inTransaction, ProcessLock: u.inProcessLock, PlainSetNX: u.underSetNX,
		}[way],
		Retries: func() int64 { return 0 },
		InUse:   func() int { return u.db.Stats().InUse },
		Close:   func() error { return nil },
	}
}

// unsafeStock is what they sell from, seen from beside.
type unsafeStock struct{ db *sql.DB }

var _ stockload.Stock = unsafeStock{}

const unsafeUnits = 1_000_000_000

func (s unsafeStock) Prepare(ctx context.Context, goods []string) error {
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS unsafe_stock (goods VARCHAR(64) CHARACTER SET ascii PRIMARY KEY, available BIGINT NOT NULL)",
		"CREATE TABLE IF NOT EXISTS unsafe_orders (order_no VARCHAR(64) CHARACTER SET ascii PRIMARY KEY, goods VARCHAR(64) CHARACTER SET ascii NOT NULL)",
	} {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for _, g := range goods {
		if _, err := s.db.ExecContext(ctx, "INSERT IGNORE INTO unsafe_stock VALUES (?, ?)", g, unsafeUnits); err != nil {
			return err
		}
	}
	return nil
}

func (s unsafeStock) Left(ctx context.Context, goods []string) (left int64, err error) {
	for _, g := range goods {
		var available int64
		if err := s.db.QueryRowContext(ctx, "SELECT available FROM unsafe_stock WHERE goods = ?", g).Scan(&available); err != nil {
			return 0, err
		}
		left += available
	}
	return left, nil
}

func (unsafeStock) Check(context.Context) error { return nil }
