package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/seckill-go/seckill/seckill"
)

// ErrDamaged says that the file is no database, or is not whole. Trying again does not
// mend it.
var ErrDamaged = errors.New("the database is damaged")

// ErrLostRace says that rows changed between two statements of a transaction in
// a way that another run of it will see whole.
var ErrLostRace = errors.New("the rows changed meanwhile")

// commitError marks that it was the commit that failed: if the connection broke
// there, nobody knows whether it took effect.
type commitError struct{ cause error }

func (e *commitError) Error() string { return "commit: " + e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

// Classify gives an error from the database the code that its reader branches
// on. What is neither ours nor an outage stays as it is: internal.
func (d *DB) Classify(err error) error {
	var own *seckill.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	var commit *commitError
	late := errors.Is(err, context.DeadlineExceeded)
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("database: %w", err)
	case d.IsRetryable(err):
		return seckill.Unavailable(err, "the database is overloaded")
	case late, d.IsUnavailable(err), isClosed(err):
		if errors.As(err, &commit) {
			err = fmt.Errorf("%w: %w", seckill.ErrOutcomeUnknown, err)
		}
		return seckill.Unavailable(err, "the database cannot be reached")
	case d.IsDamaged(err):
		return fmt.Errorf("database: %w: %w", ErrDamaged, err)
	}
	return fmt.Errorf("database: %w", err)
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
