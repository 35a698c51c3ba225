package ledger

import (
	"context"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// Place is where SQL has an order's units.
type Place int

const (
	PlaceReserved  Place = stockReserved
	PlaceSold      Place = stockSold
	PlaceReleasing Place = stockReleasing
	PlaceReleased  Place = stockReleased
)

// PlacedOrder is an order's units and where they are.
type PlacedOrder struct {
	ID     seckill.ID
	Ticket int64
	Place  Place
	Lines  []seckill.Line
}

// maxPlaced bounds what a Moment lists at a time.
const maxPlaced = 10_000

// Moment is a sale as SQL had it at one moment, for as long as AtOneMoment runs.
type Moment struct {
	// Items has the counters of the moment.
	Items []seckill.ItemCounters

	tx   *gorm.DB
	sale seckill.ID
}

// AtOneMoment gives read a sale as it is now: whatever is committed while read
// runs, it does not see. read must be short, for it holds a connection.
func (l *Ledger) AtOneMoment(ctx context.Context, sale seckill.ID, read func(*Moment) error) error {
	return l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		// The first statement is what fixes the moment.
		items, err := loadCounters(tx, sale)
		if err != nil {
			return err
		}
		return read(&Moment{Items: items, tx: tx, sale: sale})
	})
}

// After lists the orders with a higher ticket. More than 10,000 are CodeConflict,
// as from Releasing.
func (m *Moment) After(ticket int64) ([]PlacedOrder, error) {
	return m.placed("sale_id = ? AND ticket > ?", int64(m.sale), ticket)
}

// Releasing lists the orders whose units are pending release.
func (m *Moment) Releasing() ([]PlacedOrder, error) {
	return m.placed("stock_state = ? AND sale_id = ?", stockReleasing, int64(m.sale))
}

// Adoptions lists the orders of the sale that Redis may not know.
func (m *Moment) Adoptions() ([]PlacedOrder, error) {
	return m.placed("id IN (SELECT order_id FROM adoptions WHERE sale_id = ?)", int64(m.sale))
}

// Undecided lists the sale's orders whose units are released and wanted again:
// Redis may hold them already.
func (m *Moment) Undecided() ([]PlacedOrder, error) {
	return m.placed("id IN (SELECT order_id FROM payments WHERE status = ?) AND sale_id = ? AND retake = ? AND stock_state = ?",
		paymentLate, int64(m.sale), retakeUndecided, stockReleased)
}

// Orders lists those of the orders that are recorded.
func (m *Moment) Orders(ids []seckill.ID) ([]PlacedOrder, error) {
	var all []PlacedOrder
	for _, chunk := range chunks(numbers(ids)) {
		some, err := m.placed("id IN ?", chunk)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Recorded tells which of the orders are recorded.
func (m *Moment) Recorded(ids []seckill.ID) (map[seckill.ID]bool, error) {
	recorded := make(map[seckill.ID]bool, len(ids))
	for _, chunk := range chunks(numbers(ids)) {
		var found []int64
		if err := m.tx.Raw("SELECT id FROM orders WHERE id IN ?", chunk).Scan(&found).Error; err != nil {
			return nil, err
		}
		for _, id := range found {
			recorded[seckill.ID(id)] = true
		}
	}
	return recorded, nil
}

func (m *Moment) placed(condition string, args ...any) ([]PlacedOrder, error) {
	var rows []orderRow
	err := m.tx.Raw("SELECT * FROM orders WHERE "+condition+" LIMIT ?", append(args, maxPlaced+1)...).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	if len(rows) > maxPlaced {
		return nil, conflict("moving", "more than %d orders are on their way, too many to look at each", maxPlaced)
	}
	orders, err := loadLines(m.tx, rows)
	if err != nil {
		return nil, err
	}
	all := make([]PlacedOrder, len(rows))
	for i, o := range orders {
		all[i] = PlacedOrder{ID: o.ID, Ticket: o.Ticket, Place: Place(rows[i].StockState), Lines: o.Lines}
	}
	return all, nil
}
