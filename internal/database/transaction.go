package database

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

// MaxAttempts bounds how often a transaction is run.
const MaxAttempts = 8

const maxBackoff = 200 * time.Millisecond

// Write runs fn in a transaction. Deadlocks, lock waits and lost races, for a
// unique key or as ErrLostRace, roll it back and run it again, so fn sets its
// results only from what it did in this very run. attempt counts from 0.
func (d *DB) Write(ctx context.Context, fn func(tx *gorm.DB, attempt int) error) error {
	return d.retry(ctx, func(attempt int) error {
		return d.session(ctx, d.Writes, func(db *gorm.DB) error {
			return transact(db, nil, func(tx *gorm.DB) error {
				if err := fn(tx, attempt); err != nil {
					return err
				}
				return fault.Point(ctx, fault.LedgerBegun)
			})
		})
	})
}

// WriteOne runs one statement that is a transaction by itself: a third of the round
// trips of Write.
func (d *DB) WriteOne(ctx context.Context, statement string, args ...any) error {
	return d.retry(ctx, func(int) error {
		err := d.session(ctx, d.Writes, func(db *gorm.DB) error { return db.Exec(statement, args...).Error })
		if err != nil {
			err = &commitError{err}
		}
		return err
	})
}

// retry runs a transaction until it is committed or has failed for good.
func (d *DB) retry(ctx context.Context, commit func(attempt int) error) error {
	var err error
	for attempt := range MaxAttempts {
		if err = backOff(ctx, attempt); err != nil {
			break
		}
		if attempt > 0 {
			d.retried.Add(1)
		}
		if err = commit(attempt); err == nil {
			// A fault after the commit is an answer that got lost.
			if err = fault.Point(ctx, fault.LedgerCommitted); err != nil {
				err = fmt.Errorf("%w: %w", seckill.ErrOutcomeUnknown, err)
			}
		}
		if err == nil || !d.IsRetryable(err) && !d.IsDuplicate(err) && !errors.Is(err, ErrLostRace) {
			break
		}
	}
	return d.Classify(err)
}

// Read runs fn outside a transaction: each statement sees its own moment.
func (d *DB) Read(ctx context.Context, fn func(db *gorm.DB) error) error {
	return d.Classify(d.session(ctx, d.Reads, fn))
}

// ReadSnapshot runs fn in a transaction whose statements all see one moment.
func (d *DB) ReadSnapshot(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return d.Classify(d.session(ctx, d.Reads, func(db *gorm.DB) error {
		return transact(db, d.Snapshot, fn)
	}))
}

// Try runs statements, each a transaction by itself, once, and gives the error as the
// driver has it.
func (d *DB) Try(ctx context.Context, fn func(db *gorm.DB) error) error {
	return d.session(ctx, d.Writes, fn)
}

// session gives fn a database under the caller's context. On a detached dialect
// the context bounds the wait for a connection, and nothing after it.
func (d *DB) session(ctx context.Context, pool *gorm.DB, fn func(db *gorm.DB) error) error {
	if !d.Detached {
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
