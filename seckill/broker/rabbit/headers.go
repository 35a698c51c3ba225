package rabbit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

// Headers that we set on a dead letter, and on one that was put back.
const (
	ownHeaders = "x-seckill-" // what each of them begins with

	headerKey      = "x-seckill-key" // the routing key that it was published with first
	headerQueue    = "x-seckill-dead-queue"
	headerReason   = "x-seckill-dead-reason"
	headerAttempts = "x-seckill-dead-attempts"
	headerDiedAt   = "x-seckill-dead-at" // unix milliseconds
)

func publishing(m broker.Message, headers amqp.Table) amqp.Publishing {
	return amqp.Publishing{
		MessageId:    m.ID,
		ContentType:  "application/json",
		DeliveryMode: amqp.Persistent,
		Headers:      headers,
		Body:         m.Body,
	}
}

// message reads what was published first, whatever way it took since.
func message(d amqp.Delivery) broker.Message {
	m := broker.Message{ID: d.MessageId, Key: d.RoutingKey, Body: d.Body}
	if key, ok := d.Headers[headerKey].(string); ok {
		m.Key = key
	} else if death, ok := firstDeath(d.Headers); ok && death.key != "" {
		m.Key = death.key
	}
	if m.ID == "" {
		// Published by somebody else, and nameless; a dead letter needs a name.
		sum := sha256.Sum256(d.Body)
		m.ID = "sha256:" + hex.EncodeToString(sum[:8])
	}
	return m
}

// attempt is 1 for a message that was not handed out before.
func attempt(d amqp.Delivery) int {
	count := int(integer(d.Headers["x-delivery-count"]))
	if count == 0 && d.Redelivered {
		count = 1
	}
	return count + 1
}

// death is one entry of the x-death header, by which RabbitMQ tells how it
// dead-lettered a message itself.
type death struct {
	queue, reason, key string
	at                 time.Time
}

// firstDeath is the oldest entry: RabbitMQ puts the newest first.
func firstDeath(headers amqp.Table) (death, bool) {
	entries, _ := headers["x-death"].([]any)
	if len(entries) == 0 {
		return death{}, false
	}
	return readDeath(entries[len(entries)-1])
}

func lastDeath(headers amqp.Table) (death, bool) {
	entries, _ := headers["x-death"].([]any)
	if len(entries) == 0 {
		return death{}, false
	}
	return readDeath(entries[0])
}

func readDeath(entry any) (death, bool) {
	table, ok := entry.(amqp.Table)
	if !ok {
		return death{}, false
	}
	var d death
	d.queue, _ = table["queue"].(string)
	d.reason, _ = table["reason"].(string)
	if keys, ok := table["routing-keys"].([]any); ok && len(keys) > 0 {
		d.key, _ = keys[0].(string)
	}
	if at, ok := table["time"].(time.Time); ok {
		d.at = at.UTC()
	}
	return d, true
}

// deadLetter reads a dead letter, ours or RabbitMQ's own.
func (b *Broker) deadLetter(d amqp.Delivery) broker.DeadLetter {
	letter := broker.DeadLetter{Message: message(d), Headers: headersOf(d.Headers)}
	if queue, ok := d.Headers[headerQueue].(string); ok {
		letter.Queue = queue
		letter.Reason, _ = d.Headers[headerReason].(string)
		letter.Attempts = int(integer(d.Headers[headerAttempts]))
		letter.At = seckill.UnixMilli(integer(d.Headers[headerDiedAt]))
	} else if death, ok := lastDeath(d.Headers); ok {
		letter.Queue, _ = b.names.Logical(death.queue)
		letter.Reason = "taken out by RabbitMQ: " + death.reason
		letter.At = death.at
		if death.reason == "delivery_limit" {
			letter.Attempts = broker.DeliveryLimit + 1
		}
	}
	return letter
}

// headersOf makes text of the headers that are not ours; those of ours are fields
// of a dead letter.
func headersOf(headers amqp.Table) map[string]string {
	texts := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if strings.HasPrefix(name, ownHeaders) || len(texts) == broker.MaxHeaders {
			continue
		}
		text, ok := headers[name].(string)
		if !ok {
			b, err := json.Marshal(headers[name])
			if err != nil {
				b = []byte(err.Error())
			}
			text = string(b)
		}
		texts[name] = strings.ToValidUTF8(text[:min(len(text), broker.MaxReasonBytes)], "")
	}
	if len(texts) == 0 {
		return nil
	}
	return texts
}

// deadHeaders describe a dead letter of ours.
func deadHeaders(d broker.Delivery, reason string, at time.Time) amqp.Table {
	return amqp.Table{
		headerKey:      d.Key,
		headerQueue:    d.Queue,
		headerReason:   reason,
		headerAttempts: int64(d.Attempt),
		headerDiedAt:   at.UnixMilli(),
	}
}

// integer reads a number of whatever width AMQP gave it.
func integer(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case int32:
		return int64(n)
	case int16:
		return int64(n)
	case int8:
		return int64(n)
	case uint8:
		return int64(n)
	}
	return 0
}
