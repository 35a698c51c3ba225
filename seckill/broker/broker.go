package broker

import (
	"context"
	"time"
)

// Broker is one process's line to the message broker.
type Broker interface {
	Publisher
	Consumer
	DeadLetterOffice

	// Run owns the session: it connects, declares the topology, and connects again
	// after each loss until ctx ends. Then it closes the session and returns nil.
	// It is called once; publishers and consumers must have ended before its ctx
	// does, or the messages that they have in flight are redelivered.
	Run(ctx context.Context) error

	// Ready returns nil while messages can be published and consumed, else why not.
	Ready() error

	// EnsureHold makes sure that the queue for one hold duration exists, so that
	// a message with the key AdmittedKey(hold) is held. It must be called before
	// such a message is published; it is remembered, and so costs nothing after the
	// first call. hold is whole milliseconds, up to MaxHold. The queue stays for
	// good: there are as many as different holds were ever in use.
	EnsureHold(ctx context.Context, hold time.Duration) error

	// QueueDepth tells how many messages wait in a queue, not counting those in flight
	// to a consumer.
	QueueDepth(ctx context.Context, queue string) (int, error)
}

// Publisher puts messages into an exchange.
type Publisher interface {
	// Publish returns nil only when every message was confirmed by the broker and,
	// where Mandatory says so, routed to at least one queue. After an error any of
	// the messages may or may not have been published: publish all of them again
	// with the same IDs. It waits for a session up to ctx's deadline, or up to the
	// configured publish timeout when ctx has none.
	//
	// Errors: ErrInvalid, ErrUnroutable, ErrRefused, ErrUnconfirmed, ErrNoSession,
	// ErrClosed. Nothing of the call was published after ErrInvalid or ErrNoSession.
	Publish(ctx context.Context, exchange string, msgs ...Message) error
}

// Consumer takes messages from a queue.
type Consumer interface {
	// Consume calls handle with one batch after another until ctx ends. Then it lets
	// handle finish its batch, requeues what was not handled, and returns nil. After a
	// lost session it goes on with the next one. Several may run on one queue and share
	// its messages.
	//
	// Errors: ErrInvalid for a queue or an option that cannot be, ErrClosed when
	// the broker's Run ended first.
	Consume(ctx context.Context, queue string, opts ConsumeOptions, handle Handler) error
}

// DeadLetterOffice has the messages that no consumer could handle.
type DeadLetterOffice interface {
	// DeadLetters returns up to limit (1 to MaxDeadLetters) dead letters, oldest
	// first, and leaves them where they are. Two calls at the same moment may each
	// see a part.
	DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error)

	// DeadLettersByID returns those of the oldest MaxDeadLetters that have the id,
	// and leaves all where they are. There are several where one message died in
	// several queues; none is no error.
	DeadLettersByID(ctx context.Context, id string) ([]DeadLetter, error)

	// Requeue puts dead letters back into the queue that they died in, as new, and
	// tells how many. No ids means all that are there at the start. With ids it
	// looks through the oldest MaxDeadLetters. A letter that cannot be put back
	// stays and is named in the error.
	Requeue(ctx context.Context, ids []string) (int, error)
}
