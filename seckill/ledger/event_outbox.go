package ledger

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

const maxEventBatches = 1_000

// EventBatch holds the events of one transaction, which are to be published in
// their order.
type EventBatch struct {
	ID     int64
	Events []Announcement
}

// Announcement is a seckill.Event as it goes out: ID and Type of the event, and the
// whole of it as JSON.
type Announcement struct {
	ID, Type string
	Body     []byte
}

// Events lists the oldest batches that are not deleted yet. limit is 1 to
// 1,000; 0 means 1,000.
func (l *Ledger) Events(ctx context.Context, limit int) ([]EventBatch, error) {
	var rows []struct {
		ID     int64
		Events string
	}
	err := l.read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id, events FROM event_outbox ORDER BY id LIMIT ?", bounded(limit, maxEventBatches)).Scan(&rows).Error
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if err := l.Durable(ctx); err != nil {
		return nil, err
	}
	batches := make([]EventBatch, len(rows))
	for i, r := range rows {
		batches[i].ID = r.ID
		if batches[i].Events, err = announcements([]byte(r.Events)); err != nil {
			return nil, fmt.Errorf("ledger: events of batch %d: %w", r.ID, err)
		}
	}
	return batches, nil
}

// announcements takes a batch apart. Of the events it reads no more than what the
// broker needs, since there is one for each order.
func announcements(text []byte) ([]Announcement, error) {
	var bodies []jsontext.Value
	if err := json.Unmarshal(text, &bodies); err != nil {
		return nil, err
	}
	events := make([]Announcement, len(bodies))
	for i, body := range bodies {
		var head struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		}
		if err := json.Unmarshal(body, &head); err != nil {
			return nil, err
		}
		events[i] = Announcement{ID: head.ID, Type: head.Type, Body: body}
	}
	return events, nil
}

// DeleteEvents deletes batches that are published.
func (l *Ledger) DeleteEvents(ctx context.Context, ids []int64) error {
	for _, chunk := range chunks(ids) {
		if err := l.writeOne(ctx, "DELETE FROM event_outbox WHERE id IN ?", chunk); err != nil {
			return err
		}
	}
	return nil
}

// addEvents announces the present status of orders, in one row.
func addEvents(tx *gorm.DB, orders []seckill.Order, now int64) error {
	if len(orders) == 0 {
		return nil
	}
	events := make([]seckill.Event, len(orders))
	for i, o := range orders {
		events[i] = seckill.NewEvent(o, seckill.UnixMilli(now))
	}
	text, err := json.Marshal(events)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	return mustChange(tx, 1, "INSERT INTO event_outbox (events, created_at) VALUES (?,?)", string(text), now)
}
