package ledger

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// What a sale's audit trail says was done. A sale that goes to a state is told by the
// state, but for one that goes on after a pause: that is ActionResumed.
const (
	ActionCreated = "created"
	ActionChanged = "changed" // the draft
	ActionResumed = "resumed"
	ActionStock   = "stock" // an item's total
	// What an operator does to a sale's queue.
	ActionQueuePaused  = "queue paused"
	ActionQueueResumed = "queue resumed"
	ActionQueueFlushed = "queue flushed"

	RepairBegun   = "repair"
	RepairRefused = "repair refused"
	RepairUnknown = "repair outcome unknown"
)

// Actions lists all that an audit trail can say.
var Actions = append([]string{ActionCreated, ActionChanged, ActionResumed, ActionStock, ActionQueuePaused, ActionQueueResumed, ActionQueueFlushed,
	RepairBegun, RepairRefused, RepairUnknown},
	texts(slices.DeleteFunc(slices.Clone(seckill.SaleStates), func(s seckill.SaleState) bool { return s == seckill.SaleDraft }))...)

// actionOf is what a change of state is called.
func actionOf(from, to seckill.SaleState) string {
	if from == seckill.SalePaused && to == seckill.SaleReady {
		return ActionResumed
	}
	return string(to)
}

type actorKey struct{}

// ActingAs names who acts, for the log of a sale, where a call has no parameter
// for it: CreateSale and UpdateDraft.
func ActingAs(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// actorOf is empty where nobody was named.
func actorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return actor
}

// logSale writes who did what to a sale.
func logSale(tx *gorm.DB, sale seckill.ID, actor, action, detail string, revision, now int64) error {
	return database.MustChange(tx, 1, "INSERT INTO sale_log (sale_id, actor, action, detail, revision, at) VALUES (?,?,?,?,?,?)",
		int64(sale), firstRunes(actor, maxActorRunes), action, detail, revision, now)
}

// LogRepair notes in the sale's log who repairs what in Redis, one row for each
// detail of at most 200 characters, or how that ended.
func (l *Ledger) LogRepair(ctx context.Context, id seckill.ID, actor, action string, details ...string) error {
	return l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		sale, err := loadSale(tx, id)
		if err != nil {
			return err
		}
		now := l.now()
		for _, detail := range details {
			if err := logSale(tx, id, actor, action, detail, sale.Revision, now); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	maxTrail      = 1_000
	maxActorRunes = 64
)

// SaleAction is one thing that someone did to a sale.
type SaleAction struct {
	At time.Time
	// Actor is who did it; empty where nobody was named.
	Actor string
	// Action is one of Actions.
	Action string
	// Revision of the sale after it.
	Revision int64
	// Detail is what a repair set, or the reason for a change of a total.
	Detail string
	// SKU, Delta and Total (after the change) are those of ActionStock.
	SKU          string
	Delta, Total int64
}

const trailQuery = `
SELECT at, actor, action, revision, detail, '' AS sku, 0 AS delta, 0 AS total, id FROM sale_log WHERE sale_id = ?
UNION ALL
SELECT created_at, actor, 'stock', revision, reason, sku, delta, total, id FROM stock_changes WHERE sale_id = ?
ORDER BY at DESC, revision DESC, id DESC LIMIT ?`

// AuditTrail lists who did what to a sale, the newest first. limit is 1 to 1,000;
// 0 means 1,000.
func (l *Ledger) AuditTrail(ctx context.Context, sale seckill.ID, limit int) ([]SaleAction, error) {
	var rows []struct {
		At            int64
		Actor, Action string
		Revision      int64
		Detail        string
		SKU           string `gorm:"column:sku"`
		Delta, Total  int64
	}
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw(trailQuery, int64(sale), int64(sale), database.Bounded(limit, maxTrail)).Scan(&rows).Error
	})
	trail := make([]SaleAction, len(rows))
	for i, r := range rows {
		trail[i] = SaleAction{At: seckill.UnixMilli(r.At), Actor: r.Actor, Action: r.Action, Revision: r.Revision,
			Detail: r.Detail, SKU: r.SKU, Delta: r.Delta, Total: r.Total}
	}
	return trail, err
}
