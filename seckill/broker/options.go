package broker

import (
	"fmt"
	"time"
)

// ConsumeOptions say how a queue is consumed. The zero value means the defaults.
type ConsumeOptions struct {
	// BatchSize is the most messages of one batch. Default 100, at most 10,000.
	BatchSize int
	// Prefetch is the most messages in flight to the consumer, those that wait for
	// another attempt included. So many failing messages stop the deliveries, as they
	// should while SQL is away. Default twice BatchSize, at least BatchSize, at most
	// 65,535.
	Prefetch int
	// MaxWait is how long a batch that is not full may wait for more. Default 0:
	// take what is there.
	MaxWait time.Duration
	// MaxAttempts is after how many failures in a row a message is a dead letter.
	// Default 20.
	MaxAttempts int
	// RetryMin and RetryMax bound the wait before the next attempt; it doubles from
	// one to the other. Default 100 ms and 5 s.
	RetryMin, RetryMax time.Duration
	// Grace is how long the handler's ctx outlives Consume's, and what is done with its
	// verdicts with it. Default 10 s, or the broker's own.
	Grace time.Duration
}

// WithDefaults fills in the defaults and checks the rest.
func (o ConsumeOptions) WithDefaults() (ConsumeOptions, error) {
	setDefault(&o.BatchSize, 100)
	setDefault(&o.Prefetch, min(2*o.BatchSize, maxPrefetch))
	setDefault(&o.MaxAttempts, 20)
	setDefault(&o.RetryMin, 100*time.Millisecond)
	setDefault(&o.RetryMax, max(5*time.Second, o.RetryMin))
	setDefault(&o.Grace, 10*time.Second)
	switch {
	case o.BatchSize < 1 || o.BatchSize > maxBatchSize:
		return o, fmt.Errorf("%w: batch size must be 1 to %d, not %d", ErrInvalid, maxBatchSize, o.BatchSize)
	case o.Prefetch < o.BatchSize || o.Prefetch > maxPrefetch:
		return o, fmt.Errorf("%w: prefetch must be %d (the batch size) to %d, not %d", ErrInvalid, o.BatchSize, maxPrefetch, o.Prefetch)
	case o.MaxWait < 0:
		return o, fmt.Errorf("%w: max wait must not be negative", ErrInvalid)
	case o.MaxAttempts < 1:
		return o, fmt.Errorf("%w: max attempts must be positive, not %d", ErrInvalid, o.MaxAttempts)
	case o.RetryMin < 0 || o.RetryMax < o.RetryMin:
		return o, fmt.Errorf("%w: retry wait must be 0 <= min <= max, not %s to %s", ErrInvalid, o.RetryMin, o.RetryMax)
	case o.Grace < 0:
		return o, fmt.Errorf("%w: grace must not be negative", ErrInvalid)
	}
	return o, nil
}

const (
	maxBatchSize = 10_000
	maxPrefetch  = 65_535 // AMQP's 16 bits
)

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
