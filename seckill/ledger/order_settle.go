package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/internal/database"
	"github.com/seckill-go/seckill/seckill"
)

// SettleResult tells what became of a batch; each order is in one of the lists.
type SettleResult struct {
	// Settled orders await their payment now.
	Settled []seckill.Order
	// Failed orders could not be taken. Reason says why, and their units are
	// pending release.
	Failed []seckill.Order
	// Known orders were recorded before, whatever became of them since.
	Known []seckill.ID
}

// settleRows is the most orders of one transaction of Settle: its commit and its
// dozen statements are shared by all of them.
const settleRows = 3_000

// Settle records admitted orders and reserves their units: those that Redis
// admitted first get them first. It is the arbiter, so an order for which no
// unit is left is recorded as failed. Any number of settlers may settle the
// same orders, at once or again.
//
// A batch goes in transactions of 3,000 orders. After an error the result holds
// what was committed before it; settling all of them again is the way out. An
// order that breaks the limits of package seckill makes the whole batch
// seckill.CodeInvalidRequest, since it would fail for ever.
//
// An order of another epoch than its sale's present one was admitted before the
// sale was loaded into Redis the last time. Redis may not know it, so it is noted
// for Adoptions in the same transaction. For the same reason a sale that was loaded
// again, or is closed, has the limit per buyer checked here too.
func (l *Ledger) Settle(ctx context.Context, orders []seckill.Order) (SettleResult, error) {
	for i := range orders {
		if err := validateOrder(&orders[i]); err != nil {
			return SettleResult{}, err
		}
	}
	var total SettleResult
	var onlyRead bool
	for chunk := range slices.Chunk(oncePerID(orders), settleRows) {
		var part SettleResult
		err := l.db.Write(ctx, func(tx *gorm.DB, attempt int) (err error) {
			// The look-up of idempotency keys is left to a repeated attempt: Redis
			// guards them, so a clash here is rare, and the unique key tells of it.
			s := settlement{ledger: l, tx: tx, now: l.now(), lookUpKeys: attempt > 0}
			part, err = s.run(chunk)
			return err
		})
		if err != nil {
			return total, err
		}
		total.Settled = append(total.Settled, part.Settled...)
		total.Failed = append(total.Failed, part.Failed...)
		total.Known = append(total.Known, part.Known...)
		onlyRead = len(part.Settled)+len(part.Failed) == 0
	}
	if onlyRead {
		// Another settler's commit may not be on disk yet, and the caller is about to
		// remove all other traces of the orders.
		return total, l.Durable(ctx)
	}
	return total, nil
}

// oncePerID sorts orders by their ids, the order in which rows are inserted,
// and drops repetitions.
func oncePerID(orders []seckill.Order) []seckill.Order {
	sorted := slices.Clone(orders)
	slices.SortStableFunc(sorted, func(a, b seckill.Order) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(sorted, func(a, b seckill.Order) bool { return a.ID == b.ID })
}

// settlement is one transaction of Settle.
type settlement struct {
	ledger     *Ledger
	tx         *gorm.DB
	now        int64
	lookUpKeys bool
}

// run inserts everything first and takes the items last, since those rows are
// the ones that all settlers wait for.
func (s *settlement) run(orders []seckill.Order) (SettleResult, error) {
	// First of all, so that a load that begins now waits for this commit.
	epochs, err := epochsOf(s.tx, s.ledger.db.Dialect, orders)
	if err != nil {
		return SettleResult{}, err
	}
	known, err := s.known(orders)
	if err != nil {
		return SettleResult{}, err
	}
	taken, err := s.takenKeys(orders, known)
	if err != nil {
		return SettleResult{}, err
	}
	var result SettleResult
	for _, o := range orders {
		switch {
		case known[o.ID]:
			result.Known = append(result.Known, o.ID)
		case taken.by(o):
			result.Failed = append(result.Failed, failed(o, seckill.ReasonDuplicateRequest))
		default:
			o.Status, o.Reason = seckill.OrderAwaitingPayment, ""
			result.Settled = append(result.Settled, o)
		}
	}
	if err := s.insert(result.Settled, stockReserved); err != nil {
		return SettleResult{}, err
	}
	if err := s.insert(result.Failed, stockReleasing); err != nil {
		return SettleResult{}, err
	}
	if err := addHistory(s.tx, result.Settled, StockReserve, s.now); err != nil {
		return SettleResult{}, err
	}
	if err := s.reserve(&result, epochs); err != nil {
		return SettleResult{}, err
	}
	if err := serveTurns(s.tx, result.Settled, epochs); err != nil {
		return SettleResult{}, err
	}
	if err := addAdoptions(s.tx, result.Settled, epochs, s.now); err != nil {
		return SettleResult{}, err
	}
	return result, addEvents(s.tx, changes(slices.Concat(result.Settled, result.Failed), s.now), s.now)
}

func (s *settlement) known(orders []seckill.Order) (map[seckill.ID]bool, error) {
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = int64(o.ID)
	}
	known := make(map[seckill.ID]bool)
	for _, chunk := range chunks(ids) {
		var found []int64
		if err := s.tx.Raw("SELECT id FROM orders WHERE id IN ?", chunk).Scan(&found).Error; err != nil {
			return nil, err
		}
		for _, id := range found {
			known[seckill.ID(id)] = true
		}
	}
	return known, nil
}

func (s *settlement) insert(orders []seckill.Order, stock int) error {
	rows := make([][]any, len(orders))
	var lines [][]any
	for i, o := range orders {
		rows[i] = []any{int64(o.ID), int64(o.SaleID), o.Buyer, toNull(o.RequestKey), o.Ticket, o.Amount, o.Currency, string(o.Status),
			o.Reason, stock, o.CreatedAt.UnixMilli(), o.HoldUntil.UnixMilli(), s.now}
		for position, line := range o.Lines {
			lines = append(lines, []any{int64(o.ID), line.SKU, position, line.Quantity, line.Price})
		}
	}
	err := database.InsertMany(s.tx, "orders (id, sale_id, buyer, request_key, ticket, amount, currency, status, reason,"+
		" stock_state, created_at, hold_until, updated_at)", rows)
	if err != nil {
		return err
	}
	return database.InsertMany(s.tx, "order_lines (order_id, sku, position, quantity, price)", lines)
}

func failed(o seckill.Order, reason string) seckill.Order {
	o.Status, o.Reason = seckill.OrderFailed, reason
	if reason == seckill.ReasonDuplicateRequest || reason == seckill.ReasonLost {
		o.RequestKey = "" // another order has it, or may have it
	}
	return o
}

// requestKeys holds the idempotency keys that orders have.
type requestKeys map[requestKey]seckill.ID

type requestKey struct {
	sale       seckill.ID
	buyer, key string
}

// by tells whether another order than this one has its key.
func (k requestKeys) by(o seckill.Order) bool {
	holder, ok := k[requestKey{o.SaleID, o.Buyer, o.RequestKey}]
	return ok && holder != o.ID
}

// takenKeys finds who has the keys of the new orders: an order of SQL, else the
// first of the batch.
func (s *settlement) takenKeys(orders []seckill.Order, known map[seckill.ID]bool) (requestKeys, error) {
	keys := make(requestKeys)
	var ask []requestKey
	for _, o := range orders {
		key := requestKey{o.SaleID, o.Buyer, o.RequestKey}
		if _, seen := keys[key]; o.RequestKey != "" && !known[o.ID] && !seen {
			keys[key] = o.ID
			ask = append(ask, key)
		}
	}
	if !s.lookUpKeys {
		return keys, nil
	}
	const atOnce = 100
	for part := range slices.Chunk(ask, atOnce) {
		if err := s.lookUp(part, keys); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (s *settlement) lookUp(ask []requestKey, into requestKeys) error {
	condition := strings.Repeat(" OR sale_id = ? AND buyer = ? AND request_key = ?", len(ask))
	args := make([]any, 0, 3*len(ask))
	for _, k := range ask {
		args = append(args, int64(k.sale), k.buyer, k.key)
	}
	var rows []orderRow
	err := s.tx.Raw("SELECT * FROM orders WHERE"+strings.TrimPrefix(condition, " OR"), args...).Scan(&rows).Error
	for _, r := range rows {
		into[requestKey{seckill.ID(r.SaleID), r.Buyer, fromNull(r.RequestKey)}] = seckill.ID(r.ID)
	}
	return err
}

// validateOrder refuses what cannot be stored. The gate's orders always pass.
func validateOrder(o *seckill.Order) error {
	if o.ID <= 0 || o.SaleID <= 0 {
		return seckill.Invalid("order_id", "is missing")
	}
	if err := seckill.ValidateBuyer(o.Buyer); err != nil {
		return err
	}
	if o.RequestKey != "" {
		if err := seckill.ValidateKey(o.RequestKey); err != nil {
			return err
		}
	}
	if len(o.Currency) != 3 || o.Amount < 0 {
		return seckill.Invalid("amount", "is not an amount with a currency")
	}
	return validateLines(o.Lines)
}

func validateLines(lines []seckill.Line) error {
	if n := len(lines); n < 1 || n > seckill.MaxLinesPerOrder {
		return seckill.Invalid("lines", "must be 1 to %d lines, not %d", seckill.MaxLinesPerOrder, n)
	}
	for i, line := range lines {
		if !seckill.ValidSKU(line.SKU) || line.Quantity < 1 || line.Quantity > seckill.MaxUnitsPerLine {
			return seckill.Invalid("lines", "line %d is not an item with a quantity", i)
		}
		if slices.ContainsFunc(lines[:i], func(before seckill.Line) bool { return before.SKU == line.SKU }) {
			return seckill.Invalid("lines", "line %d repeats an item", i)
		}
	}
	return nil
}
