package ledger

import "github.com/seckill-go/seckill/seckill"

// Where an order's units are. An order that failed at settlement never had
// units in SQL, yet Redis took some for it: it starts as releasing.
const (
	stockReserved  = 1 // counted in items.reserved
	stockSold      = 2 // counted in items.sold
	stockReleasing = 3 // given back here, not yet in Redis
	stockReleased  = 4 // back on sale
)

type orderRow struct {
	ID         int64
	SaleID     int64
	Buyer      string
	RequestKey *string
	Ticket     int64
	Amount     int64
	Currency   string
	Status     string
	Reason     string
	StockState int
	Retake     int
	CreatedAt  int64
	HoldUntil  int64
	UpdatedAt  int64
	// PaymentFailedAt is 0 when the last attempt to pay did not fail.
	PaymentFailedAt int64
}

type lineRow struct {
	OrderID  int64
	SKU      string `gorm:"column:sku"`
	Position int64
	Quantity int64
	Price    int64
}

func (r orderRow) order(lines []lineRow) seckill.Order {
	o := seckill.Order{
		ID:         seckill.ID(r.ID),
		SaleID:     seckill.ID(r.SaleID),
		Buyer:      r.Buyer,
		RequestKey: fromNull(r.RequestKey),
		Ticket:     r.Ticket,
		Lines:      make([]seckill.Line, len(lines)),
		Amount:     r.Amount,
		Currency:   r.Currency,
		Status:     seckill.OrderStatus(r.Status),
		Reason:     r.Reason,
		CreatedAt:  seckill.UnixMilli(r.CreatedAt),
		HoldUntil:  seckill.UnixMilli(r.HoldUntil),
	}
	if r.PaymentFailedAt > 0 {
		o.PaymentFailedAt = seckill.UnixMilli(r.PaymentFailedAt)
	}
	for i, l := range lines {
		o.Lines[i] = seckill.Line{SKU: l.SKU, Quantity: l.Quantity, Price: l.Price}
	}
	return o
}
