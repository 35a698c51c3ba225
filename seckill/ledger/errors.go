package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/seckill-go/seckill/seckill"
)

// ErrDamaged says that the file is no database, or is not whole. Trying again does not
// mend it.
var ErrDamaged = errors.New("the database is damaged")

// errLostRace says that rows changed between two statements of a transaction in
// a way that another run of it will see whole.
var errLostRace = errors.New("the rows changed meanwhile")

func conflict(state, format string, args ...any) *seckill.Error {
	err := seckill.Errorf(seckill.CodeConflict, format, args...)
	err.State = state
	return err
}

func conflictState(err error) string {
	var e *seckill.Error
	if errors.As(err, &e) && e.Code == seckill.CodeConflict {
		return e.State
	}
	return ""
}

func noSuchOrder() *seckill.Error {
	return seckill.Errorf(seckill.CodeNotFound, "no such order")
}

// commitError marks that it was the commit that failed: if the connection broke
// there, nobody knows whether it took effect.
type commitError struct{ cause error }

func (e *commitError) Error() string { return "commit: " + e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

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
	case l.engine.IsRetryable(err):
		return seckill.Unavailable(err, "the ledger is overloaded")
	case late, l.engine.IsUnavailable(err), isClosed(err):
		if errors.As(err, &commit) {
			err = fmt.Errorf("%w: %w", seckill.ErrOutcomeUnknown, err)
		}
		return seckill.Unavailable(err, "the ledger cannot be reached")
	case l.engine.IsDamaged(err):
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
