package worker

import (
	"slices"

	"github.com/seckill-go/seckill/seckill/broker"
)

// messageBag is what a broker may do to messages between a queue and its
// consumer: hand them over late, out of order, and more than once.
type messageBag struct {
	arrived              map[string]chan broker.Delivery // by queue, from the real broker
	settle, expire, paid messages
}

// messages of one queue, the oldest first.
type messages struct {
	all  []broker.Delivery
	owed map[string]bool // by identity: those that no consumer has acknowledged
}

// identity of a message. Its id alone can come again after Redis lost an outbox.
func identity(d broker.Delivery) string { return d.ID + string(d.Body) }

// messagesKept bounds how old a message can be that comes again.
const messagesKept = 48

func (m *messages) add(d broker.Delivery) {
	if m.owed == nil {
		m.owed = map[string]bool{}
	}
	m.owed[identity(d)] = true
	m.all = append(m.all, d)
	if n := len(m.all) - messagesKept; n > 0 && !m.owed[identity(m.all[0])] {
		m.all = slices.Delete(m.all, 0, 1)
	}
}

// acknowledge notes which of a batch its handler has done with.
func (m *messages) acknowledge(batch []broker.Delivery, verdicts []error) {
	for i, d := range batch {
		if verdicts == nil || verdicts[i] == nil {
			delete(m.owed, identity(d))
		}
	}
}

// unacknowledged is what a broker still has to hand over.
func (m *messages) unacknowledged() []broker.Delivery {
	return slices.DeleteFunc(slices.Clone(m.all), func(d broker.Delivery) bool { return !m.owed[identity(d)] })
}

// lose is a broker that lost its data.
func (b *messageBag) lose() { b.settle, b.expire, b.paid = messages{}, messages{}, messages{} }
