package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
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
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT id, events FROM event_outbox ORDER BY id LIMIT ?", database.Bounded(limit, maxEventBatches)).Scan(&rows).Error
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

// EventsPublished deletes batches that are published. In the same transaction those of
// their events that are wanted (nil: none) become deliveries to the shop's endpoint. Of a
// batch that another process has deleted meanwhile, that process has made them.
func (l *Ledger) EventsPublished(ctx context.Context, batches []EventBatch, wanted func(eventType string) bool) error {
	for chunk := range slices.Chunk(batches, batchRows) {
		ids := make([]int64, len(chunk))
		for i, b := range chunk {
			ids[i] = b.ID
		}
		var err error
		if wanted == nil {
			err = l.db.WriteOne(ctx, "DELETE FROM event_outbox WHERE id IN ?", ids)
		} else {
			err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error { return l.handOver(tx, chunk, ids, wanted) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// handOver makes deliveries of those batches that are still there.
func (l *Ledger) handOver(tx *gorm.DB, batches []EventBatch, ids []int64, wanted func(eventType string) bool) error {
	var there []int64
	err := tx.Raw("SELECT id FROM event_outbox WHERE id IN ?"+l.db.ForUpdate, ids).Scan(&there).Error
	if err != nil || len(there) == 0 {
		return err
	}
	if err := database.MustChange(tx, len(there), "DELETE FROM event_outbox WHERE id IN ?", there); err != nil {
		return err
	}
	var rows [][]any
	now := l.now()
	for _, b := range batches {
		for _, e := range b.Events {
			if wanted(e.Type) && slices.Contains(there, b.ID) {
				rows = append(rows, []any{e.ID, e.Type, string(e.Body), now, now})
			}
		}
	}
	return database.InsertMany(tx, "deliveries (event_id, type, body, created_at, next_at)", rows)
}

// changes are the events of the present status of orders.
func changes(orders []seckill.Order, now int64) []seckill.Event {
	events := make([]seckill.Event, len(orders))
	for i, o := range orders {
		events[i] = seckill.NewEvent(o, seckill.UnixMilli(now))
	}
	return events
}

// addEvents announces events in one row.
func addEvents(tx *gorm.DB, events []seckill.Event, now int64) error {
	if len(events) == 0 {
		return nil
	}
	text, err := json.Marshal(events)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	return database.MustChange(tx, 1, "INSERT INTO event_outbox (events, created_at) VALUES (?,?)", string(text), now)
}
