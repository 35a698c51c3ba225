package webtest

import (
	"context"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// StubLedger answers likewise.
type StubLedger struct {
	Ledger
	OnSale           func(seckill.ID) (seckill.Sale, error)
	OnSales          func(ledger.SaleQuery) ([]seckill.Sale, error)
	OnOrder          func(seckill.ID) (seckill.Order, error)
	OnStandings      func([]seckill.ID) (map[seckill.ID]seckill.Standing, error)
	OnOrderOfKey     func(key string) (seckill.Order, error)
	OnCancel         func(seckill.ID, string) (seckill.Order, error)
	OnApplyPayment   func(seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error)
	OnCreatePayment  func(seckill.ID, string) (seckill.Payment, error)
	OnTransitionSale func(seckill.SaleState) (seckill.Sale, error)
	OnChangeTotal    func(delta int64) (seckill.Sale, error)
	HoldEnd          time.Time
	Held             []seckill.ItemCounters
	OnOrders         func(cursor seckill.ID, limit int) ([]seckill.Order, error)
	OnOrderCounts    func() map[seckill.OrderStatus]int64
}

func (l *StubLedger) OrderOfKey(_ context.Context, _ seckill.ID, _, key string) (seckill.Order, error) {
	if l.OnOrderOfKey == nil {
		return seckill.Order{}, NotFound(key)
	}
	return l.OnOrderOfKey(key)
}

func (l *StubLedger) Sale(_ context.Context, id seckill.ID) (seckill.Sale, error) {
	return l.OnSale(id)
}

func (l *StubLedger) Sales(_ context.Context, q ledger.SaleQuery) ([]seckill.Sale, error) {
	if l.OnSales == nil {
		return nil, nil
	}
	return l.OnSales(q)
}

func (l *StubLedger) NextHoldEnd(context.Context, seckill.ID) (time.Time, bool, error) {
	return l.HoldEnd, !l.HoldEnd.IsZero(), nil
}

func (l *StubLedger) Order(_ context.Context, id seckill.ID) (seckill.Order, error) {
	return l.OnOrder(id)
}

func (l *StubLedger) OrderOfBuyer(_ context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	o, err := l.OnOrder(id)
	if err == nil && o.Buyer != buyer {
		return seckill.Order{}, NotFound("")
	}
	return o, err
}

func (l *StubLedger) Standings(_ context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error) {
	if l.OnStandings == nil {
		return nil, nil
	}
	return l.OnStandings(orders)
}

func (l *StubLedger) Cancel(_ context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	return l.OnCancel(id, buyer)
}

func (l *StubLedger) ApplyPayment(_ context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	return l.OnApplyPayment(e)
}

func (l *StubLedger) CreatePayment(_ context.Context, id seckill.ID, buyer, _, _ string) (seckill.Payment, error) {
	return l.OnCreatePayment(id, buyer)
}

func (l *StubLedger) TransitionSale(_ context.Context, _ seckill.ID, to seckill.SaleState, _ string) (seckill.Sale, error) {
	return l.OnTransitionSale(to)
}

func (l *StubLedger) ChangeTotal(_ context.Context, _ seckill.ID, _ string, delta int64, _, _ string) (seckill.Sale, error) {
	return l.OnChangeTotal(delta)
}

func (l *StubLedger) RestoredAfter(context.Context, time.Time) (time.Time, bool, error) {
	return time.Time{}, false, nil
}

func (l *StubLedger) Durable(context.Context) error { return nil }

func (l *StubLedger) OpenEpoch(_ context.Context, id seckill.ID, each func(seckill.Snapshot) error) error {
	sale, err := l.OnSale(id)
	if err != nil {
		return err
	}
	return each(seckill.Snapshot{Sale: sale})
}

func (l *StubLedger) Counters(context.Context, seckill.ID) ([]seckill.ItemCounters, error) {
	return l.Held, nil
}

func (l *StubLedger) OrderCounts(context.Context, seckill.ID) (map[seckill.OrderStatus]int64, error) {
	if l.OnOrderCounts == nil {
		return map[seckill.OrderStatus]int64{}, nil
	}
	return l.OnOrderCounts(), nil
}

func (l *StubLedger) Orders(_ context.Context, q ledger.OrderQuery) ([]seckill.Order, error) {
	return l.OnOrders(q.Cursor, q.Limit)
}
