package ledger

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

type drawRow struct {
	SaleID       int64
	State        string
	EntriesUntil int64
	Beacon       string
	PlannedRound int64
	Root         string
	Entries      int64
	Round        int64
	CommittedAt  *int64
	Signature    string
	DrawnAt      *int64
	Trouble      string
}

func (r drawRow) draw() (d seckill.Draw, err error) {
	d = seckill.Draw{SaleID: seckill.ID(r.SaleID), State: seckill.DrawState(r.State), EntriesUntil: seckill.UnixMilli(r.EntriesUntil),
		PlannedRound: uint64(r.PlannedRound), Root: r.Root, Entries: r.Entries, Round: uint64(r.Round), Trouble: r.Trouble}
	if err := json.Unmarshal([]byte(r.Beacon), &d.Beacon); err != nil {
		return d, fmt.Errorf("ledger: beacon of the draw of sale %d: %w", r.SaleID, err)
	}
	if r.CommittedAt != nil {
		d.CommittedAt = seckill.UnixMilli(*r.CommittedAt)
	}
	if r.DrawnAt != nil {
		d.DrawnAt = seckill.UnixMilli(*r.DrawnAt)
	}
	d.Signature, err = hex.DecodeString(r.Signature)
	return d, err
}

type drawItemRow struct {
	SaleID          int64
	SKU             string `gorm:"column:sku"`
	Entries, Placed int64
}

// beginDraw makes the draw of a sale that is loaded for the first time. With it the beacon
// and its round are settled: whoever makes the draw chooses neither.
func (l *Ledger) beginDraw(tx *gorm.DB, sale seckill.Sale) error {
	if sale.Entry != seckill.EntryDraw {
		return nil
	}
	beacon, err := json.Marshal(l.beacon)
	if err != nil {
		return fmt.Errorf("ledger: beacon of a draw: %w", err)
	}
	until := sale.EntriesEnd()
	round := l.beacon.FirstAt(until.Add(l.drawLead))
	switch at := l.beacon.TimeOf(round); {
	case until.UnixMilli() <= l.now():
		return conflict(string(seckill.SaleDraft), "entries ended at %s, so nobody could enter: change entries_until", until.Format(time.RFC3339))
	case !at.Before(sale.EndsAt):
		return conflict(string(seckill.SaleDraft), "it would be drawn at %s, which is draw.lead after the last entry, and the sale ends at %s: let entries end earlier",
			at.Format(time.RFC3339), sale.EndsAt.Format(time.RFC3339))
	}
	err = database.MustChange(tx, 1, "INSERT INTO draws (sale_id, state, entries_until, beacon, planned_round) VALUES (?,?,?,?,?)",
		int64(sale.ID), string(seckill.DrawEntering), until.UnixMilli(), string(beacon), int64(round))
	if err != nil {
		return err
	}
	rows := make([][]any, len(sale.Items))
	for i, it := range sale.Items {
		rows[i] = []any{int64(sale.ID), it.SKU}
	}
	return database.InsertMany(tx, "draw_items (sale_id, sku)", rows)
}

// Draw reads the draw of a sale; seckill.CodeNotFound where it has none.
func (l *Ledger) Draw(ctx context.Context, sale seckill.ID) (d seckill.Draw, err error) {
	err = l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		var rows []drawRow
		if err := tx.Raw("SELECT * FROM draws WHERE sale_id = ?", int64(sale)).Scan(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return seckill.Errorf(seckill.CodeNotFound, "this sale has no draw")
		}
		if d, err = rows[0].draw(); err != nil {
			return err
		}
		d.Items, err = drawItems(tx, sale)
		return err
	})
	return d, err
}

func drawItems(db *gorm.DB, sale seckill.ID) ([]seckill.DrawItem, error) {
	var rows []drawItemRow
	err := db.Raw("SELECT * FROM draw_items WHERE sale_id = ? ORDER BY sku", int64(sale)).Scan(&rows).Error
	items := make([]seckill.DrawItem, len(rows))
	for i, r := range rows {
		items[i] = seckill.DrawItem{SKU: r.SKU, Entries: r.Entries, Placed: r.Placed}
	}
	return items, err
}

// undecided are the items of a draw whose turns are not all in the waitlist yet: their
// units are for nobody else.
const undecided = "(d.state <> 'drawn' OR i.placed < i.entries)"

// DueDraws lists the draws of sales that are not closed of which something is to be done:
// entries end, randomness is to come, or turns are.
func (l *Ledger) DueDraws(ctx context.Context, now int64) ([]seckill.ID, error) {
	var ids []int64
	err := l.db.Read(ctx, func(db *gorm.DB) error {
		return db.Raw("SELECT DISTINCT d.sale_id FROM draws d JOIN draw_items i ON i.sale_id = d.sale_id JOIN sales s ON s.id = d.sale_id"+
			" WHERE s.state IN ? AND (d.state <> 'entering' OR d.entries_until <= ?) AND "+undecided,
			openStates, now).Scan(&ids).Error
	})
	return toIDs(ids), err
}

// openStates are those of sales that units are sold of, or will be.
var openStates = []string{string(seckill.SaleReady), string(seckill.SalePaused)}

// SetDrawTrouble notes why a draw that is due waits, or that it does not any more.
func (l *Ledger) SetDrawTrouble(ctx context.Context, sale seckill.ID, trouble string) error {
	return l.db.WriteOne(ctx, "UPDATE draws SET trouble = ? WHERE sale_id = ?", firstRunes(trouble, 500), int64(sale))
}
