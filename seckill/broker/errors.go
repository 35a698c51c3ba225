package broker

import (
	"errors"
	"fmt"

	"github.com/seckill-go/seckill/seckill"
)

var (
	// ErrInvalid says that the caller asked for something that cannot be.
	ErrInvalid = errors.New("broker: invalid use")
	// ErrNoSession says that there was no session with the broker in time.
	ErrNoSession = errors.New("broker: no session")
	// ErrClosed says that Run has ended, so that there will be no session again.
	ErrClosed = errors.New("broker: closed")
	// ErrUnroutable says that a message reached no queue.
	ErrUnroutable = errors.New("broker: no queue took the message")
	// ErrRefused says that the broker would not take a message, as when a queue is full.
	ErrRefused = errors.New("broker: message refused")
	// ErrUnconfirmed says that the broker did not confirm a message in time or that
	// the session ended before it did: nobody knows whether it was published.
	ErrUnconfirmed = fmt.Errorf("broker: not confirmed: %w", seckill.ErrOutcomeUnknown)
)

// Reject makes the verdict on a message that can never be handled.
func Reject(err error) error { return &verdict{err: err, reject: true} }

// Postpone makes the verdict on a message that cannot be handled now, for a
// reason that is not the message's own.
func Postpone(err error) error { return &verdict{err: err} }

// Rejected tells whether the verdict is Reject's.
func Rejected(err error) bool {
	var v *verdict
	return errors.As(err, &v) && v.reject
}

// Postponed tells whether the verdict is Postpone's.
func Postponed(err error) bool {
	var v *verdict
	return errors.As(err, &v) && !v.reject
}

type verdict struct {
	err    error
	reject bool
}

func (v *verdict) Error() string {
	if v.err == nil {
		return "no reason given"
	}
	return v.err.Error()
}

func (v *verdict) Unwrap() error { return v.err }
