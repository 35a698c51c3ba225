package ledger

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const (
	maxDeliveries         = 1_000
	maxDeliveryErrorRunes = 200
)

// Delivery is an event on its way to the shop's endpoint.
type Delivery struct {
	// Number names the delivery; an event may have come up twice.
	Number int64
	Event  Announcement
	// Since is when it was to be delivered first.
	Since time.Time
	// Attempts counts the tries that failed on its own account.
	Attempts int
}

// ClaimDeliveries gives up to limit deliveries that are due, the longest due
// first, to one caller alone: nobody else gets them until they are noted, or the
// given time is over. limit is 1 to 1,000; 0 means 1,000.
func (l *Ledger) ClaimDeliveries(ctx context.Context, limit int, claim time.Duration) ([]Delivery, error) {
	const due = "FROM deliveries WHERE dead_at = 0 AND next_at <= ? ORDER BY next_at, id LIMIT ?"
	var found []int64 // looked for without a lock, since mostly there are none
	err := l.db.Read(ctx, func(db *gorm.DB) error { return db.Raw("SELECT id "+due, l.now(), 1).Scan(&found).Error })
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var claimed []Delivery
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		var rows []deliveryRow
		now := l.now()
		err := tx.Raw("SELECT * "+due+l.db.ForUpdate, now, database.Bounded(limit, maxDeliveries)).Scan(&rows).Error
		if err != nil || len(rows) == 0 {
			claimed = nil
			return err
		}
		claimed = make([]Delivery, len(rows))
		ids := make([]int64, len(rows))
		for i, r := range rows {
			claimed[i], ids[i] = r.delivery(), r.ID
		}
		for _, chunk := range chunks(ids) {
			if err := database.MustChange(tx, len(chunk), "UPDATE deliveries SET next_at = ? WHERE id IN ?", now+claim.Milliseconds(), chunk); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// DeliveryTry is how a try to deliver went.
type DeliveryTry struct {
	Number int64
	// Failure says why the endpoint does not have the event; empty: it has it.
	Failure string
	// Again is when to try again; 0: not before an operator says so.
	Again time.Duration
	// Uncounted is a failure that is no attempt of the event, but the endpoint's own.
	Uncounted bool
}

// NoteDeliveries notes tries. One that changes nothing, since its delivery is done,
// is no error.
func (l *Ledger) NoteDeliveries(ctx context.Context, tries []DeliveryTry) error {
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		var done []int64
		now := l.now()
		for _, try := range tries {
			if try.Failure == "" {
				done = append(done, try.Number)
				continue
			}
			next, dead := now+try.Again.Milliseconds(), int64(0)
			if try.Again <= 0 {
				dead = now
			}
			attempts := 1
			if try.Uncounted {
				attempts = 0
			}
			_, err := database.Exec(tx, "UPDATE deliveries SET attempts = attempts + ?, error = ?, next_at = ?, dead_at = ? WHERE id = ? AND dead_at = 0",
				attempts, firstRunes(strings.ToValidUTF8(try.Failure, "�"), maxDeliveryErrorRunes), next, dead, try.Number)
			if err != nil {
				return err
			}
		}
		for _, chunk := range chunks(done) {
			if _, err := database.Exec(tx, "DELETE FROM deliveries WHERE id IN ?", chunk); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeadDelivery is a delivery whose last try has failed.
type DeadDelivery struct {
	Delivery
	// Error is why; At is when.
	Error string
	At    time.Time
}

// DeadDeliveries lists them, the longest dead first. limit is 1 to 1,000; 0 means
// 1,000.
func (l *Ledger) DeadDeliveries(ctx context.Context, limit int) ([]DeadDelivery, error) {
	return l.deadDeliveries(ctx, "dead_at > 0 ORDER BY dead_at, id LIMIT ?", database.Bounded(limit, maxDeliveries))
}

// DeadDeliveriesOf lists those of one event.
func (l *Ledger) DeadDeliveriesOf(ctx context.Context, eventID string) ([]DeadDelivery, error) {
	return l.deadDeliveries(ctx, "dead_at > 0 AND event_id = ? ORDER BY dead_at, id LIMIT ?", eventID, maxDeliveries)
}

func (l *Ledger) deadDeliveries(ctx context.Context, condition string, args ...any) ([]DeadDelivery, error) {
	var dead []DeadDelivery
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []deliveryRow
		err := db.Raw("SELECT * FROM deliveries WHERE "+condition, args...).Scan(&rows).Error
		for _, r := range rows {
			dead = append(dead, DeadDelivery{Delivery: r.delivery(), Error: r.Error, At: seckill.UnixMilli(r.DeadAt)})
		}
		return err
	})
	return dead, err
}

// RequeueDeliveries lets dead deliveries be tried again at once, with all attempts
// ahead: those of the events, or with no ids all. It tells how many those are.
func (l *Ledger) RequeueDeliveries(ctx context.Context, eventIDs []string) (requeued int, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		requeued = 0
		revive := func(condition string, args ...any) error {
			n, err := database.Exec(tx, "UPDATE deliveries SET dead_at = 0, attempts = 0, next_at = ? WHERE dead_at > 0"+condition,
				append([]any{l.now()}, args...)...)
			requeued += int(n)
			return err
		}
		if len(eventIDs) == 0 {
			return revive("")
		}
		for _, chunk := range chunks(eventIDs) {
			if err := revive(" AND event_id IN ?", chunk); err != nil {
				return err
			}
		}
		return nil
	})
	return requeued, err
}

// DeliveryBacklog is what the shop's endpoint does not have.
type DeliveryBacklog struct {
	// Pending are tried again by themselves; Oldest is since when the first of them
	// waits, zero without any.
	Pending int64
	Oldest  time.Time
	// Dead wait for an operator.
	Dead int64
}

// DeliveryBacklog counts what is not delivered.
func (l *Ledger) DeliveryBacklog(ctx context.Context) (b DeliveryBacklog, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		if err := db.Raw("SELECT COUNT(*) FROM deliveries WHERE dead_at = 0").Scan(&b.Pending).Error; err != nil {
			return err
		}
		if err := db.Raw("SELECT COUNT(*) FROM deliveries WHERE dead_at > 0").Scan(&b.Dead).Error; err != nil {
			return err
		}
		var oldest []int64
		err := db.Raw("SELECT created_at FROM deliveries WHERE dead_at = 0 ORDER BY id LIMIT 1").Scan(&oldest).Error
		if len(oldest) == 1 {
			b.Oldest = seckill.UnixMilli(oldest[0])
		}
		return err
	})
	return b, err
}

type deliveryRow struct {
	ID, CreatedAt, DeadAt      int64
	EventID, Type, Body, Error string
	Attempts                   int
}

func (r deliveryRow) delivery() Delivery {
	return Delivery{Number: r.ID, Event: Announcement{ID: r.EventID, Type: r.Type, Body: []byte(r.Body)},
		Since: seckill.UnixMilli(r.CreatedAt), Attempts: r.Attempts}
}
