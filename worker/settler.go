package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/seckill-go/seckill/internal/fault"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type settlerOrders interface {
	Settle(ctx context.Context, orders []seckill.Order) (ledger.SettleResult, error)
}

type settlerOutbox interface {
	Settled(ctx context.Context, sale seckill.ID, entries []seckill.OutboxEntry, changes []seckill.Change) error
}

// Settler writes admitted orders to SQL. Only after the commit is the outbox
// entry removed, and only after that is the message acknowledged.
type Settler struct {
	Broker consumer
	Orders settlerOrders
	Outbox settlerOutbox
	// Batch is the most orders of one transaction; a message's orders stay
	// together, so that one more message may go over it.
	Batch int
	Log   *slog.Logger
}

// settlerMessages is the most messages that one transaction takes.
const settlerMessages = 128

// Run consumes the settle queue until ctx ends.
func (s *Settler) Run(ctx context.Context) error {
	return s.Broker.Consume(ctx, broker.QueueSettle, broker.ConsumeOptions{
		BatchSize: settlerMessages,
		Prefetch:  2 * settlerMessages,
	}, s.handle)
}

func (s *Settler) handle(ctx context.Context, batch []broker.Delivery) []error {
	verdicts := make([]error, len(batch))
	var work []settlement
	orders := 0
	flush := func() {
		s.settle(ctx, work, verdicts)
		work, orders = nil, 0
	}
	for i, d := range batch {
		entry, err := decodeEntry(d.Body)
		if err != nil {
			verdicts[i] = broker.Reject(err)
			continue
		}
		work = append(work, settlement{entry: entry, verdict: i})
		if orders += len(entry.Orders); orders >= s.Batch {
			flush()
		}
	}
	flush()
	return verdicts
}

// settlement is one message's work: its entry, and where its verdict goes.
type settlement struct {
	entry   seckill.OutboxEntry
	verdict int
}

func (s *Settler) settle(ctx context.Context, work []settlement, verdicts []error) {
	if len(work) == 0 {
		return
	}
	err := s.commit(ctx, work)
	if err != nil && len(work) > 1 && ctx.Err() == nil {
		// One bad entry must not hold up the others.
		for _, w := range work {
			s.settle(ctx, []settlement{w}, verdicts)
		}
		return
	}
	for _, w := range work {
		verdicts[w.verdict] = err
	}
}

// commit writes the work's orders in one transaction and then clears their
// outbox entries. While SQL or Redis is away it waits.
func (s *Settler) commit(ctx context.Context, work []settlement) error {
	var orders []seckill.Order
	entries := make(map[seckill.ID][]seckill.OutboxEntry)
	for _, w := range work {
		for _, o := range w.entry.Orders {
			o.Epoch = w.entry.Epoch
			orders = append(orders, o)
		}
		entries[w.entry.SaleID] = append(entries[w.entry.SaleID], w.entry)
	}
	var result ledger.SettleResult
	err := whileAway(ctx, s.Log, "settler: writing to SQL", func(ctx context.Context) (err error) {
		if err := fault.Point(ctx, fault.SettlerReceived); err != nil {
			return err
		}
		result, err = s.Orders.Settle(ctx, orders)
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range result.Failed {
		s.Log.Warn("settler: SQL refused an admitted order", "order", o.ID.String(), "sale", o.SaleID.String(), "reason", o.Reason)
	}
	changes := make(map[seckill.ID][]seckill.Change)
	for _, list := range [][]seckill.Order{result.Settled, result.Failed} {
		for _, o := range list {
			changes[o.SaleID] = append(changes[o.SaleID], seckill.Change{OrderID: o.ID, Status: o.Status})
		}
	}
	for sale, settled := range entries {
		err := whileAway(ctx, s.Log, "settler: clearing the outbox", func(ctx context.Context) error {
			if err := fault.Point(ctx, fault.SettlerCommitted); err != nil {
				return err
			}
			return s.Outbox.Settled(ctx, sale, settled, changes[sale])
		})
		if err != nil {
			return err
		}
	}
	if err := fault.Point(ctx, fault.SettlerCleared); err != nil {
		return broker.Postpone(err)
	}
	return nil
}

// whileAway calls step again for as long as it says that a service is away, so
// that an outage uses up no message's attempts; any other error is returned.
func whileAway(ctx context.Context, log *slog.Logger, what string, step func(context.Context) error) error {
	var other error
	err := persist(ctx, log, what, func(ctx context.Context) error {
		err := step(ctx)
		if err != nil && seckill.CodeOf(err) != seckill.CodeUnavailable {
			other = err
			return nil
		}
		return err
	})
	if other != nil || err == nil {
		return other
	}
	// The process stops; that is not the message's fault either.
	return broker.Postpone(err)
}

// decodeEntry reads a message from the settle or the expire queue, and refuses
// what the relay cannot have written.
func decodeEntry(body []byte) (seckill.OutboxEntry, error) {
	var e seckill.OutboxEntry
	if err := e.UnmarshalText(body); err != nil {
		return e, err
	}
	if e.ID == "" || e.Hold < 0 || e.At.IsZero() {
		return e, errors.New("not an outbox entry: no id, or no valid times")
	}
	for _, o := range e.Orders {
		if err := checkOrder(o); err != nil {
			return e, fmt.Errorf("order %s: %w", o.ID, err)
		}
	}
	return e, nil
}

func checkOrder(o seckill.Order) error {
	switch {
	case seckill.ValidateBuyer(o.Buyer) != nil:
		return errors.New("no valid buyer")
	case o.RequestKey != "" && seckill.ValidateKey(o.RequestKey) != nil:
		return errors.New("no valid idempotency key")
	case o.Ticket < 1:
		return errors.New("no valid ticket")
	case len(o.Lines) < 1 || len(o.Lines) > seckill.MaxLinesPerOrder:
		return errors.New("no lines, or too many")
	case o.Amount < 0 || o.Currency == "":
		return errors.New("no valid amount")
	}
	for _, l := range o.Lines {
		if !seckill.ValidSKU(l.SKU) || l.Quantity < 1 || l.Quantity > seckill.MaxUnitsPerLine ||
			l.Price < 0 || l.Price > seckill.MaxPrice {
			return errors.New("no valid line")
		}
	}
	return nil
}
