package rabbit

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/broker/internal/intake"
)

// Consume calls handle with batches until ctx ends, over as many sessions as it
// takes.
func (b *Broker) Consume(ctx context.Context, queue string, opts broker.ConsumeOptions, handle broker.Handler) error {
	if err := broker.ValidateSource(queue); err != nil {
		return err
	}
	opts.Grace = orDefault(opts.Grace, b.cfg.Grace)
	opts, err := opts.WithDefaults()
	if err != nil {
		return err
	}
	for {
		s, err := b.await(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		sub, err := b.subscribe(s, queue, opts.Prefetch)
		if err == nil {
			err = intake.Run(ctx, sub, opts, handle, b.log)
			sub.leave(err == nil)
			if err == nil {
				return nil
			}
		}
		// Whatever it was, the session is not to be trusted any more.
		s.fail(fmt.Errorf("consume from %s: %w", queue, err))
	}
}

// subscription is one consumer in one session.
type subscription struct {
	b     *Broker
	s     *session
	queue string
	tag   string
	ch    *amqp.Channel
	items chan intake.Item
}

func (b *Broker) subscribe(s *session, queue string, prefetch int) (*subscription, error) {
	ch, err := s.con.Channel()
	if err != nil {
		return nil, err
	}
	s.watchChannel(ch)
	if err := ch.Qos(prefetch, 0, false); err != nil {
		return nil, err
	}
	const tag = "seckill" // need only be unique on its channel
	deliveries, err := ch.Consume(b.names.Queue(queue), tag, false, false, false, false, nil)
	if err != nil {
		return nil, err
	}
	// There are never more than prefetch deliveries open, so the pump never waits.
	sub := &subscription{b: b, s: s, queue: queue, tag: tag, ch: ch, items: make(chan intake.Item, prefetch)}
	if !s.spawn(func() { sub.pump(deliveries) }) {
		return nil, s.err()
	}
	return sub, nil
}

// pump moves deliveries to where they can be taken without waiting. It ends when
// the consumer is cancelled, by us or by RabbitMQ, or the session is over.
func (sub *subscription) pump(deliveries <-chan amqp.Delivery) {
	defer close(sub.items)
	for d := range deliveries {
		sub.items <- intake.Item{
			Tag:      d.DeliveryTag,
			Delivery: broker.Delivery{Message: message(d), Attempt: attempt(d), Queue: sub.queue},
		}
	}
}

// Items yields the deliveries.
func (sub *subscription) Items() <-chan intake.Item { return sub.items }

// Ack acknowledges one message, or all up to it.
func (sub *subscription) Ack(tag uint64, through bool) error { return sub.ch.Ack(tag, through) }

// Bury publishes a copy to the dead letters.
func (sub *subscription) Bury(ctx context.Context, d broker.Delivery, reason string) error {
	if sub.ch.IsClosed() {
		// It is being delivered again already, and would be there twice.
		return intake.ErrSessionOver
	}
	return sub.b.publish(ctx, []envelope{{
		key:       sub.b.names.Queue(broker.QueueDead),
		mandatory: true,
		msg:       publishing(d.Message, deadHeaders(d, reason, sub.b.cfg.Clock())),
	}})
}

// leave gives back what is open. A nack says that nobody has failed, where merely
// closing the channel would count as a failed delivery on newer RabbitMQ versions.
func (sub *subscription) leave(asked bool) {
	if !asked {
		return // with the session, everything is given back
	}
	left := make(chan struct{})
	started := sub.s.spawn(func() {
		defer close(left)
		err := errors.Join(
			sub.ch.Cancel(sub.tag, false),
			sub.ch.Nack(0, true, true), // 0: all that are open
			sub.ch.Close(),
		)
		if err != nil {
			sub.s.fail(fmt.Errorf("stop consuming from %s: %w", sub.queue, err))
		}
	})
	if !started {
		return
	}
	select {
	case <-left:
	case <-time.After(sub.b.cfg.CloseTimeout):
		// These calls end with the session, and RabbitMQ then takes back what is open.
		sub.b.log.Warn("the broker does not answer that a consumer leaves; it is cut short", "queue", sub.queue)
	}
}
