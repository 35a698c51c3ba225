package seckill

import (
	"errors"
	"fmt"
	"time"
)

// Code is the stable name of what went wrong. Clients branch on it, so a code
// never changes its meaning.
type Code string

const (
	CodeInvalidRequest    Code = "invalid_request"
	CodeUnauthorized      Code = "unauthorized"
	CodeForbidden         Code = "forbidden"
	CodeChallengeRequired Code = "challenge_required"
	CodeNotEligible       Code = "not_eligible"
	CodeQueueRequired     Code = "queue_required"
	CodeNotStarted        Code = "not_started"
	CodeNotFound          Code = "not_found"
	CodeSoldOut           Code = "sold_out"
	CodeLimitExceeded     Code = "limit_exceeded"
	CodeConflict          Code = "conflict"
	CodeEnded             Code = "ended"
	CodePaymentMismatch   Code = "payment_mismatch"
	CodeRateLimited       Code = "rate_limited"
	CodeUnavailable       Code = "unavailable"
	CodeInternal          Code = "internal"
)

// Codes lists every code.
var Codes = []Code{CodeInvalidRequest, CodeUnauthorized, CodeForbidden, CodeChallengeRequired, CodeNotEligible, CodeQueueRequired, CodeNotStarted, CodeNotFound, CodeSoldOut,
	CodeLimitExceeded, CodeConflict, CodeEnded, CodePaymentMismatch, CodeRateLimited, CodeUnavailable, CodeInternal}

// FieldError says what is wrong with one field of an input.
type FieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// Error is an error that a person may see: a code, and a message that says nothing of
// how the service works inside. Its cause is kept for the log, and errors.Is and
// errors.As find it.
type Error struct {
	Code   Code
	Detail string

	// Fields is set with CodeInvalidRequest, and with CodeConflict for rows of a file.
	Fields []FieldError
	// OrderID is set with CodeLimitExceeded: the buyer's own order, when known.
	OrderID ID
	// State is set with CodeConflict: the state that stands against the call.
	State string
	// Rule is set with CodeNotEligible: the public name of the rule that keeps the buyer
	// out.
	Rule string
	// Place and Ahead are set with CodeQueueRequired where the buyer has a place: which, and
	// how many stand before it. Place counts from 1.
	Place, Ahead int64
	// At is set with CodeNotStarted (opens at) and CodeEnded (ended at).
	At time.Time
	// RetryAfter is set with the codes that a client may try again.
	RetryAfter time.Duration
	// Cause is for the log alone.
	Cause error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
}

func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error of a code and a message for people.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Invalid makes the error of an input with one bad field.
func Invalid(field, format string, args ...any) *Error {
	return invalid([]FieldError{{Field: field, Reason: fmt.Sprintf(format, args...)}})
}

func invalid(fields []FieldError) *Error {
	first := fields[0]
	return &Error{
		Code:   CodeInvalidRequest,
		Detail: fmt.Sprintf("%s: %s", first.Field, first.Reason),
		Fields: fields,
	}
}

// Unavailable makes the error of a service that is away, after which the call may be
// repeated later. cause goes to the log alone.
func Unavailable(cause error, format string, args ...any) *Error {
	return &Error{Code: CodeUnavailable, Detail: fmt.Sprintf(format, args...), RetryAfter: time.Second, Cause: cause}
}

// CodeOf tells the code of any error; one that carries none is internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// DetailOf is what of an error people may read; of one that carries nothing, its own
// text.
func DetailOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}

// ErrKeyReused marks a conflict: an idempotency key came again with another body.
var ErrKeyReused = errors.New("idempotency key came again with another body")

// ErrOutcomeUnknown marks an error after which nobody knows whether the call
// took effect: it timed out, or the connection broke behind it. The way out is
// to ask again with the same idempotency key.
var ErrOutcomeUnknown = errors.New("outcome unknown")
