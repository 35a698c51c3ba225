package worker

import (
	"context"
	"slices"

	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type deadDeliveries interface {
	DeadDeliveries(ctx context.Context, limit int) ([]ledger.DeadDelivery, error)
	DeadDeliveriesOf(ctx context.Context, eventID string) ([]ledger.DeadDelivery, error)
	RequeueDeliveries(ctx context.Context, eventIDs []string) (int, error)
	DeliveryBacklog(ctx context.Context) (ledger.DeliveryBacklog, error)
}

// QueueWebhooks is the queue that is named for events which the shop's endpoint did not
// take. They are in SQL, not in the broker.
const QueueWebhooks = "webhooks"

// DeadLetterOffice has all that waits for a person: the broker's dead letters, and
// the events that the shop's endpoint did not take.
type DeadLetterOffice struct {
	broker.Broker
	Deliveries deadDeliveries
}

// DeadLetters lists up to limit of both, the oldest first.
func (o DeadLetterOffice) DeadLetters(ctx context.Context, limit int) ([]broker.DeadLetter, error) {
	letters, err := o.Broker.DeadLetters(ctx, limit)
	if err != nil {
		return nil, err
	}
	dead, err := o.Deliveries.DeadDeliveries(ctx, limit)
	if err != nil {
		return nil, err
	}
	letters = merged(letters, dead)
	return letters[:min(len(letters), limit)], nil
}

// DeadLettersByID lists those of one message.
func (o DeadLetterOffice) DeadLettersByID(ctx context.Context, id string) ([]broker.DeadLetter, error) {
	letters, err := o.Broker.DeadLettersByID(ctx, id)
	if err != nil {
		return nil, err
	}
	dead, err := o.Deliveries.DeadDeliveriesOf(ctx, id)
	return merged(letters, dead), err
}

// Requeue sends back those with the ids; none means all.
func (o DeadLetterOffice) Requeue(ctx context.Context, ids []string) (int, error) {
	delivered, err := o.Deliveries.RequeueDeliveries(ctx, ids)
	if err != nil {
		return 0, err
	}
	n, err := o.Broker.Requeue(ctx, ids)
	return n + delivered, err
}

// QueueDepth counts the dead letters of both.
func (o DeadLetterOffice) QueueDepth(ctx context.Context, queue string) (int, error) {
	n, err := o.Broker.QueueDepth(ctx, queue)
	if err != nil || queue != broker.QueueDead {
		return n, err
	}
	backlog, err := o.Deliveries.DeliveryBacklog(ctx)
	return n + int(backlog.Dead), err
}

func merged(letters []broker.DeadLetter, dead []ledger.DeadDelivery) []broker.DeadLetter {
	for _, d := range dead {
		letters = append(letters, broker.DeadLetter{
			Message: broker.Message{ID: d.Event.ID, Key: d.Event.Type, Body: d.Event.Body},
			Queue:   QueueWebhooks, Reason: d.Error, Attempts: d.Attempts, At: d.At,
		})
	}
	slices.SortStableFunc(letters, func(a, b broker.DeadLetter) int { return a.At.Compare(b.At) })
	return letters
}
