package ledger

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"github.com/seckill-go/seckill/seckill"
)

// eachOrderOfSale reads all orders of a sale, by id, as a snapshot has them, each with
// where its units are and whether they were taken again. A sale that Redis lost
// stands still until hundreds of thousands of rows are read here, so they are not
// read by reflection, as GORM does, and no column is read that Redis does not keep.
func eachOrderOfSale(tx *gorm.DB, sale seckill.ID, each func(o seckill.Order, stock, retake int) error) error {
	rows, err := tx.Raw("SELECT o.id, o.buyer, o.request_key, o.ticket, o.currency, o.status, o.stock_state,"+
		" o.retake, o.created_at, l.position, l.sku, l.quantity, l.price"+
		" FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.sale_id = ? ORDER BY o.id", int64(sale)).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	var s orderScan
	for rows.Next() {
		before := s.id
		if err := s.scan(rows); err != nil {
			return err
		}
		if s.id != before {
			if before != 0 {
				if err := each(s.order, int(s.place), int(s.taken)); err != nil {
					return err
				}
			}
			s.begin(sale)
		}
		s.addLine()
	}
	if s.id != 0 && rows.Err() == nil {
		return each(s.order, int(s.place), int(s.taken))
	}
	return rows.Err()
}

// orderScan holds the row that was read, and the order that is being put together
// of it and those before.
type orderScan struct {
	id, ticket, stock, retake, createdAt number
	buyer, requestKey, currency, status  text

	position, quantity, price number
	sku                       text

	order     seckill.Order
	place     number   // of the order's units
	taken     number   // again, or not
	positions []number // of its lines
}

func (s *orderScan) scan(rows *sql.Rows) error {
	return rows.Scan(&s.id, &s.buyer, &s.requestKey, &s.ticket, &s.currency, &s.status, &s.stock,
		&s.retake, &s.createdAt, &s.position, &s.sku, &s.quantity, &s.price)
}

func (s *orderScan) begin(sale seckill.ID) {
	s.order = seckill.Order{
		ID: seckill.ID(s.id), SaleID: sale, Buyer: string(s.buyer), RequestKey: string(s.requestKey), Ticket: int64(s.ticket),
		Lines: make([]seckill.Line, 0, 1), Currency: string(s.currency),
		Status: seckill.OrderStatus(s.status), CreatedAt: seckill.UnixMilli(int64(s.createdAt)),
	}
	s.place, s.taken, s.positions = s.stock, s.retake, s.positions[:0]
}

// addLine puts the line where its position says; few orders have more than one.
func (s *orderScan) addLine() {
	at, _ := slices.BinarySearchFunc(s.positions, s.position, cmp.Compare[number])
	s.positions = slices.Insert(s.positions, at, s.position)
	s.order.Lines = slices.Insert(s.order.Lines, at, seckill.Line{SKU: string(s.sku), Quantity: int64(s.quantity), Price: int64(s.price)})
}

// number is a column that holds a whole number.
type number int64

func (n *number) Scan(value any) error {
	switch v := value.(type) {
	case int64:
		*n = number(v)
		return nil
	case []byte:
		i, err := strconv.ParseInt(string(v), 10, 64)
		*n = number(i)
		return err
	}
	return fmt.Errorf("%T is not a whole number", value)
}

// text is a column that holds text, or NULL, which is empty. One that repeats in
// the next row is kept once.
type text string

func (t *text) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(v)
	case []byte:
		if string(*t) != string(v) {
			*t = text(v)
		}
	default:
		return fmt.Errorf("%T is not text", value)
	}
	return nil
}
