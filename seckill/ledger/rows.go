package ledger

import (
	"strings"
	"time"

	"github.com/seckill-go/seckill/seckill"
)

// The rows as SQL has them. Times are unix milliseconds.

type saleRow struct {
	ID          int64
	SaleKey     *string
	DraftDigest string
	Name        string
	State       string
	StartsAt    int64
	EndsAt      int64
	StartsInMs  *int64
	HoldMs      int64
	Revision    int64
	Epoch       int64
	CreatedAt   int64
	UpdatedAt   int64
}

type itemRow struct {
	SaleID        int64
	SKU           string `gorm:"column:sku"`
	Position      int64
	Title         string
	ImageURL      string `gorm:"column:image_url"`
	Images        *string
	Price         int64
	ListPrice     int64
	Currency      string
	Total         int64
	Reserved      int64
	Sold          int64
	LimitPerBuyer int64
}

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

type paymentRow struct {
	Provider       string
	PaymentID      string
	OrderID        int64
	Amount         int64
	Currency       string
	Status         string
	CreatedAt      int64
	UpdatedAt      int64
	RefundAttempts int
	RefundNext     *int64
	RefundError    string
}

func (r saleRow) sale(items []itemRow) seckill.Sale {
	s := seckill.Sale{
		ID:        seckill.ID(r.ID),
		Key:       fromNull(r.SaleKey),
		Name:      r.Name,
		State:     seckill.SaleState(r.State),
		StartsAt:  seckill.UnixMilli(r.StartsAt),
		EndsAt:    seckill.UnixMilli(r.EndsAt),
		Hold:      time.Duration(r.HoldMs) * time.Millisecond,
		Revision:  r.Revision,
		Epoch:     r.Epoch,
		CreatedAt: seckill.UnixMilli(r.CreatedAt),
		Items:     make([]seckill.Item, len(items)),
	}
	if r.StartsInMs != nil {
		in := time.Duration(*r.StartsInMs) * time.Millisecond
		s.StartsIn = &in
	}
	for i, it := range items {
		s.Items[i] = seckill.Item{
			SKU:           it.SKU,
			Title:         it.Title,
			ImageURL:      it.ImageURL,
			Images:        imagesOf(it.Images),
			Price:         it.Price,
			ListPrice:     it.ListPrice,
			Currency:      it.Currency,
			Total:         it.Total,
			LimitPerBuyer: it.LimitPerBuyer,
		}
	}
	return s
}

// imagesOf takes apart what is kept as one text; an address has no space in it.
func imagesOf(text *string) []string {
	if fromNull(text) == "" {
		return nil
	}
	return strings.Split(*text, " ")
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

func (r paymentRow) payment() seckill.Payment {
	return seckill.Payment{
		ID:        r.PaymentID,
		OrderID:   seckill.ID(r.OrderID),
		Provider:  r.Provider,
		Amount:    r.Amount,
		Currency:  r.Currency,
		Status:    r.Status,
		CreatedAt: seckill.UnixMilli(r.CreatedAt),
	}
}

// toNull keeps an empty string as NULL, so that a unique key allows many.
func toNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// millisOrZero keeps a time that may not be known.
func millisOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millisOrNull keeps a length of time that may not be there.
func millisOrNull(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	ms := d.Milliseconds()
	return &ms
}

func fromNull(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
