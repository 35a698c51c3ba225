package operator

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/inventory"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web"
)

// Gate is what this package needs of Redis.
type Gate interface {
	Load(ctx context.Context, sale seckill.Sale, read gate.ReadSnapshot) (loaded bool, err error)
	Counters(ctx context.Context, sale seckill.ID) (map[string]gate.Counters, error)
	Backlogs(ctx context.Context, sales []seckill.ID) (map[seckill.ID]gate.Backlog, error)
	SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error)
	SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error
}

// Ledger is what this package needs of SQL.
type Ledger interface {
	CreateSale(ctx context.Context, s seckill.Sale) (sale seckill.Sale, created bool, err error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	Sales(ctx context.Context, q ledger.SaleQuery) ([]seckill.Sale, error)
	FindDraft(ctx context.Context, s seckill.Sale) (ledger.Draft, error)
	UpdateDraft(ctx context.Context, s seckill.Sale) error
	AuditTrail(ctx context.Context, sale seckill.ID, limit int) ([]ledger.SaleAction, error)
	ClosedTimes(ctx context.Context, sales []seckill.ID) (map[seckill.ID]time.Time, error)
	TransitionSale(ctx context.Context, sale seckill.ID, to seckill.SaleState, actor string) (seckill.Sale, error)
	OpenEpoch(ctx context.Context, sale seckill.ID, each func(seckill.Snapshot) error) error
	ChangeTotal(ctx context.Context, sale seckill.ID, sku string, delta int64, actor, reason string) (seckill.Sale, error)
	Counters(ctx context.Context, sale seckill.ID) ([]seckill.ItemCounters, error)
	OrderCounts(ctx context.Context, sale seckill.ID) (map[seckill.OrderStatus]int64, error)
	Orders(ctx context.Context, q ledger.OrderQuery) ([]seckill.Order, error)
	Waiters(ctx context.Context, q ledger.WaiterQuery) ([]seckill.Waiter, error)
	Waiting(ctx context.Context, sale seckill.ID) (map[string]int64, error)
	Queue(ctx context.Context, sale seckill.ID) (seckill.Queue, error)
	QueueCounts(ctx context.Context, sale seckill.ID) (ledger.QueueCounts, error)
	PauseQueue(ctx context.Context, sale seckill.ID, paused bool, actor string) error
	FlushQueue(ctx context.Context, sale seckill.ID, actor string) (flushed int64, err error)
	Draw(ctx context.Context, sale seckill.ID) (seckill.Draw, error)
	Turns(ctx context.Context, sale seckill.ID) (map[string]map[seckill.WaiterStatus]int64, error)
	History(ctx context.Context, order seckill.ID) (ledger.OrderHistory, error)
	RaisedCallbacks(ctx context.Context, after ledger.RaisedCursor, limit int) ([]ledger.RaisedCallback, error)
	RefundsDue(ctx context.Context, after ledger.RefundCursor, limit int) ([]ledger.Refund, error)
	RetryRefunds(ctx context.Context, paymentIDs ...string) (int64, error)
}

// Shop is the buyers' side of this process.
type Shop interface {
	// Forget drops what is remembered of a sale that was changed.
	Forget(sale seckill.ID)
	// Left tells what buyers see of each item that is left; known is false when Redis
	// cannot tell.
	Left(ctx context.Context, sale seckill.ID) (counters map[string]gate.Counters, known bool)
	// Active lists the sales that Redis has.
	Active(ctx context.Context) ([]gate.ActiveSale, error)
	// Refused counts the orders of a sale that were refused, by code.
	Refused(sale seckill.ID) map[seckill.Code]int64
	// BuyLatency is how long orders took, for all sales.
	BuyLatency() web.Latency
	// QueuedOrder finds an order that SQL does not have yet.
	QueuedOrder(ctx context.Context, order seckill.ID) (seckill.Order, error)
	// NoOrder is what is said of an order that is nowhere.
	NoOrder(ctx context.Context, order seckill.ID) error
}

// Auditor compares Redis and SQL for one sale, and repairs Redis.
type Auditor interface {
	Audit(ctx context.Context, sale seckill.ID) (seckill.Audit, error)
	Repair(ctx context.Context, sale seckill.ID, actor string, dryRun bool) (seckill.Repair, error)
}

// Stock is the shop's stock of goods.
type Stock interface {
	SetInv(ctx context.Context, s inventory.Set) (inventory.Goods, error)
	InvDetail(ctx context.Context, goods string) (inventory.Goods, error)
	List(ctx context.Context, after string, limit int) ([]inventory.Goods, error)
	Allotments(ctx context.Context, goods string) ([]inventory.Allotment, error)
	History(ctx context.Context, q inventory.HistoryQuery) ([]inventory.Change, error)
	Audit(ctx context.Context) ([]inventory.Finding, error)
	PreviewImport(ctx context.Context, im inventory.Import) ([]inventory.ImportedRow, error)
	Import(ctx context.Context, im inventory.Import) (inventory.Imported, error)
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
	_ Stock       = (*inventory.Inventory)(nil)
	_ DeadLetters = broker.Broker(nil)
)
