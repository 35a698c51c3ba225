package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// Limits on a message and on the dead letters.
const (
	MaxIDBytes  = 255 // AMQP's short string
	MaxKeyBytes = 255 // AMQP's short string
	// MaxBodyBytes is the largest body; RabbitMQ 4 refuses 16 MiB and more.
	MaxBodyBytes = 8 << 20
	// MaxHold is the longest hold that a queue is made for.
	MaxHold = seckill.MaxHold
	// MaxDeadLetters is how many dead letters one call looks at.
	MaxDeadLetters = 10_000
	// MaxReasonBytes is how much of an error is kept with a dead letter.
	MaxReasonBytes = 1_000
	// MaxHeaders is how many headers are kept with a dead letter.
	MaxHeaders = 32
)

// Message is what is published.
type Message struct {
	ID   string // names the message for good; a repetition carries the same
	Key  string // routing key
	Body []byte
}

// Validate checks the limits.
func (m Message) Validate() error {
	switch {
	case m.ID == "" || len(m.ID) > MaxIDBytes:
		return fmt.Errorf("%w: message id must be 1 to %d bytes, not %d", ErrInvalid, MaxIDBytes, len(m.ID))
	case m.Key == "" || len(m.Key) > MaxKeyBytes:
		return fmt.Errorf("%w: routing key must be 1 to %d bytes, not %d", ErrInvalid, MaxKeyBytes, len(m.Key))
	case len(m.Body) > MaxBodyBytes:
		return fmt.Errorf("%w: body of message %s has %d bytes, more than %d", ErrInvalid, m.ID, len(m.Body), MaxBodyBytes)
	}
	return nil
}

// Delivery is a message in flight to a handler, which must not change Body.
type Delivery struct {
	Message
	// Attempt is 1 at the first delivery and grows with each redelivery, whatever its
	// cause. A postponement does not count.
	Attempt int
	// Queue is the logical name of the queue it came from.
	Queue string
}

// Handler handles a batch and gives one verdict for each delivery, in order; nil
// in place of the slice accepts all.
//
//   - nil: done, the message is acknowledged;
//   - Reject(err): it can never be handled, it goes to QueueDead at once;
//   - Postpone(err): it cannot be handled now for a reason outside of it, such
//     as SQL being away; it comes again later and this uses up no attempt;
//   - any other error: it comes again later; after MaxAttempts failures in a row
//     it goes to QueueDead.
//
// A panic, or a wrong number of verdicts, counts as an error for the whole batch;
// after a panic its messages are redelivered one by one, so that the one at fault
// harms no other. ctx lives on for ConsumeOptions.Grace after Consume's
// own has ended; a handler must return soon after ctx has ended.
type Handler func(ctx context.Context, batch []Delivery) []error

// DeadLetter is a message that nobody could handle.
type DeadLetter struct {
	Message
	Queue    string    // logical name of the queue it died in; empty when unknown
	Reason   string    // up to MaxReasonBytes
	Attempts int       // how often it was handed out
	At       time.Time // when it died
	// Headers are what else the broker knows of its way, such as x-death, up to
	// MaxHeaders of MaxReasonBytes each. For people alone.
	Headers map[string]string
}

// ValidateDeadLetterLimit checks how many dead letters a caller may ask for.
func ValidateDeadLetterLimit(limit int) error {
	if limit < 1 || limit > MaxDeadLetters {
		return fmt.Errorf("%w: limit must be 1 to %d, not %d", ErrInvalid, MaxDeadLetters, limit)
	}
	return nil
}
