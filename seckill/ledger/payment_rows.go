package ledger

import "github.com/seckill-go/seckill/seckill"

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
