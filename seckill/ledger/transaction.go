package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
)

const (
	maxAttempts = 8
	maxBackoff  = 200 * time.Millisecond
)

// errLostRace says that rows changed between two statements of a transaction in
// a way that another run of it will see whole.
var errLostRace = errors.New("the rows changed meanwhile")

// write runs fn in a transaction. Deadlocks, lock waits and lost races, for a
// unique key or as errLostRace, roll it back and run it again, so fn sets its
// results only from what it did in this very run. attempt counts from 0.
func (l *Ledger) write(ctx context.Context, fn func(tx *gorm.DB, attempt int) error) error {
	return l.retry(ctx, func(attempt int) error {
		return l.session(ctx, l.writes, func(db *gorm.DB) error {
			return transact(db, nil, func(tx *gorm.DB) error {
				if err := fn(tx, attempt); err != nil {
					return err
				}
				return fault.Point(ctx, fault.LedgerBegun)
			})
		})
	})
}

// writeOne runs one statement that is a transaction by itself: a third of the round
// trips of write.
func (l *Ledger) writeOne(ctx context.Context, statement string, args ...any) error {
	return l.retry(ctx, func(int) error {
		err := l.session(ctx, l.writes, func(db *gorm.DB) error { return db.Exec(statement, args...).Error })
		if err != nil {
			err = &commitError{err}
		}
		return err
	})
}

// retry runs a transaction until it is committed or has failed for good.
func (l *Ledger) retry(ctx context.Context, commit func(attempt int) error) error {
	var err error
	for attempt := range maxAttempts {
		if err = backOff(ctx, attempt); err != nil {
			break
		}
		if err = commit(attempt); err == nil {
			// A fault after the commit is an answer that got lost.
			if err = fault.Point(ctx, fault.LedgerCommitted); err != nil {
				err = fmt.Errorf("%w: %w", seckill.ErrOutcomeUnknown, err)
			}
		}
		if err == nil || !l.dialect.isRetryable(err) && !l.dialect.isDuplicate(err) && !errors.Is(err, errLostRace) {
			break
		}
	}
	return l.classify(err)
}

// read runs fn outside a transaction: each statement sees its own moment.
func (l *Ledger) read(ctx context.Context, fn func(db *gorm.DB) error) error {
	return l.classify(l.session(ctx, l.reads, fn))
}

// readSnapshot runs fn in a transaction whose statements all see one moment.
func (l *Ledger) readSnapshot(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return l.classify(l.session(ctx, l.reads, func(db *gorm.DB) error {
		return transact(db, l.dialect.snapshot, fn)
	}))
}

// session gives fn a database under the caller's context. On a detached dialect
// the context bounds the wait for a connection, and nothing after it.
func (l *Ledger) session(ctx context.Context, pool *gorm.DB, fn func(db *gorm.DB) error) error {
	if !l.dialect.detached {
		return fn(pool.WithContext(ctx))
	}
	return pool.WithContext(ctx).Connection(func(conn *gorm.DB) error {
		return fn(conn.WithContext(context.WithoutCancel(ctx)))
	})
}

func transact(db *gorm.DB, opts *sql.TxOptions, fn func(tx *gorm.DB) error) error {
	tx := db.Begin(opts)
	if tx.Error != nil {
		return fmt.Errorf("begin: %w", tx.Error)
	}
	done := false
	defer func() {
		if !done { // an error, or a panic on its way up
			tx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	done = true
	if err := tx.Commit().Error; err != nil {
		return &commitError{err}
	}
	return nil
}

// commitError marks that it was the commit that failed: if the connection broke
// there, nobody knows whether it took effect.
type commitError struct{ cause error }

func (e *commitError) Error() string { return "commit: " + e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

// ErrDamaged says that the file is no database, or is not whole. Trying again does not
// mend it.
var ErrDamaged = errors.New("the database is damaged")

// classify gives an error from the database the code that its reader branches
// on. What is neither ours nor an outage stays as it is: internal.
func (l *Ledger) classify(err error) error {
	var own *seckill.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	var commit *commitError
	late := errors.Is(err, context.DeadlineExceeded)
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("ledger: %w", err)
	case l.dialect.isRetryable(err):
		return seckill.Unavailable(err, "the ledger is overloaded")
	case late, l.dialect.isUnavailable(err), isClosed(err):
		if errors.As(err, &commit) {
			err = fmt.Errorf("%w: %w", seckill.ErrOutcomeUnknown, err)
		}
		return seckill.Unavailable(err, "the ledger cannot be reached")
	case l.dialect.isDamaged(err):
		return fmt.Errorf("ledger: %w: %w", ErrDamaged, err)
	}
	return fmt.Errorf("ledger: %w", err)
}

// isClosed recognises the use of a closed pool, for which database/sql exports
// no error.
func isClosed(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if err.Error() == "sql: database is closed" {
			return true
		}
	}
	return false
}

// backOff waits a short random while before a repeated attempt.
func backOff(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return ctx.Err()
	}
	limit := min(maxBackoff, 5*time.Millisecond<<attempt)
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// exec runs a statement and tells how many rows it changed.
func exec(tx *gorm.DB, statement string, args ...any) (int64, error) {
	result := tx.Exec(statement, args...)
	return result.RowsAffected, result.Error
}

// mustChange runs a statement that has to change exactly the given number of
// rows. If it does not, an invariant is broken, and the transaction must go.
func mustChange(tx *gorm.DB, rows int, statement string, args ...any) error {
	n, err := exec(tx, statement, args...)
	if err == nil && n != int64(rows) {
		err = wrongCount(n, rows, statement)
	}
	return err
}

func wrongCount(n int64, rows int, statement string) error {
	return fmt.Errorf("%d rows changed instead of %d by: %.120s", n, rows, statement)
}
