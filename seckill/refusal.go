package seckill

import "errors"

// WriteRefusal says that a store answers and takes no writes.
type WriteRefusal struct {
	// Why in a few words, such as "out of memory".
	Why string
	// Cause is for the log alone.
	Cause error
}

func (r *WriteRefusal) Error() string { return "refuses writes: " + r.Why }

func (r *WriteRefusal) Unwrap() error { return r.Cause }

// RefusesWrites tells whether an error is one, and which.
func RefusesWrites(err error) (r *WriteRefusal, is bool) {
	is = errors.As(err, &r)
	return r, is
}
