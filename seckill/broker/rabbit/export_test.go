package rabbit

import amqp "github.com/rabbitmq/amqp091-go"

// Block does what an alarm of RabbitMQ does; an empty reason lifts it.
func (b *Broker) Block(reason string) {
	b.mu.Lock()
	s := b.session
	b.mu.Unlock()
	s.setBlocked(amqp.Blocking{Active: reason != "", Reason: reason})
}
