package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
)

type paymentOrders interface {
	ConfirmStock(ctx context.Context, ids []seckill.ID) (confirmed int, err error)
	UnconfirmedPaid(ctx context.Context, limit int) ([]seckill.ID, error)
}

// PaymentSettler turns the reserved units of paid orders into sold ones. It does so for
// many orders in one transaction, so that payment callbacks do not wait for the lock of
// an item's row. A sweep over SQL finds the orders whose message was lost.
type PaymentSettler struct {
	Broker consumer
	Orders paymentOrders
	Leases leases
	// Owner names this process for the sweep's lease of LeaseTTL.
	Owner    string
	LeaseTTL time.Duration
	// SweepEvery is the pause between two sweeps.
	SweepEvery time.Duration
	Log        *slog.Logger
}

const paymentBatch = 256 // orders a transaction

// Run consumes the paid queue and sweeps until ctx ends.
func (p *PaymentSettler) Run(ctx context.Context) error { return p.consumer().run(ctx) }

func (p *PaymentSettler) consumer() orderConsumer {
	return orderConsumer{
		agent: "payment settler", broker: p.Broker, queue: broker.QueuePaid, batch: paymentBatch,
		named: decodePaid, received: fault.PaymentsReceived,
		doing: "confirming stock", do: p.confirm,
		sweeper: sole{leases: p.Leases, name: "payment-sweep", owner: p.Owner, ttl: p.LeaseTTL, pause: p.SweepEvery, log: p.Log},
		due:     p.Orders.UnconfirmedPaid, sweepBatch: paymentBatch,
	}
}

func (p *PaymentSettler) confirm(ctx context.Context, ids []seckill.ID) error {
	if _, err := p.Orders.ConfirmStock(ctx, ids); err != nil {
		return err
	}
	return fault.Point(ctx, fault.PaymentsCommitted)
}

// decodePaid reads which order a message from the paid queue is about.
func decodePaid(body []byte) ([]seckill.ID, error) {
	// Only what is needed of the event is read, since there is one for each order.
	var e struct {
		Order struct {
			ID     seckill.ID          `json:"id"`
			Status seckill.OrderStatus `json:"status"`
		} `json:"order"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("not an event: %w", err)
	}
	if e.Order.ID <= 0 || e.Order.Status != seckill.OrderPaid {
		return nil, errors.New("not an order.paid event")
	}
	return []seckill.ID{e.Order.ID}, nil
}
