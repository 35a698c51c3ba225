package callback

import (
	"context"
	"net/http"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

// Gate is what this package needs of Redis.
type Gate interface {
	Retake(ctx context.Context, o seckill.Order) (refusal string, epoch int64, err error)
	Announce(c seckill.Change)
}

// Ledger is what this package needs of SQL.
type Ledger interface {
	ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error)
	Retake(ctx context.Context, o seckill.Order, take ledger.TakeAgain) (seckill.PaymentOutcome, seckill.Order, error)
}

// Provider is a payment provider, as one who hears from it needs it.
type Provider interface {
	Name() string
	Verify(h http.Header, body []byte) (seckill.PaymentEvent, error)
}

var (
	_ Gate     = (*gate.Gate)(nil)
	_ Ledger   = (*ledger.Ledger)(nil)
	_ Provider = payment.Provider(nil)
)
