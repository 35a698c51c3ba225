package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"time"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/coalesce"
	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

const (
	// enterBatch is the most entries of one transaction: all of them count up one row.
	enterBatch    = 256
	enterQueue    = 4_096
	enterPatience = 10 * time.Second
)

type drawEntryRow struct {
	SaleID    int64
	Buyer     string
	SKU       string `gorm:"column:sku"`
	Salt      string
	Hash      string
	OrderID   int64
	EnteredAt int64
	// Of what came of it, where it is asked for.
	Place  *int64
	Status *string
}

func (r drawEntryRow) entry() seckill.DrawEntry {
	e := seckill.DrawEntry{SaleID: seckill.ID(r.SaleID), Buyer: r.Buyer, SKU: r.SKU, Salt: r.Salt, Hash: r.Hash,
		OrderID: seckill.ID(r.OrderID), EnteredAt: seckill.UnixMilli(r.EnteredAt), Status: seckill.WaiterStatus(fromNull(r.Status))}
	if r.Place != nil {
		e.Rank = *r.Place
	}
	return e
}

// entered is what became of an entry.
type entered struct {
	entry seckill.DrawEntry
	isNew bool
	err   error
}

func (l *Ledger) newEntryLane() *coalesce.Lanes[seckill.ID, seckill.DrawEntry, entered] {
	return coalesce.New(coalesce.Config[seckill.ID, seckill.DrawEntry, entered]{
		Batch: enterBatch, Workers: 1, Limit: enterQueue, Run: l.enterTogether,
		Unknown: "it is not known whether you are in the draw; send it again",
	})
}

// Enter takes an entry into a draw. Who has one keeps it, and isNew is false; with
// another item it is seckill.CodeConflict. When no more are taken it is seckill.CodeEnded.
func (l *Ledger) Enter(ctx context.Context, e seckill.DrawEntry) (now seckill.DrawEntry, isNew bool, err error) {
	out, err := l.entries.Do(ctx, e.SaleID, e)
	if err != nil {
		return now, false, err
	}
	if out.err == nil && out.entry.SKU != e.SKU {
		out.err = &seckill.Error{Code: seckill.CodeConflict, State: "entered",
			Detail: fmt.Sprintf("You have entered for %s. Leave first to enter for something else.", out.entry.SKU)}
	}
	return out.entry, out.isNew, out.err
}

// enterTogether takes entries of one sale that came together.
func (l *Ledger) enterTogether(sale seckill.ID, list []seckill.DrawEntry) []entered {
	ctx, cancel := context.WithTimeout(context.Background(), enterPatience)
	defer cancel()
	results := make([]entered, len(list))
	known, refused, err := l.enterAll(ctx, sale, list)
	for i, e := range list {
		now, in := known[e.Buyer]
		switch {
		case in:
			// Of clicks that came together the first has made the entry.
			results[i] = entered{entry: now, isNew: now.OrderID == e.OrderID}
		case err != nil:
			results[i].err = err
		default:
			results[i].err = refused
		}
	}
	return results
}

// enterAll gives the entries that the buyers have now, or why those who have none get
// none.
func (l *Ledger) enterAll(ctx context.Context, sale seckill.ID, list []seckill.DrawEntry) (known map[string]seckill.DrawEntry, refused, err error) {
	// Most clicks are of those who have entered, and change nothing.
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		known, err = entriesOf(db, sale, list)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var fresh []seckill.DrawEntry
	seen := make(map[string]bool)
	for _, e := range list {
		if _, in := known[e.Buyer]; !in && !seen[e.Buyer] {
			seen[e.Buyer] = true
			fresh = append(fresh, e)
		}
	}
	if len(fresh) == 0 {
		return known, nil, nil
	}
	var now map[string]seckill.DrawEntry
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		now, refused, err = l.insertEntries(tx, sale, fresh)
		return err
	})
	if err == nil {
		maps.Copy(known, now)
	}
	return known, refused, err
}

// insertEntries writes entries of buyers who had none, unless they have one by now.
func (l *Ledger) insertEntries(tx *gorm.DB, sale seckill.ID, fresh []seckill.DrawEntry) (now map[string]seckill.DrawEntry, refused, err error) {
	if now, err = entriesOf(tx, sale, fresh); err != nil {
		return nil, nil, err
	}
	at := l.now()
	var rows [][]any
	var made []seckill.DrawEntry
	for _, e := range fresh {
		if _, in := now[e.Buyer]; in {
			continue
		}
		rows = append(rows, []any{int64(sale), e.Buyer, e.SKU, e.Salt, e.Hash, int64(e.OrderID), at})
		e.EnteredAt = seckill.UnixMilli(at)
		made = append(made, e)
	}
	if len(rows) == 0 {
		return now, nil, nil
	}
	if refused, err = countEntries(tx, sale, len(rows)); refused != nil || err != nil {
		return now, refused, err
	}
	for _, e := range made {
		now[e.Buyer] = e
	}
	return now, nil, database.InsertMany(tx, "draw_entries (sale_id, buyer, sku, salt, hash, order_id, entered_at)", rows)
}

func entriesOf(tx *gorm.DB, sale seckill.ID, list []seckill.DrawEntry) (map[string]seckill.DrawEntry, error) {
	buyers := make([]string, len(list))
	for i, e := range list {
		buyers[i] = e.Buyer
	}
	var rows []drawEntryRow
	err := tx.Raw("SELECT * FROM draw_entries WHERE sale_id = ? AND buyer IN ?", int64(sale), buyers).Scan(&rows).Error
	found := make(map[string]seckill.DrawEntry, len(rows))
	for _, r := range rows {
		found[r.Buyer] = r.entry()
	}
	return found, err
}

// countEntries counts new entries, or tells why none are taken. The row that counts them
// is the one by which the draw is closed: whoever has changed it comes before or after.
func countEntries(tx *gorm.DB, sale seckill.ID, more int) (refused, err error) {
	n, err := database.Exec(tx, "UPDATE draws SET entries = entries + ? WHERE sale_id = ? AND state = ? AND entries + ? BETWEEN 0 AND ?",
		more, int64(sale), string(seckill.DrawEntering), more, seckill.MaxDrawEntries)
	if err != nil || n == 1 {
		return nil, err
	}
	var rows []drawRow
	if err := tx.Raw("SELECT * FROM draws WHERE sale_id = ?", int64(sale)).Scan(&rows).Error; err != nil {
		return nil, err
	}
	switch {
	case len(rows) == 0:
		return seckill.Errorf(seckill.CodeNotFound, "this sale has no draw"), nil
	case seckill.DrawState(rows[0].State) == seckill.DrawEntering:
		return &seckill.Error{Code: seckill.CodeConflict, State: "full", Detail: "The draw has as many entries as it can take."}, nil
	}
	return entriesOver(seckill.UnixMilli(rows[0].EntriesUntil)), nil
}

func entriesOver(at time.Time) error {
	return &seckill.Error{Code: seckill.CodeEnded, Detail: "No more entries are taken, and none can be taken back.", At: at}
}

// DrawEntry reads a buyer's entry with what came of it.
func (l *Ledger) DrawEntry(ctx context.Context, sale seckill.ID, buyer string) (e seckill.DrawEntry, err error) {
	err = l.db.Read(ctx, func(db *gorm.DB) error {
		var rows []drawEntryRow
		err := db.Raw(entriesWithRanks+" WHERE e.sale_id = ? AND e.buyer = ?", int64(sale), buyer).Scan(&rows).Error
		if err == nil && len(rows) == 0 {
			err = noEntry()
		}
		if err == nil {
			e = rows[0].entry()
		}
		return err
	})
	return e, err
}

// entriesWithRanks reads entries with their ranks, once the draw has them, and what became
// of those whose turn is near or was.
const entriesWithRanks = "SELECT e.*, r.place, w.status FROM draw_entries e" +
	" LEFT JOIN draws d ON d.sale_id = e.sale_id AND d.state = 'drawn'" +
	" LEFT JOIN draw_ranks r ON r.sale_id = d.sale_id AND r.buyer = e.buyer" +
	" LEFT JOIN waiters w ON w.sale_id = e.sale_id AND w.buyer = e.buyer"

func noEntry() error {
	return seckill.Errorf(seckill.CodeNotFound, "you have no entry in the draw of this sale")
}

// Withdraw takes a buyer's entry back, as long as entries are taken; after that it is
// seckill.CodeEnded.
func (l *Ledger) Withdraw(ctx context.Context, sale seckill.ID, buyer string) (e seckill.DrawEntry, err error) {
	err = l.db.Write(ctx, func(tx *gorm.DB, _ int) error {
		found, err := entriesOf(tx, sale, []seckill.DrawEntry{{Buyer: buyer}})
		if err != nil {
			return err
		}
		var known bool
		if e, known = found[buyer]; !known {
			return noEntry()
		}
		refused, err := countEntries(tx, sale, -1)
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		n, err := database.Exec(tx, "DELETE FROM draw_entries WHERE sale_id = ? AND buyer = ?", int64(sale), buyer)
		if err == nil && n == 0 {
			err = database.ErrLostRace // another click has taken it back
		}
		return err
	})
	return e, err
}
