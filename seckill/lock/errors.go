package lock

import (
	"errors"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

var (
	// ErrTaken is the cause of a CodeConflict: others had the lock for as long as Acquire
	// tried.
	ErrTaken = errors.New("others have the lock")
	// ErrLost is why the context of a holder ends: it does not have the lock any more, or
	// nobody can tell.
	ErrLost = errors.New("the lock is lost")
	// ErrLongestHold is why the context of a holder ends that has had the lock for as long
	// as one may.
	ErrLongestHold = errors.New("the lock was held for as long as it may be")
	// ErrReleased is why the context of a holder ends that has given the lock back.
	ErrReleased = errors.New("the lock is released")
)

// isTaken is the error of a call that may be repeated: whoever has the lock soon will not.
func isTaken() error {
	e := seckill.Errorf(seckill.CodeConflict, "another call is at the same thing just now")
	e.RetryAfter, e.Cause = time.Second, ErrTaken
	return e
}

// noMajority is the error of too few nodes that answer and may vote.
func noMajority(cause error) error {
	return seckill.Unavailable(cause, "no lock can be had just now")
}

// ended is the error of a holder whose lock has ended before its work.
func ended(why error) *seckill.Error {
	return seckill.Unavailable(why, "this took too long to be safe")
}

// errOut is why a node does not vote.
var errOut = errors.New("a server that is new, or was started again, stays out for now")

// errLate is why the answers of a majority do not count.
var errLate = errors.New("the nodes answered too late")
