package rabbit

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill/broker"
)

// window is how many messages are unconfirmed at most on one channel.
const window = 500

// envelope is one message on its way to RabbitMQ.
type envelope struct {
	exchange, key string // the broker's own names
	mandatory     bool
	msg           amqp.Publishing
}

// Publish publishes messages and waits for the broker's confirms.
func (b *Broker) Publish(ctx context.Context, exchange string, msgs ...broker.Message) error {
	if err := broker.ValidateExchange(exchange); err != nil {
		return err
	}
	envelopes := make([]envelope, len(msgs))
	for i, m := range msgs {
		if err := m.Validate(); err != nil {
			return err
		}
		envelopes[i] = envelope{
			exchange:  b.names.Exchange(exchange),
			key:       m.Key,
			mandatory: broker.Mandatory(exchange, m.Key),
			msg:       publishing(m, nil),
		}
	}
	return b.publish(ctx, envelopes)
}

// publish sends envelopes window by window over one channel.
func (b *Broker) publish(ctx context.Context, envelopes []envelope) error {
	if len(envelopes) == 0 {
		return nil
	}
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	s, err := b.await(ctx)
	if err != nil {
		return err
	}
	if err := s.awaitUnblocked(ctx); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	// The slot stays taken until the writing has ended. A session that is over needs none.
	return s.do(ctx, func() error {
		defer s.exit()
		return s.sendAll(ctx, envelopes)
	})
}

// enter takes one of the slots for calls under way.
func (s *session) enter(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-s.over:
		return fmt.Errorf("%w: %w", broker.ErrNoSession, s.err())
	case <-ctx.Done():
		return fmt.Errorf("%w: too many calls under way: %w", broker.ErrNoSession, context.Cause(ctx))
	}
}

func (s *session) exit() { <-s.slots }

func (s *session) sendAll(ctx context.Context, envelopes []envelope) error {
	ch, err := s.publishChannel()
	if err != nil {
		return fmt.Errorf("%w: %w", broker.ErrNoSession, err)
	}
	for len(envelopes) > 0 {
		n := min(len(envelopes), window)
		err = errors.Join(err, ch.send(ctx, envelopes[:n]))
		envelopes = envelopes[n:]
		if ch.dirty {
			// Confirms or returns are still to come; they must not meet a later call.
			_ = ch.Close()
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, ch)
	return err
}

// publishChannel is a channel in confirm mode that one call uses at a time. So
// the returns that are there when its last confirm has come are this call's, and
// all of them: RabbitMQ sends a return before the confirm of the same message.
type publishChannel struct {
	*amqp.Channel
	wire    *wire
	returns chan amqp.Return // has room for a whole window, so it never blocks
	dirty   bool             // a window did not come to its end
}

func (s *session) publishChannel() (*publishChannel, error) {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		ch := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		return ch, nil
	}
	s.mu.Unlock()
	ch, err := s.pub.Channel()
	if err != nil {
		return nil, err
	}
	s.watchChannel(ch)
	returns := ch.NotifyReturn(make(chan amqp.Return, window))
	if err := ch.Confirm(false); err != nil {
		return nil, err
	}
	return &publishChannel{Channel: ch, wire: s.wire, returns: returns}, nil
}

// send publishes up to one window and waits for its confirms.
func (ch *publishChannel) send(ctx context.Context, envelopes []envelope) error {
	ch.dirty = true
	confirms, err := ch.write(ctx, envelopes)
	if err != nil {
		return err
	}
	var refused error
	for i, confirm := range confirms {
		acked, err := confirm.WaitContext(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("%w: message %s: %w", broker.ErrUnconfirmed, envelopes[i].msg.MessageId, err)
		case !acked && ch.IsClosed():
			// The library answers for a closed channel with a nack.
			return fmt.Errorf("%w: message %s: %w", broker.ErrUnconfirmed, envelopes[i].msg.MessageId, errLost)
		case !acked && refused == nil:
			refused = fmt.Errorf("%w: message %s with key %s", broker.ErrRefused, envelopes[i].msg.MessageId, envelopes[i].key)
		}
	}
	ch.dirty = false
	return errors.Join(refused, ch.unrouted())
}

// write publishes a window, in as few writes to the socket as it takes.
func (ch *publishChannel) write(ctx context.Context, envelopes []envelope) (_ []*amqp.DeferredConfirmation, err error) {
	ch.wire.hold()
	defer func() {
		if sent := ch.wire.release(); sent != nil {
			err = errors.Join(err, fmt.Errorf("%w: %w", broker.ErrUnconfirmed, sent))
		}
	}()
	confirms := make([]*amqp.DeferredConfirmation, len(envelopes))
	for i, e := range envelopes {
		confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, e.exchange, e.key, e.mandatory, false, e.msg)
		if err != nil {
			return nil, fmt.Errorf("%w: message %s: %w", broker.ErrUnconfirmed, e.msg.MessageId, err)
		}
		confirms[i] = confirm
	}
	return confirms, nil
}

// unrouted makes an error of what came back.
func (ch *publishChannel) unrouted() error {
	n := len(ch.returns)
	if n == 0 {
		return nil
	}
	first := <-ch.returns
	for range n - 1 {
		<-ch.returns
	}
	return fmt.Errorf("%w: message %s with key %s, %d in all: %s", broker.ErrUnroutable,
		first.MessageId, first.RoutingKey, n, first.ReplyText)
}
