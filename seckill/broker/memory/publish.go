package memory

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill/broker"
)

// Publish puts messages into the queues that their keys are bound to.
func (b *Broker) Publish(ctx context.Context, exchange string, msgs ...broker.Message) error {
	if err := broker.ValidateExchange(exchange); err != nil {
		return err
	}
	for _, m := range msgs {
		if err := m.Validate(); err != nil {
			return err
		}
	}
	if len(msgs) == 0 {
		return nil
	}
	if err := b.await(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.up {
		return broker.ErrNoSession
	}
	for _, m := range msgs {
		if err := b.route(exchange, m); err != nil {
			return err
		}
	}
	return nil
}

// route puts one message into all of its queues or into none; b.mu is held.
func (b *Broker) route(exchange string, m broker.Message) error {
	var to []*queue
	for _, bind := range b.bindings {
		if bind.exchange == exchange && matches(bind.pattern, m.Key) {
			if b.full(bind.queue) {
				return fmt.Errorf("%w: message %s: queue %s is full", broker.ErrRefused, m.ID, bind.queue.name)
			}
			to = append(to, bind.queue)
		}
	}
	if len(to) == 0 && broker.Mandatory(exchange, m.Key) {
		return fmt.Errorf("%w: message %s with key %s in %s", broker.ErrUnroutable, m.ID, m.Key, exchange)
	}
	m.Body = bytes.Clone(m.Body) // the caller may use its buffer again
	for _, q := range to {
		q.add(&stored{Message: m, held: time.Now()})
		if q.ttl > 0 {
			select {
			case b.holds <- struct{}{}:
			default:
			}
		}
	}
	return nil
}

// matches tells whether a topic pattern covers a routing key: words are parted
// by dots, * stands for one word, # for any number of them.
func matches(pattern, key string) bool {
	return matchWords(strings.Split(pattern, "."), strings.Split(key, "."))
}

func matchWords(pattern, key []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "#" {
			for i := range len(key) + 1 {
				if matchWords(pattern[1:], key[i:]) {
					return true
				}
			}
			return false
		}
		if len(key) == 0 || pattern[0] != "*" && pattern[0] != key[0] {
			return false
		}
		pattern, key = pattern[1:], key[1:]
	}
	return len(key) == 0
}
