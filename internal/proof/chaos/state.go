package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-go/seckill/seckill"
)

// State is all that SQL has of a run, read in one snapshot.
type State struct {
	Items    []ItemRow
	Orders   map[string]OrderRow
	Payments []PaymentRow
	// Goods, Deductions and Allotments are the shop's stock, by goods and order number.
	Goods      map[string]GoodsRow
	Deductions map[string]DeductionRow
	Allotments []AllotmentRow
	// Waiters are the places in waitlists.
	Waiters []WaiterRow
	// Draws are those of sales, and Entries the entries in them.
	Draws   []DrawRow
	Entries []EntryRow
	// Queues are those of sales, and Places the places in them.
	Queues []QueueRow
	Places []PlaceRow
	// Unpublished is how many rows of events wait for RabbitMQ.
	Unpublished int
}

// ItemRow is a row of items.
type ItemRow struct {
	Sale, SKU             string
	Total, Reserved, Sold int64
	Goods                 string // empty: units of its own
}

// OrderRow is a row of orders with its lines and its stock history.
type OrderRow struct {
	ID, Sale, Buyer, Key string
	Status, Reason       string
	// Stock is 1 reserved, 2 sold, 3 releasing, 4 released.
	Stock            int
	Amount           int64
	Created, Updated time.Time
	HoldUntil        time.Time
	Lines            []Line
	// Moves are the units of each SKU by the kind of movement.
	Moves map[string]map[int]int64
}

// The values of OrderRow.Stock.
const (
	stockReserved, stockSold, stockReleasing, stockReleased = 1, 2, 3, 4
)

// The kinds of movement in stock_history.
const (
	moveReserve, moveRelease, moveConfirm, moveRetake = 1, 2, 3, 4
)

// PaymentRow is a row of payments.
type PaymentRow struct {
	ID, Order, Status string
	Amount            int64
}

// readState reads all tables in one read-only transaction.
func readState(ctx context.Context, db *sql.DB) (State, error) {
	s := State{Orders: map[string]OrderRow{}}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return s, err
	}
	defer tx.Rollback()
	for _, read := range []func(context.Context, *sql.Tx, *State) error{readItems, readOrders, readLines, readMoves, readPayments,
		readGoods, readDeductions, readAllotments, readWaiters, readDraws, readEntries, readQueues, readPlaces} {
		if err := read(ctx, tx, &s); err != nil {
			return s, err
		}
	}
	return s, tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM event_outbox").Scan(&s.Unpublished)
}

// each calls scan for every row of a query.
func each(ctx context.Context, tx *sql.Tx, query string, scan func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func readItems(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT sale_id, sku, total, reserved, sold, COALESCE(goods_id, '') FROM items ORDER BY sale_id, sku", func(r *sql.Rows) error {
		var it ItemRow
		err := r.Scan(&it.Sale, &it.SKU, &it.Total, &it.Reserved, &it.Sold, &it.Goods)
		s.Items = append(s.Items, it)
		return err
	})
}

func readOrders(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT id, sale_id, buyer, COALESCE(request_key, ''), status, reason, stock_state, amount, created_at, updated_at, hold_until FROM orders", func(r *sql.Rows) error {
		o := OrderRow{Moves: map[string]map[int]int64{}}
		var created, updated, until int64
		err := r.Scan(&o.ID, &o.Sale, &o.Buyer, &o.Key, &o.Status, &o.Reason, &o.Stock, &o.Amount, &created, &updated, &until)
		o.Created, o.Updated, o.HoldUntil = time.UnixMilli(created), time.UnixMilli(updated), time.UnixMilli(until)
		s.Orders[o.ID] = o
		return err
	})
}

func readLines(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT order_id, sku, quantity FROM order_lines ORDER BY order_id, position", func(r *sql.Rows) error {
		var id string
		var l Line
		if err := r.Scan(&id, &l.SKU, &l.Quantity); err != nil {
			return err
		}
		o, ok := s.Orders[id]
		if !ok {
			return fmt.Errorf("line of an order %s that is not there", id)
		}
		o.Lines = append(o.Lines, l)
		s.Orders[id] = o
		return nil
	})
}

func readMoves(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT order_id, sku, kind, quantity FROM stock_history", func(r *sql.Rows) error {
		var id, sku string
		var kind int
		var n int64
		if err := r.Scan(&id, &sku, &kind, &n); err != nil {
			return err
		}
		o, ok := s.Orders[id]
		if !ok {
			return fmt.Errorf("movement of an order %s that is not there", id)
		}
		if o.Moves[sku] == nil {
			o.Moves[sku] = map[int]int64{}
		}
		o.Moves[sku][kind] += n
		return nil
	})
}

func readPayments(ctx context.Context, tx *sql.Tx, s *State) error {
	return each(ctx, tx, "SELECT payment_id, order_id, status, amount FROM payments", func(r *sql.Rows) error {
		var p PaymentRow
		err := r.Scan(&p.ID, &p.Order, &p.Status, &p.Amount)
		s.Payments = append(s.Payments, p)
		return err
	})
}

// Counters is what Redis has of a sale.
type Counters struct {
	State string
	// Available by SKU.
	Available map[string]int64
	// Orders are the letters by which Redis marks orders, by their ids: h and k are
	// held, x and z released.
	Orders map[string]string
	// Entries is the length of the outbox, InFlight the orders counted in it.
	Entries, InFlight int64
}

// holds tells whether Redis counts the order's units as taken.
func (c Counters) holds(order string) bool { return c.Orders[order] == "h" || c.Orders[order] == "k" }

func (run *Run) readCounters(ctx context.Context, sale string) (Counters, error) {
	c := Counters{Available: map[string]int64{}, Orders: map[string]string{}}
	var err error
	if c.State, err = run.redis.HGet(ctx, run.key(sale, "meta"), "state").Result(); err != nil && !errors.Is(err, redis.Nil) {
		return c, err
	}
	stock, err := run.redis.HGetAll(ctx, run.key(sale, "stock")).Result()
	if err != nil {
		return c, err
	}
	for sku, n := range stock {
		if c.Available[sku], err = strconv.ParseInt(n, 10, 64); err != nil {
			return c, err
		}
	}
	orders, err := run.redis.HGetAll(ctx, run.key(sale, "orders")).Result()
	if err != nil {
		return c, err
	}
	for id, value := range orders {
		if id == "#" || value == "" { // "#" keeps the hash from being empty
			continue
		}
		order, err := seckill.ParseShortID(id)
		if err != nil {
			return c, fmt.Errorf("order %q in Redis: %w", id, err)
		}
		c.Orders[order.String()] = value[:1]
	}
	if c.Entries, err = run.redis.XLen(ctx, run.key(sale, "outbox")).Result(); err != nil {
		return c, err
	}
	c.InFlight, err = run.redis.HGet(ctx, run.key(sale, "inflight"), "#orders").Int64()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	return c, err
}
