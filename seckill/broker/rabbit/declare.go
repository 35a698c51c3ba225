package rabbit

import (
	"context"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill/broker"
)

// never is a delivery limit that is not reached. Looking at a dead letter hands
// it out and takes it back, which RabbitMQ may count, and from version 4 on a
// queue that says nothing drops a message after 20 of these.
const never = 1_000_000_000

const argDeliveryLimit = "x-delivery-limit"

// declare makes the fixed topology. All of it is there already but the first time.
func (s *session) declare() error {
	ch, err := s.con.Channel()
	if err != nil {
		return err
	}
	for _, name := range broker.Exchanges() {
		if err := ch.ExchangeDeclare(s.names.Exchange(name), amqp.ExchangeTopic, true, false, false, false, nil); err != nil {
			return err
		}
	}
	for _, q := range broker.Queues() {
		args := s.deadLetterInto(broker.QueueDead)
		args[argDeliveryLimit] = broker.DeliveryLimit
		if q.Name == broker.QueueDead {
			args = s.queueArgs()
			args[argDeliveryLimit] = never
		}
		if err := s.declareQueue(ch, q, args); err != nil {
			return err
		}
	}
	return ch.Close()
}

// ensureHold declares the queue of one hold, once a session.
func (s *session) ensureHold(hold time.Duration) error {
	s.mu.Lock()
	known := s.holds[hold]
	s.mu.Unlock()
	if known {
		return nil
	}
	ch, err := s.con.Channel()
	if err != nil {
		return err
	}
	args := s.deadLetterInto(broker.QueueExpire)
	args[amqp.QueueMessageTTLArg] = hold.Milliseconds()
	args[argDeliveryLimit] = never
	q := broker.Queue{Name: broker.HoldQueue(hold), Exchange: broker.ExchangeOrders, Pattern: broker.AdmittedKey(hold)}
	if err := s.declareQueue(ch, q, args); err != nil {
		return err
	}
	s.mu.Lock()
	s.holds[hold] = true
	s.mu.Unlock()
	return ch.Close()
}

func (s *session) declareQueue(ch *amqp.Channel, q broker.Queue, args amqp.Table) error {
	name := s.names.Queue(q.Name)
	if _, err := ch.QueueDeclare(name, true, false, false, false, args); err != nil {
		return fmt.Errorf("queue %s: %w", name, err)
	}
	if q.Exchange == "" {
		return nil
	}
	if err := ch.QueueBind(name, q.Pattern, s.names.Exchange(q.Exchange), false, nil); err != nil {
		return fmt.Errorf("bind queue %s: %w", name, err)
	}
	return nil
}

// queueArgs are those of every queue: replicated, and full means refused, so that
// nothing old is dropped for something new.
func (s *session) queueArgs() amqp.Table {
	return amqp.Table{
		amqp.QueueTypeArg:     amqp.QueueTypeQuorum,
		amqp.QueueMaxLenArg:   broker.MaxQueueLength,
		amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish,
	}
}

// deadLetterInto adds where RabbitMQ itself moves a message to, over the default
// exchange. At least once: without it a dead letter can be lost on the way.
func (s *session) deadLetterInto(queue string) amqp.Table {
	args := s.queueArgs()
	args["x-dead-letter-exchange"] = ""
	args["x-dead-letter-routing-key"] = s.names.Queue(queue)
	args["x-dead-letter-strategy"] = "at-least-once"
	return args
}

// EnsureHold makes the queue of one hold.
func (b *Broker) EnsureHold(ctx context.Context, hold time.Duration) error {
	if err := broker.ValidateHold(hold); err != nil {
		return err
	}
	return b.ask(ctx, func(s *session) error { return s.ensureHold(hold) })
}

// QueueDepth asks how many messages wait in a queue.
func (b *Broker) QueueDepth(ctx context.Context, queue string) (depth int, err error) {
	if err := broker.ValidateQueue(queue); err != nil {
		return 0, err
	}
	answer := make(chan int, 1)
	err = b.ask(ctx, func(s *session) error {
		ch, err := s.con.Channel()
		if err != nil {
			return err
		}
		defer ch.Close()
		// Not watched: a hold queue that is not there yet is no reason to end the
		// session.
		q, err := ch.QueueDeclarePassive(b.names.Queue(queue), true, false, false, false, nil)
		answer <- q.Messages
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("depth of queue %s: %w", queue, err)
	}
	return <-answer, nil
}

// ask runs a call to RabbitMQ over the session that there is, or the next one.
func (b *Broker) ask(ctx context.Context, call func(*session) error) error {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	s, err := b.await(ctx)
	if err != nil {
		return err
	}
	return s.do(ctx, func() error { return call(s) })
}
