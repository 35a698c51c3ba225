package broker

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Logical names of exchanges and queues. Callers use these; Names makes the
// broker's own names of them.
const (
	// ExchangeOrders (topic) takes the batches of admitted orders from the relay.
	ExchangeOrders = "orders"
	// ExchangeEvents (topic) takes every seckill.Event with its type as the key.
	// The shop's other systems bind queues of their own to it.
	ExchangeEvents = "events"

	QueueSettle = "orders.settle" // admitted orders, for the settler
	QueueExpire = "orders.expire" // admitted orders whose hold has ended, for the expirer
	QueuePaid   = "orders.paid"   // paid orders, for the payment settler
	QueueDead   = "orders.dead"   // dead letters
	holdPrefix  = "orders.hold."  // + milliseconds: admitted orders during their hold; no consumer

	keyAdmitted = "admitted"
	// KeyPaid is the event key that QueuePaid is bound to.
	KeyPaid = "order.paid"
)

const (
	// MaxQueueLength is the most messages of one queue; a full queue refuses more.
	MaxQueueLength = 1_000_000
	// DeliveryLimit is for messages that MaxAttempts does not catch: one that was
	// requeued so often without a verdict, as it crashes each consumer, goes to
	// QueueDead.
	DeliveryLimit = 50
)

// AdmittedKey is the routing key of admitted orders with one hold.
func AdmittedKey(hold time.Duration) string {
	return keyAdmitted + "." + strconv.FormatInt(hold.Milliseconds(), 10)
}

// HoldQueue is the logical name of the queue for one hold.
func HoldQueue(hold time.Duration) string {
	return holdPrefix + strconv.FormatInt(hold.Milliseconds(), 10)
}

// ValidateHold checks that a queue can be made for the hold.
func ValidateHold(hold time.Duration) error {
	if hold < time.Millisecond || hold > MaxHold || hold%time.Millisecond != 0 {
		return fmt.Errorf("%w: a hold must be whole milliseconds up to %s, not %s", ErrInvalid, MaxHold, hold)
	}
	return nil
}

// Mandatory tells whether a message must reach a queue. In ExchangeOrders all
// must. In ExchangeEvents only KeyPaid must, since QueuePaid is our own: a shop
// that listens to nothing has no queue for the rest.
func Mandatory(exchange, key string) bool {
	return exchange != ExchangeEvents || key == KeyPaid
}

// Queue is one queue of the fixed topology and what it is bound to.
type Queue struct {
	Name     string
	Exchange string // empty: not bound
	Pattern  string
}

// Queues lists the fixed topology. The hold queues come with EnsureHold.
func Queues() []Queue {
	return []Queue{
		{Name: QueueSettle, Exchange: ExchangeOrders, Pattern: keyAdmitted + ".*"},
		{Name: QueueExpire},
		{Name: QueuePaid, Exchange: ExchangeEvents, Pattern: KeyPaid},
		{Name: QueueDead},
	}
}

// Exchanges lists the exchanges.
func Exchanges() []string { return []string{ExchangeOrders, ExchangeEvents} }

// ValidateExchange refuses a name that is not an exchange of ours.
func ValidateExchange(name string) error {
	if name != ExchangeOrders && name != ExchangeEvents {
		return fmt.Errorf("%w: there is no exchange %q", ErrInvalid, name)
	}
	return nil
}

// ValidateQueue refuses a name that is not a queue of ours.
func ValidateQueue(name string) error {
	for _, q := range Queues() {
		if q.Name == name {
			return nil
		}
	}
	if ms, ok := strings.CutPrefix(name, holdPrefix); ok {
		n, err := strconv.ParseInt(ms, 10, 32)
		hold := time.Duration(n) * time.Millisecond
		if err == nil && ValidateHold(hold) == nil && HoldQueue(hold) == name {
			return nil
		}
	}
	return fmt.Errorf("%w: there is no queue %q", ErrInvalid, name)
}

// ValidateSource refuses a queue that is not there to be consumed: a hold ends by
// time alone, and dead letters wait for a person.
func ValidateSource(name string) error {
	switch name {
	case QueueSettle, QueueExpire, QueuePaid:
		return nil
	}
	return fmt.Errorf("%w: queue %q is not for consumers", ErrInvalid, name)
}

// Names makes a broker's names of logical ones. The prefix keeps installations
// on one broker apart.
type Names struct{ Prefix string }

// queueVersion ends every queue's name. A queue's arguments cannot be changed
// once it is there, so a change of them needs a new version here.
const queueVersion = ".v1"

var prefixForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// Validate checks the prefix.
func (n Names) Validate() error {
	if !prefixForm.MatchString(n.Prefix) {
		return fmt.Errorf("%w: prefix %q must be 1 to 100 of a-z, 0-9, dot, underscore and hyphen", ErrInvalid, n.Prefix)
	}
	return nil
}

// Exchange is the broker's name of an exchange, such as seckill.orders.
func (n Names) Exchange(logical string) string { return n.Prefix + "." + logical }

// Queue is the broker's name of a queue, such as seckill.orders.settle.v1.
func (n Names) Queue(logical string) string { return n.Prefix + "." + logical + queueVersion }

// Logical finds the logical name of a queue by the broker's.
func (n Names) Logical(queue string) (string, bool) {
	rest, ok := strings.CutPrefix(queue, n.Prefix+".")
	if !ok {
		return "", false
	}
	rest, ok = strings.CutSuffix(rest, queueVersion)
	return rest, ok && ValidateQueue(rest) == nil
}
