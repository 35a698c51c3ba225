package buyer

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web/token"
)

// Gate is what this package needs of Redis.
type Gate interface {
	Admit(ctx context.Context, r seckill.Request) (seckill.Admission, error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	QueuedOrder(ctx context.Context, sale, order seckill.ID) (seckill.Order, error)
	Remember(o seckill.Order)
	Announce(c seckill.Change)
	Watch(order seckill.ID) (<-chan seckill.Change, func())
	SetWaited(ctx context.Context, sale seckill.ID, sku string) error
}

// Ledger is what this package needs of SQL.
type Ledger interface {
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Sales(ctx context.Context, q ledger.SaleQuery) ([]seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) ([]seckill.ItemCounters, error)
	NextHoldEnd(ctx context.Context, sale seckill.ID) (at time.Time, found bool, err error)
	Durable(ctx context.Context) error
	RestoredAfter(ctx context.Context, t time.Time) (at time.Time, found bool, err error)
	Order(ctx context.Context, order seckill.ID) (seckill.Order, error)
	OrderOfBuyer(ctx context.Context, order seckill.ID, buyer string) (seckill.Order, error)
	OrderOfKey(ctx context.Context, sale seckill.ID, buyer, key string) (seckill.Order, error)
	OrdersOfBuyer(ctx context.Context, buyer string, cursor seckill.ID, limit int) ([]seckill.Order, error)
	Standings(ctx context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error)
	Cancel(ctx context.Context, order seckill.ID, buyer string) (seckill.Order, error)
	Join(ctx context.Context, w seckill.Waiter) (now seckill.Waiter, joined bool, err error)
	Waiter(ctx context.Context, sale seckill.ID, buyer string) (seckill.Waiter, error)
	UnitsOf(ctx context.Context, sale seckill.ID, buyer, sku string) (units int64, newest seckill.ID, err error)
	Leave(ctx context.Context, sale seckill.ID, buyer string) (seckill.Waiter, error)
	Places(ctx context.Context, sale seckill.ID) (map[string][]int64, error)
	Draw(ctx context.Context, sale seckill.ID) (seckill.Draw, error)
	Enter(ctx context.Context, e seckill.DrawEntry) (now seckill.DrawEntry, isNew bool, err error)
	DrawEntry(ctx context.Context, sale seckill.ID, buyer string) (seckill.DrawEntry, error)
	Withdraw(ctx context.Context, sale seckill.ID, buyer string) (seckill.DrawEntry, error)
	EachEntry(ctx context.Context, sale seckill.ID, each func(seckill.DrawEntry) error) error
	QueueNews(ctx context.Context, sale seckill.ID, since int64) (ledger.QueueNews, error)
	Shuffled(ctx context.Context, sale seckill.ID) (numbers []int64, err error)
	JoinQueue(ctx context.Context, sale seckill.ID, buyer string) (p seckill.Place, isNew bool, err error)
	Place(ctx context.Context, sale seckill.ID, buyer string) (seckill.Place, error)
	LeaveQueue(ctx context.Context, sale seckill.ID, buyer string) error
	CreatePayment(ctx context.Context, order seckill.ID, buyer, provider, newPaymentID string) (seckill.Payment, error)
}

// Provider is a payment provider, as one who wants to pay needs it.
type Provider interface {
	Name() string
	Create(ctx context.Context, p seckill.Payment) (paymentURL string, err error)
}

// Signer makes tokens.
type Signer interface {
	Signs() bool
	Sign(buyer string, ttl time.Duration) (token string, until time.Time, err error)
}

var (
	_ Gate     = (*gate.Gate)(nil)
	_ Ledger   = (*ledger.Ledger)(nil)
	_ Provider = payment.Provider(nil)
	_ Signer   = (*token.Tokens)(nil)
)
