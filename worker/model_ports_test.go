package worker

import (
	"context"
	"slices"
	"time"

	"github.com/seckill-go/seckill/internal/proof/model"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// The agents reach the real gate, ledger and broker through these, which tell
// the model of each effect at the moment that it takes place and compare what
// came of it. So a step that dies half way has in the model just the effects
// that it had.

type watchedGate struct {
	*gate.Gate
	s *shop
}

func (w watchedGate) ReadOutbox(ctx context.Context, sale seckill.ID, consumer string, count int64, block time.Duration) ([]seckill.OutboxEntry, error) {
	entries, err := w.Gate.ReadOutbox(ctx, sale, consumer, count, block)
	w.s.sawEntries(entries)
	return entries, err
}

func (w watchedGate) ClaimOutbox(ctx context.Context, sale seckill.ID, consumer string, idle time.Duration, count int64) ([]seckill.OutboxEntry, error) {
	entries, err := w.Gate.ClaimOutbox(ctx, sale, consumer, idle, count)
	w.s.sawEntries(entries)
	return entries, err
}

func (w watchedGate) Settled(ctx context.Context, sale seckill.ID, entries []seckill.OutboxEntry, changes []seckill.Change) error {
	w.s.life.edge()
	err := w.Gate.Settled(ctx, sale, entries, changes)
	if w.s.model.IsLoading() {
		w.s.code(seckill.CodeUnavailable, err, "clear while the sale is being loaded")
		return errHeldUp // the settler would try again until the sale is loaded
	}
	w.s.noError(err, "clear")
	w.s.noError(w.s.model.Clear(entries), "model: clear %v", entries)
	w.s.life.edge()
	return err
}

func (w watchedGate) Release(ctx context.Context, sale seckill.ID, orders []seckill.ID) (int64, error) {
	return w.release(orders, false, func() (int64, error) { return w.Gate.Release(ctx, sale, orders) })
}

func (w watchedGate) ReleaseForGood(ctx context.Context, sale seckill.ID, orders []seckill.ID) (int64, error) {
	return w.release(orders, true, func() (int64, error) { return w.Gate.ReleaseForGood(ctx, sale, orders) })
}

func (w watchedGate) release(orders []seckill.ID, forGood bool, release func() (int64, error)) (int64, error) {
	w.s.life.edge()
	epoch, err := release()
	if w.s.refuses(err, "release") {
		return epoch, err
	}
	refused, broken := w.s.model.Release(orders, forGood)
	w.s.noError(broken, "model: release %v", orders)
	w.s.check(!refused && err == nil, "release %v: %v, model refuses: %t", orders, err, refused)
	w.s.life.edge()
	return epoch, err
}

func (w watchedGate) Retake(ctx context.Context, o seckill.Order) (string, int64, error) {
	w.s.life.edge()
	refusal, epoch, err := w.Gate.Retake(ctx, o)
	if w.s.refuses(err, "take units again") {
		return refusal, epoch, err
	}
	w.s.noError(err, "take units of order %s again", o.ID)
	w.s.equal(w.s.model.Take(o.ID), refusal, "why order %s does not get its units again", o.ID)
	w.s.life.edge()
	return refusal, epoch, err
}

func (w watchedGate) SetState(ctx context.Context, sale seckill.ID, to seckill.SaleState, revision int64) (bool, error) {
	w.s.life.edge()
	changed, err := w.Gate.SetState(ctx, sale, to, revision)
	if !w.s.refuses(err, "set state") {
		w.s.noError(err, "set state %s", to)
	}
	w.s.equal(w.s.model.SetState(to, revision), changed, "set state %s at %d", to, revision)
	w.s.life.edge()
	return changed, err
}

func (w watchedGate) SetTotal(ctx context.Context, sale seckill.ID, sku string, total, revision int64) error {
	w.s.life.edge()
	err := w.Gate.SetTotal(ctx, sale, sku, total, revision)
	switch {
	case w.s.refuses(err, "set a total"):
	case w.s.model.SetTotal(sku, total, revision):
		w.s.code(seckill.CodeConflict, err, "set total of %s to %d", sku, total)
	default:
		w.s.noError(err, "set total of %s to %d", sku, total)
	}
	w.s.life.edge()
	return err
}

type watchedLedger struct {
	*ledger.Ledger
	s *shop
}

func (w watchedLedger) Settle(ctx context.Context, orders []seckill.Order) (ledger.SettleResult, error) {
	w.s.life.edge()
	r, err := w.Ledger.Settle(ctx, orders)
	w.s.noError(err, "settle")
	want := w.s.model.Settle(orders)
	w.s.equal(want.Settled, sorted(orderIDs(r.Settled)), "settled orders")
	w.s.equal(want.Failed, sorted(orderIDs(r.Failed)), "failed orders")
	w.s.equal(want.Known, sorted(r.Known), "orders known before")
	w.s.life.edge()
	return r, err
}

func (w watchedLedger) Due(ctx context.Context, now time.Time, limit int, sparing ...ledger.Sparing) ([]seckill.ID, error) {
	due, err := w.Ledger.Due(ctx, now, limit, sparing...)
	w.s.equal(w.s.model.Due(now), sorted(due), "due orders")
	return due, err
}

func (w watchedLedger) Expire(ctx context.Context, ids []seckill.ID, now time.Time, sparing ...ledger.Sparing) ([]seckill.Order, error) {
	w.s.life.edge()
	ended, err := w.Ledger.Expire(ctx, ids, now, sparing...)
	w.s.noError(err, "expire")
	w.s.equal(w.s.model.Expire(ids, now), sorted(orderIDs(ended)), "orders expired at %s", now)
	w.s.life.edge()
	return ended, err
}

func (w watchedLedger) PendingReleases(ctx context.Context, limit int) ([]ledger.Release, error) {
	pending, err := w.Ledger.PendingReleases(ctx, limit)
	var ids []seckill.ID
	for _, p := range pending {
		ids = append(ids, p.OrderID)
	}
	w.s.equal(w.s.model.Pending(), sorted(ids), "pending releases")
	return pending, err
}

func (w watchedLedger) MarkReleased(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64) error {
	return w.markReleased(ids, epoch, false, func() error { return w.Ledger.MarkReleased(ctx, sale, ids, epoch) })
}

func (w watchedLedger) MarkReleasedForGood(ctx context.Context, sale seckill.ID, ids []seckill.ID, epoch int64) error {
	return w.markReleased(ids, epoch, true, func() error { return w.Ledger.MarkReleasedForGood(ctx, sale, ids, epoch) })
}

func (w watchedLedger) markReleased(ids []seckill.ID, epoch int64, forGood bool, mark func() error) error {
	w.s.life.edge()
	w.s.noError(mark(), "mark released")
	w.s.noError(w.s.model.MarkReleased(ids, epoch, forGood), "model: mark released")
	w.s.life.edge()
	return nil
}

// Retake decides about a late payment. What Redis says is asked through a watched
// gate, and is worth nothing when the sale was loaded anew before SQL decides.
func (w watchedLedger) Retake(ctx context.Context, o seckill.Order, take ledger.TakeAgain) (seckill.PaymentOutcome, seckill.Order, error) {
	// Without Redis a closed sale's units can be had by nobody else.
	said := ""
	outcome, order, err := w.Ledger.Retake(ctx, o, func(ctx context.Context, o seckill.Order) (refusal string, epoch int64, err error) {
		refusal, epoch, err = take(ctx, o)
		said = refusal
		return refusal, epoch, err
	})
	if w.s.model.Behind() {
		w.s.heldUp = true // until the sale is loaded anew
	}
	if w.s.isHeldUp(err) {
		return outcome, order, err
	}
	w.s.noError(err, "decide about order %s", o.ID)
	w.s.equal(w.s.model.DecideRetake(o.ID, said), outcome, "decision about order %s", o.ID)
	w.s.equal(w.s.model.Orders[o.ID].Status, order.Status, "order %s after the decision", o.ID)
	w.s.equal(w.s.model.Orders[o.ID].Reason, order.Reason, "why order %s is what it is", o.ID)
	w.s.life.edge()
	return outcome, order, err
}

func (w watchedLedger) UndecidedRetakes(ctx context.Context, age time.Duration, limit int) ([]seckill.Order, error) {
	// The clock may have been set back since.
	orders, err := w.Ledger.UndecidedRetakes(ctx, -time.Hour, limit)
	w.s.equal(w.s.model.Undecided(), sorted(orderIDs(orders)), "orders that were paid late and are undecided")
	return orders, err
}

func (w watchedLedger) ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	w.s.life.edge()
	outcome, o, err := w.apply(ctx, e)
	w.s.life.edge()
	return outcome, o, err
}

func (w watchedLedger) apply(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	want := w.s.model.Pay(e)
	got, o, err := w.Ledger.ApplyPayment(ctx, e)
	w.s.noError(err, "payment event %+v", e)
	w.s.equal(want, got, "payment event %+v", e)
	if known := w.s.model.Orders[e.OrderID]; known != nil && known.Stock != model.Nowhere {
		w.s.equal(known.Status, o.Status, "order after payment event %+v", e)
	}
	return got, o, err
}

func (w watchedLedger) ConfirmStock(ctx context.Context, ids []seckill.ID) (int, error) {
	w.s.life.edge()
	n, err := w.Ledger.ConfirmStock(ctx, ids)
	w.s.noError(err, "confirm stock")
	w.s.equal(w.s.model.Confirm(ids), n, "orders whose stock was confirmed")
	w.s.life.edge()
	return n, err
}

func (w watchedLedger) UnconfirmedPaid(ctx context.Context, limit int) ([]seckill.ID, error) {
	ids, err := w.Ledger.UnconfirmedPaid(ctx, limit)
	w.s.equal(w.s.model.Unconfirmed(), sorted(ids), "paid orders to confirm")
	return ids, err
}

func (w watchedLedger) EventsPublished(ctx context.Context, batches []ledger.EventBatch, wanted func(string) bool) error {
	w.s.life.edge()
	err := w.Ledger.EventsPublished(ctx, batches, wanted)
	w.s.life.edge()
	return err
}

func (w watchedLedger) TransitionSale(ctx context.Context, id seckill.ID, to seckill.SaleState, actor string) (seckill.Sale, error) {
	w.s.life.edge()
	sale, err := w.Ledger.TransitionSale(ctx, id, to, actor)
	if w.s.model.Transition(to) {
		w.s.noError(err, "sale becomes %s", to)
		w.s.equal(w.s.model.Sale.Revision, sale.Revision, "revision")
	} else {
		w.s.code(seckill.CodeConflict, err, "sale becomes %s", to)
	}
	w.s.life.edge()
	return sale, err
}

func (w watchedLedger) ChangeTotal(ctx context.Context, id seckill.ID, sku string, delta int64, actor, reason string) (seckill.Sale, error) {
	w.s.life.edge()
	sale, err := w.Ledger.ChangeTotal(ctx, id, sku, delta, actor, reason)
	if w.s.model.ChangeTotal(sku, delta) {
		w.s.noError(err, "change total of %s by %d", sku, delta)
	} else {
		w.s.code(seckill.CodeConflict, err, "change total of %s by %d", sku, delta)
	}
	w.s.life.edge()
	return sale, err
}

// watchedBroker publishes to the real broker, waits until the copies that have a
// consumer have come to it, and keeps those until an operation hands them over.
type watchedBroker struct {
	broker.Broker
	s *shop
}

func (w watchedBroker) Publish(ctx context.Context, exchange string, msgs ...broker.Message) error {
	w.s.life.edge()
	err := w.Broker.Publish(ctx, exchange, msgs...)
	w.s.noError(err, "publish to %s", exchange)
	for _, m := range msgs {
		switch {
		case exchange == broker.ExchangeOrders:
			w.s.bag.settle.add(<-w.s.bag.arrived[broker.QueueSettle])
			w.s.bag.expire.add(broker.Delivery{Message: m, Attempt: 1, Queue: broker.QueueExpire})
		case m.Key == broker.KeyPaid:
			w.s.bag.paid.add(<-w.s.bag.arrived[broker.QueuePaid])
		}
		if exchange == broker.ExchangeEvents {
			_, owed := w.s.model.Announced[m.ID]
			w.s.check(owed, "event %s was announced and never happened", m.ID)
			w.s.model.Announced[m.ID] = true
		}
	}
	w.s.life.edge()
	return err
}

func orderIDs(orders []seckill.Order) []seckill.ID {
	var ids []seckill.ID
	for _, o := range orders {
		ids = append(ids, o.ID)
	}
	return ids
}

func sorted(ids []seckill.ID) []seckill.ID {
	slices.Sort(ids)
	if len(ids) == 0 {
		return nil
	}
	return ids
}
