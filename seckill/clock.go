package seckill

import "time"

// Clock tells the time. It is passed in, so that a test can move it.
type Clock func() time.Time

// SystemClock is the machine's clock in UTC. It stamps records; it never
// decides whether a sale is open: Redis's clock does that.
func SystemClock() time.Time { return time.Now().UTC() }

// UnixMilli makes a UTC time of unix milliseconds, the form in which Redis and
// SQL keep every time.
func UnixMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
