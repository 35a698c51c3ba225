package webtest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
)

// StubGate answers by the functions that a test sets; others would panic, which
// shows in the test as "internal".
type StubGate struct {
	Gate
	OnAdmit       func(seckill.Request) (seckill.Admission, error)
	OnSale        func(seckill.ID) (seckill.Sale, error)
	OnSales       func() ([]gate.ActiveSale, error)
	OnCounters    func(seckill.ID) (map[string]gate.Counters, error)
	OnBacklogs    func() (map[seckill.ID]gate.Backlog, error)
	OnQueuedOrder func(sale, order seckill.ID) (seckill.Order, error)
	OnSetTotal    func(total, revision int64) error
	OnSetState    func(seckill.SaleState, int64) (bool, error)
	OnLoad        func(seckill.Snapshot) (bool, error)
	OnAnnounce    func(seckill.Change)
	OnNow         func() (time.Time, error)
	Changes       chan seckill.Change
	Watchers      atomic.Int64

	Remembered []seckill.Order
}

func (g *StubGate) Now(context.Context) (time.Time, error) {
	if g.OnNow == nil {
		return time.Now(), nil
	}
	return g.OnNow()
}

func (g *StubGate) Admit(_ context.Context, r seckill.Request) (seckill.Admission, error) {
	return g.OnAdmit(r)
}

func (g *StubGate) Sale(_ context.Context, id seckill.ID) (seckill.Sale, error) { return g.OnSale(id) }

func (g *StubGate) Sales(context.Context) ([]gate.ActiveSale, error) {
	if g.OnSales == nil {
		return nil, nil
	}
	return g.OnSales()
}

func (g *StubGate) Counters(_ context.Context, id seckill.ID) (map[string]gate.Counters, error) {
	return g.OnCounters(id)
}

func (g *StubGate) Backlogs(context.Context, []seckill.ID) (map[seckill.ID]gate.Backlog, error) {
	if g.OnBacklogs == nil {
		return nil, nil
	}
	return g.OnBacklogs()
}

func (g *StubGate) Remember(o seckill.Order) { g.Remembered = append(g.Remembered, o) }

func (g *StubGate) QueuedOrder(_ context.Context, sale, order seckill.ID) (seckill.Order, error) {
	return g.OnQueuedOrder(sale, order)
}

func (g *StubGate) SetTotal(_ context.Context, _ seckill.ID, _ string, total, revision int64) error {
	return g.OnSetTotal(total, revision)
}

func (g *StubGate) SetState(_ context.Context, _ seckill.ID, s seckill.SaleState, r int64) (bool, error) {
	return g.OnSetState(s, r)
}

func (g *StubGate) Load(ctx context.Context, _ seckill.Sale, read gate.ReadSnapshot) (bool, error) {
	var s seckill.Snapshot
	if err := read(ctx, func(part seckill.Snapshot) error { s = part; return nil }); err != nil {
		return false, err
	}
	return g.OnLoad(s)
}

func (g *StubGate) Announce(c seckill.Change) {
	if g.OnAnnounce != nil {
		g.OnAnnounce(c)
	}
}

func (g *StubGate) Watch(seckill.ID) (<-chan seckill.Change, func()) {
	g.Watchers.Add(1)
	return g.Changes, func() { g.Watchers.Add(-1) }
}
