package web

import (
	"context"
	"net/http"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

// Gate is what this package needs of Redis.
type Gate interface {
	Now(ctx context.Context) (time.Time, error)
	Admit(ctx context.Context, r seckill.Request) (seckill.Admission, error)
	Load(ctx context.Context, sale seckill.Sale, read gate.ReadSnapshot) (loaded bool, err error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Sales(ctx context.Context) ([]gate.ActiveSale, error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	Backlogs(ctx context.Context, sales []seckill.ID) (map[seckill.ID]gate.Backlog, error)
	SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error)
	SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error
	Retake(ctx context.Context, o seckill.Order) (refusal string, epoch int64, err error)
	QueuedOrder(ctx context.Context, sale, order seckill.ID) (seckill.Order, error)
	Remember(o seckill.Order)
	Announce(c seckill.Change)
	Watch(order seckill.ID) (<-chan seckill.Change, func())
}

// Ledger is what this package needs of SQL.
type Ledger interface {
	CreateSale(ctx context.Context, s seckill.Sale) (sale seckill.Sale, created bool, err error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Sales(ctx context.Context, q ledger.SaleQuery) ([]seckill.Sale, error)
	FindDraft(ctx context.Context, s seckill.Sale) (ledger.Draft, error)
	AuditTrail(ctx context.Context, sale seckill.ID, limit int) ([]ledger.SaleAction, error)
	ClosedTimes(ctx context.Context, sales []seckill.ID) (map[seckill.ID]time.Time, error)
	UpdateDraft(ctx context.Context, s seckill.Sale) error
	TransitionSale(ctx context.Context, sale seckill.ID, to seckill.SaleState, actor string) (seckill.Sale, error)
	ChangeTotal(ctx context.Context, sale seckill.ID, sku string, delta int64, actor, reason string) (seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) ([]seckill.ItemCounters, error)
	Durable(ctx context.Context) error
	OpenEpoch(ctx context.Context, sale seckill.ID, each func(seckill.Snapshot) error) error
	RestoredAfter(ctx context.Context, t time.Time) (at time.Time, found bool, err error)
	NextHoldEnd(ctx context.Context, sale seckill.ID) (at time.Time, found bool, err error)
	OrderCounts(ctx context.Context, sale seckill.ID) (map[seckill.OrderStatus]int64, error)
	Order(ctx context.Context, order seckill.ID) (seckill.Order, error)
	OrderOfBuyer(ctx context.Context, order seckill.ID, buyer string) (seckill.Order, error)
	Standings(ctx context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error)
	OrderOfKey(ctx context.Context, sale seckill.ID, buyer, key string) (seckill.Order, error)
	OrdersOfBuyer(ctx context.Context, buyer string, cursor seckill.ID, limit int) ([]seckill.Order, error)
	Orders(ctx context.Context, q ledger.OrderQuery) ([]seckill.Order, error)
	History(ctx context.Context, order seckill.ID) (ledger.OrderHistory, error)
	Cancel(ctx context.Context, order seckill.ID, buyer string) (seckill.Order, error)
	CreatePayment(ctx context.Context, order seckill.ID, buyer, provider, newPaymentID string) (seckill.Payment, error)
	ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error)
	Retake(ctx context.Context, o seckill.Order, take ledger.TakeAgain) (seckill.PaymentOutcome, seckill.Order, error)
	RaisedCallbacks(ctx context.Context, after ledger.RaisedCursor, limit int) ([]ledger.RaisedCallback, error)
	RefundsDue(ctx context.Context, after ledger.RefundCursor, limit int) ([]ledger.Refund, error)
	RetryRefunds(ctx context.Context, paymentIDs ...string) (int64, error)
}

// Provider is a payment provider.
type Provider interface {
	Name() string
	Verify(h http.Header, body []byte) (seckill.PaymentEvent, error)
	Create(ctx context.Context, p seckill.Payment) (paymentURL string, err error)
}

// IDs makes the ids of new orders and sales.
type IDs interface {
	Next() (seckill.ID, error)
}

// Auditor compares Redis and SQL for one sale, and repairs Redis.
type Auditor interface {
	Audit(ctx context.Context, sale seckill.ID) (seckill.Audit, error)
	Repair(ctx context.Context, sale seckill.ID, actor string, dryRun bool) (seckill.Repair, error)
}

// DeadLetters looks at, and sends back, messages that could not be handled.
type DeadLetters interface {
	DeadLetters(ctx context.Context, limit int) ([]broker.DeadLetter, error)
	// DeadLettersByID gives those of one message; there may be several, or none.
	DeadLettersByID(ctx context.Context, id string) ([]broker.DeadLetter, error)
	// Requeue sends back those with the given ids; none means all.
	Requeue(ctx context.Context, ids []string) (int, error)
}

var (
	_ Gate        = (*gate.Gate)(nil)
	_ Ledger      = (*ledger.Ledger)(nil)
	_ Provider    = payment.Provider(nil)
	_ IDs         = (*seckill.IDGenerator)(nil)
	_ DeadLetters = broker.Broker(nil)
)
