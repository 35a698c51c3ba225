package rabbit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill/broker"
)

const (
	// lookBytes bounds the bodies that one look at the dead letters holds in memory.
	lookBytes = 64 << 20
	// requeueChunk is how many dead letters are put back with one publishing.
	// RabbitMQ stashes acknowledgements beyond 32 that its log has not taken yet, and
	// forgets the stash when the channel closes; the next get empties it.
	requeueChunk = 25
)

// DeadLetters lists the oldest dead letters.
func (b *Broker) DeadLetters(ctx context.Context, limit int) ([]broker.DeadLetter, error) {
	if err := broker.ValidateDeadLetterLimit(limit); err != nil {
		return nil, err
	}
	return b.look(ctx, limit, func(broker.DeadLetter) bool { return true })
}

// DeadLettersByID finds the dead letters of one message.
func (b *Broker) DeadLettersByID(ctx context.Context, id string) ([]broker.DeadLetter, error) {
	return b.look(ctx, broker.MaxDeadLetters, func(l broker.DeadLetter) bool { return l.ID == id })
}

// look looks through the oldest dead letters and keeps those that are wanted.
func (b *Broker) look(ctx context.Context, most int, wanted func(broker.DeadLetter) bool) ([]broker.DeadLetter, error) {
	answer := make(chan []broker.DeadLetter, 1)
	err := b.askDead(ctx, func(ctx context.Context, ch *amqp.Channel) (inHand int, err error) {
		var letters []broker.DeadLetter
		for size := 0; inHand < most && size < lookBytes && ctx.Err() == nil; inHand++ {
			d, ok, err := ch.Get(b.names.Queue(broker.QueueDead), false)
			if err != nil {
				return inHand, err
			}
			if !ok {
				break
			}
			if letter := b.deadLetter(d); wanted(letter) {
				size += len(d.Body)
				letters = append(letters, letter)
			}
		}
		answer <- letters
		return inHand, nil
	})
	if err != nil {
		return nil, err
	}
	return <-answer, nil
}

// Requeue puts dead letters back into their queues.
func (b *Broker) Requeue(ctx context.Context, ids []string) (int, error) {
	type result struct {
		n   int
		err error
	}
	answer := make(chan result, 1)
	err := b.askDead(ctx, func(ctx context.Context, ch *amqp.Channel) (inHand int, err error) {
		left, err := b.deadDepth(ch)
		if err != nil {
			return 0, err
		}
		if len(ids) > 0 {
			left = min(left, broker.MaxDeadLetters)
		}
		var r result
		for left > 0 && ctx.Err() == nil {
			n, got, err := b.requeueSome(ctx, ch, ids, min(left, requeueChunk))
			r.n += n
			inHand += got - n
			r.err = errors.Join(r.err, err)
			if got == 0 {
				break
			}
			left -= got
		}
		r.err = errors.Join(r.err, ctx.Err())
		answer <- r
		return inHand, nil
	})
	if err != nil {
		return 0, err
	}
	r := <-answer
	return r.n, r.err
}

// askDead runs a call on a channel of its own, and then gives back what the call
// has taken and still has in hand.
func (b *Broker) askDead(ctx context.Context, call func(context.Context, *amqp.Channel) (inHand int, err error)) error {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	err := b.ask(ctx, func(s *session) error {
		b.dead.Lock()
		defer b.dead.Unlock()
		ch, err := s.con.Channel()
		if err != nil {
			return err
		}
		defer ch.Close()
		inHand, err := call(ctx, ch)
		if err != nil {
			return err
		}
		return b.giveBack(ctx, ch, inHand)
	})
	if err != nil {
		return fmt.Errorf("dead letters: %w", err)
	}
	return nil
}

const (
	giveBackWithin = 2 * time.Second
	giveBackEvery  = 5 * time.Millisecond
)

// giveBack returns dead letters to their queue and waits until they are there
// again, so that the next look does not miss them. It nacks in place of merely
// closing the channel, since nobody has failed on these.
func (b *Broker) giveBack(ctx context.Context, ch *amqp.Channel, n int) error {
	if err := ch.Nack(0, true, true); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, giveBackWithin)
	defer cancel()
	for {
		depth, err := b.deadDepth(ch)
		if err != nil || depth >= n {
			return err
		}
		if !sleep(ctx, giveBackEvery) {
			return nil // somebody else has taken some meanwhile
		}
	}
}

func (b *Broker) deadDepth(ch *amqp.Channel) (int, error) {
	q, err := ch.QueueDeclarePassive(b.names.Queue(broker.QueueDead), true, false, false, false, nil)
	return q.Messages, err
}

// requeueSome takes up to limit dead letters, puts back those that are asked for,
// and keeps the rest in hand. It tells how many it put back and how many it took.
func (b *Broker) requeueSome(ctx context.Context, ch *amqp.Channel, ids []string, limit int) (n, got int, err error) {
	var envelopes []envelope
	var tags []uint64
	for ; got < limit; got++ {
		d, ok, getErr := ch.Get(b.names.Queue(broker.QueueDead), false)
		if getErr != nil || !ok {
			err = errors.Join(err, getErr)
			break
		}
		letter := b.deadLetter(d)
		if len(ids) > 0 && !slices.Contains(ids, letter.ID) {
			continue
		}
		if invalid := broker.ValidateSource(letter.Queue); invalid != nil {
			err = errors.Join(err, fmt.Errorf("dead letter %s stays: %w", letter.ID, invalid))
			continue
		}
		envelopes = append(envelopes, envelope{
			key:       b.names.Queue(letter.Queue),
			mandatory: true,
			msg:       publishing(letter.Message, amqp.Table{headerKey: letter.Key}),
		})
		tags = append(tags, d.DeliveryTag)
	}
	if putErr := b.publish(ctx, envelopes); putErr != nil {
		return 0, got, errors.Join(err, fmt.Errorf("%d dead letters stay: %w", len(envelopes), putErr))
	}
	for _, tag := range tags {
		if ackErr := ch.Ack(tag, false); ackErr != nil {
			return n, got, errors.Join(err, ackErr)
		}
		n++
	}
	return n, got, err
}
