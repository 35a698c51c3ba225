package worker

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// publisher sends messages; nil means that all are durable and routed.
type publisher interface {
	Publish(ctx context.Context, exchange string, msgs ...broker.Message) error
}

// consumer hands batches to a handler until its context ends.
type consumer interface {
	Consume(ctx context.Context, queue string, opts broker.ConsumeOptions, handle broker.Handler) error
}

// announcing tells waiting web processes of changed orders. It may lose some:
// they poll as well.
type announcing interface {
	Publish(ctx context.Context, changes ...seckill.Change) error
}

// leases lets one process at a time run a loop.
type leases interface {
	Lease(ctx context.Context, name, owner string, ttl time.Duration) (until time.Time, held bool, err error)
	Unlease(ctx context.Context, name, owner string) error
}

var (
	_ relayOutbox        = (*gate.Gate)(nil)
	_ settlerOutbox      = (*gate.Gate)(nil)
	_ releaserStock      = (*gate.Gate)(nil)
	_ retakerStock       = (*gate.Gate)(nil)
	_ recovererRedis     = (*gate.Gate)(nil)
	_ governorRedis      = (*gate.Gate)(nil)
	_ offererStock       = (*gate.Gate)(nil)
	_ offererWaitlist    = (*ledger.Ledger)(nil)
	_ usherPlaces        = (*ledger.Ledger)(nil)
	_ usherStock         = (*gate.Gate)(nil)
	_ drawerSQL          = (*ledger.Ledger)(nil)
	_ drawerClock        = (*gate.Gate)(nil)
	_ unloaderRedis      = (*gate.Gate)(nil)
	_ auditorRedis       = (*gate.Gate)(nil)
	_ expirerClock       = (*gate.Gate)(nil)
	_ announcing         = (*gate.Gate)(nil)
	_ settlerOrders      = (*ledger.Ledger)(nil)
	_ expirerOrders      = (*ledger.Ledger)(nil)
	_ releaserOrders     = (*ledger.Ledger)(nil)
	_ announcerEvents    = (*ledger.Ledger)(nil)
	_ paymentOrders      = (*ledger.Ledger)(nil)
	_ inquirerOrders     = (*ledger.Ledger)(nil)
	_ retakerOrders      = (*ledger.Ledger)(nil)
	_ refunderOrders     = (*ledger.Ledger)(nil)
	_ recovererSQL       = (*ledger.Ledger)(nil)
	_ unloaderSQL        = (*ledger.Ledger)(nil)
	_ auditorSQL         = (*ledger.Ledger)(nil)
	_ leases             = (*ledger.Ledger)(nil)
	_ notifierDeliveries = (*ledger.Ledger)(nil)
	_ deadDeliveries     = (*ledger.Ledger)(nil)
	_ deadLetterOffice   = broker.Broker(nil)
)
