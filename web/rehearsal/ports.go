package rehearsal

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/web/token"
)

// Gate is what this package needs of Redis.
type Gate interface {
	SetState(ctx context.Context, sale seckill.ID, state seckill.SaleState, revision int64) (changed bool, err error)
}

// Ledger is what this package needs of SQL.
type Ledger interface {
	CreateSale(ctx context.Context, s seckill.Sale) (sale seckill.Sale, created bool, err error)
	Sale(ctx context.Context, sale seckill.ID) (seckill.Sale, error)
	TransitionSale(ctx context.Context, sale seckill.ID, to seckill.SaleState, actor string) (seckill.Sale, error)
}

// Operators is what operators do by hand.
type Operators interface {
	// NewSaleID makes the id of a new sale.
	NewSaleID() (seckill.ID, error)
	// Preload makes a draft ready and loads it into Redis.
	Preload(ctx context.Context, sale seckill.ID, actor string) (loaded bool, err error)
}

// Shop is the buyers' side of this process.
type Shop interface {
	// Forget drops what is remembered of a sale that was changed.
	Forget(sale seckill.ID)
}

// Auditor compares Redis and SQL for one sale.
type Auditor interface {
	Audit(ctx context.Context, sale seckill.ID) (seckill.Audit, error)
}

// Signer makes the tokens of the crowd.
type Signer interface {
	Signs() bool
	Sign(buyer string, ttl time.Duration) (token string, until time.Time, err error)
}

var (
	_ Gate   = (*gate.Gate)(nil)
	_ Ledger = (*ledger.Ledger)(nil)
	_ Signer = (*token.Tokens)(nil)
)
