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
	maxRaised = 1_000
	// maxRaisedBody bounds what is read of a body; SQL keeps all of it.
	maxRaisedBody = 2_000
)

// CallbackRecord is what a provider told, without its body, and what it led to.
type CallbackRecord struct {
	Provider, ID string
	Type         seckill.PaymentEventType
	PaymentID    string
	Amount       int64
	Currency     string
	// PaidAt as the provider says; zero where it does not.
	PaidAt  time.Time
	Outcome seckill.PaymentOutcome
	// Note is why it did not fit.
	Note string
	At   time.Time
}

// EventID is the id that the provider gave, by which a person finds the event there.
func (c CallbackRecord) EventID() string {
	id, _, _ := strings.Cut(c.ID, " ")
	return id
}

// RaisedCallback is a signed callback that a person has to look at, as its note says:
// it did not fit, could not be read or acted upon, or tells of money that went back and
// was not due.
type RaisedCallback struct {
	CallbackRecord
	// OrderID that it names; 0 where that could not be read. There may be no such order.
	OrderID seckill.ID
	// Body as it was signed, or its beginning.
	Body []byte
}

// RaisedCursor is where a page of raised callbacks ends; the zero value is before the
// first one.
type RaisedCursor struct {
	At                time.Time
	Provider, EventID string
}

// Cursor is where a page ends whose last callback this is.
func (r RaisedCallback) Cursor() RaisedCursor {
	return RaisedCursor{At: r.At, Provider: r.Provider, EventID: r.ID}
}

// RaisedCallbacks lists the callbacks that a person has to look at, the newest first:
// those after a cursor. limit is 1 to 1,000; 0 means 1,000.
func (l *Ledger) RaisedCallbacks(ctx context.Context, after RaisedCursor, limit int) ([]RaisedCallback, error) {
	condition, args := "1 = 1", []any(nil)
	if !after.At.IsZero() {
		at := after.At.UnixMilli()
		condition = "(r.created_at < ? OR r.created_at = ? AND (r.provider < ? OR r.provider = ? AND r.event_id < ?))"
		args = []any{at, at, after.Provider, after.Provider, after.EventID}
	}
	var rows []struct {
		Callback callbackRow `gorm:"embedded"`
		OrderID  int64
		Body     []byte
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT "+callbackColumns+", e.order_id, SUBSTR(e.body, 1, ?) AS body FROM raised_events r"+
			" JOIN payment_events e ON e.provider = r.provider AND e.event_id = r.event_id WHERE "+condition+
			" ORDER BY r.created_at DESC, r.provider DESC, r.event_id DESC LIMIT ?",
			append(append([]any{maxRaisedBody}, args...), database.Bounded(limit, maxRaised))...).Scan(&rows).Error
	})
	list := make([]RaisedCallback, len(rows))
	for i, r := range rows {
		list[i] = RaisedCallback{CallbackRecord: r.Callback.record(), OrderID: seckill.ID(r.OrderID), Body: r.Body}
	}
	return list, err
}

func callbacksOf(tx *gorm.DB, order seckill.ID) ([]CallbackRecord, error) {
	var rows []callbackRow
	err := tx.Raw("SELECT "+callbackColumns+" FROM payment_events e WHERE e.order_id = ? ORDER BY e.created_at, e.event_id LIMIT ?",
		int64(order), maxHistory).Scan(&rows).Error
	records := make([]CallbackRecord, len(rows))
	for i, r := range rows {
		records[i] = r.record()
	}
	return records, err
}

// callbackRow is a row of payment_events e, without its body.
type callbackRow struct {
	Provider, EventID, Type, PaymentID string
	Amount                             int64
	Currency                           string
	PaidAt                             int64
	Outcome, Note                      string
	CreatedAt                          int64
}

const callbackColumns = "e.provider, e.event_id, e.type, e.payment_id, e.amount, e.currency, e.paid_at, e.outcome, e.note, e.created_at"

func (r callbackRow) record() CallbackRecord {
	c := CallbackRecord{Provider: r.Provider, ID: r.EventID, Type: seckill.PaymentEventType(r.Type), PaymentID: r.PaymentID,
		Amount: r.Amount, Currency: r.Currency, Outcome: seckill.PaymentOutcome(r.Outcome), Note: r.Note, At: seckill.UnixMilli(r.CreatedAt)}
	if r.PaidAt > 0 {
		c.PaidAt = seckill.UnixMilli(r.PaidAt)
	}
	return c
}
