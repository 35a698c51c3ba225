package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// snapshotPart is how many orders a part of a snapshot has.
const snapshotPart = 2_000

// Snapshot reads all that Redis must know of a sale, as it was at one moment, and
// gives it to each, part by part; at least one.
func (l *Ledger) Snapshot(ctx context.Context, id seckill.ID, each func(seckill.Snapshot) error) error {
	return l.db.ReadSnapshot(ctx, func(tx *gorm.DB) error {
		sale, err := loadSale(tx, id)
		if err != nil {
			return err
		}
		counters, err := loadCounters(tx, id)
		if err != nil {
			return err
		}
		taken := make(map[string]int64, len(counters))
		for _, c := range counters {
			taken[c.SKU] = c.Reserved + c.Sold + c.Releasing
		}
		waited, err := waited(tx, id)
		if err != nil {
			return err
		}
		s := snapshotPartOf(sale, taken, waited, 0)
		err = eachOrderOfSale(tx, id, func(o seckill.Order, stock, retake int) error {
			if len(s.Orders) == snapshotPart {
				if err := each(s); err != nil {
					return err
				}
				s = snapshotPartOf(sale, taken, waited, s.Ticket)
			}
			s.Orders = append(s.Orders, o)
			s.Ticket = max(s.Ticket, o.Ticket)
			if stock == stockReleasing {
				s.Releasing[o.ID] = true
			}
			if retake == retakeDecided {
				s.Retaken[o.ID] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
		return each(s)
	})
}

func snapshotPartOf(sale seckill.Sale, taken map[string]int64, waited []string, ticket int64) seckill.Snapshot {
	return seckill.Snapshot{Sale: sale, Taken: taken, Waited: waited, Ticket: ticket, Orders: []seckill.Order{},
		Releasing: make(map[seckill.ID]bool), Retaken: make(map[seckill.ID]bool)}
}

// linesOfSale reads all lines of a sale's orders, by order. A sale that Redis lost
// stands still until hundreds of thousands of them are read. So they are not read by
// reflection, as GORM does, no column is read that Redis does not keep, and those that
// are come as one text: each column of a row costs more than its content. Only the
// buyer, which is the last, may have spaces in it.
const linesOfSale = "SELECT CONCAT_WS(' ', o.id, o.ticket, o.created_at, o.stock_state, o.retake, o.status, o.currency," +
	" l.position, l.quantity, l.price, l.sku, COALESCE(o.request_key, ''), o.buyer)" +
	" FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.sale_id = ? ORDER BY o.id"

// eachOrderOfSale gives each all orders of a sale, by id, with what Redis keeps of
// them, where their units are, and how far it is with taking them again.
func eachOrderOfSale(tx *gorm.DB, sale seckill.ID, each func(o seckill.Order, stock, retake int) error) error {
	rows, err := tx.Raw(linesOfSale, int64(sale)).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	var text sql.RawBytes
	var last, next orderScan
	for rows.Next() {
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := next.read(string(text)); err != nil {
			return err
		}
		if next.order.ID == last.order.ID {
			last.addLine(next)
			continue
		}
		if err := last.give(each); err != nil {
			return err
		}
		last = next
		last.order.SaleID = sale
		last.order.Lines, last.positions = []seckill.Line{next.line}, []int{next.position}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return last.give(each)
}

// orderScan is an order as it is put together of its lines.
type orderScan struct {
	order         seckill.Order
	stock, retake int

	position  int // of line among the lines
	line      seckill.Line
	positions []int // of the order's lines so far
}

// read takes a row of linesOfSale apart.
func (s *orderScan) read(text string) error {
	f := strings.SplitN(text, " ", 13)
	if len(f) != 13 {
		return errors.New("a line of an order cannot be read: " + strconv.Quote(text))
	}
	var err error
	number := func(text string) int64 {
		n, e := strconv.ParseInt(text, 10, 64)
		err = cmp.Or(err, e)
		return n
	}
	s.order = seckill.Order{
		ID: seckill.ID(number(f[0])), Ticket: number(f[1]), CreatedAt: seckill.UnixMilli(number(f[2])),
		Status: seckill.OrderStatus(f[5]), Currency: f[6], RequestKey: f[11], Buyer: f[12],
	}
	s.stock, s.retake = int(number(f[3])), int(number(f[4]))
	s.position, s.line = int(number(f[7])), seckill.Line{SKU: f[10], Quantity: number(f[8]), Price: number(f[9])}
	return err
}

// addLine puts a line where its position says; few orders have more than one.
func (s *orderScan) addLine(next orderScan) {
	at, _ := slices.BinarySearch(s.positions, next.position)
	s.positions = slices.Insert(s.positions, at, next.position)
	s.order.Lines = slices.Insert(s.order.Lines, at, next.line)
}

// give passes the order on, if there is one.
func (s *orderScan) give(each func(o seckill.Order, stock, retake int) error) error {
	if s.order.ID == 0 {
		return nil
	}
	return each(s.order, s.stock, s.retake)
}
