package web_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
	"github.com/seckill-go/seckill/web"
)

const (
	hs256Secret = "a-secret-of-more-than-32-bytes-for-tests"
	adminToken  = "an-admin-token-of-32-bytes-for-tests"
)

var webhookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a-webhook-secret-of-32-bytes-len"))

// stubGate answers by the functions that a test sets; others would panic, which
// shows in the test as "internal".
type stubGate struct {
	web.Gate
	admit    func(seckill.Request) (seckill.Admission, error)
	sale     func(seckill.ID) (seckill.Sale, error)
	sales    func() ([]gate.ActiveSale, error)
	counters func(seckill.ID) (map[string]gate.Counters, error)
	backlogs func() (map[seckill.ID]gate.Backlog, error)
	queued   func(sale, order seckill.ID) (seckill.Order, error)
	setTotal func(total, revision int64) error
	setState func(seckill.SaleState, int64) (bool, error)
	load     func(seckill.Snapshot) (bool, error)
	announce func(seckill.Change)
	now      func() (time.Time, error)
	changes  chan seckill.Change
	watchers atomic.Int64

	remembered []seckill.Order
}

func (g *stubGate) Now(context.Context) (time.Time, error) {
	if g.now == nil {
		return time.Now(), nil
	}
	return g.now()
}

func (g *stubGate) Admit(_ context.Context, r seckill.Request) (seckill.Admission, error) {
	return g.admit(r)
}
func (g *stubGate) Sale(_ context.Context, id seckill.ID) (seckill.Sale, error) { return g.sale(id) }
func (g *stubGate) Sales(context.Context) ([]gate.ActiveSale, error) {
	if g.sales == nil {
		return nil, nil
	}
	return g.sales()
}
func (g *stubGate) Counters(_ context.Context, id seckill.ID) (map[string]gate.Counters, error) {
	return g.counters(id)
}
func (g *stubGate) Backlogs(context.Context, []seckill.ID) (map[seckill.ID]gate.Backlog, error) {
	if g.backlogs == nil {
		return nil, nil
	}
	return g.backlogs()
}
func (g *stubGate) Remember(o seckill.Order) { g.remembered = append(g.remembered, o) }

func (g *stubGate) QueuedOrder(_ context.Context, sale, order seckill.ID) (seckill.Order, error) {
	return g.queued(sale, order)
}
func (g *stubGate) SetTotal(_ context.Context, _ seckill.ID, _ string, total, revision int64) error {
	return g.setTotal(total, revision)
}
func (g *stubGate) SetState(_ context.Context, _ seckill.ID, s seckill.SaleState, r int64) (bool, error) {
	return g.setState(s, r)
}
func (g *stubGate) Load(ctx context.Context, _ seckill.Sale, read gate.ReadSnapshot) (bool, error) {
	var s seckill.Snapshot
	if err := read(ctx, func(part seckill.Snapshot) error { s = part; return nil }); err != nil {
		return false, err
	}
	return g.load(s)
}
func (g *stubGate) Announce(c seckill.Change) {
	if g.announce != nil {
		g.announce(c)
	}
}
func (g *stubGate) Watch(seckill.ID) (<-chan seckill.Change, func()) {
	g.watchers.Add(1)
	return g.changes, func() { g.watchers.Add(-1) }
}

// stubLedger likewise.
type stubLedger struct {
	web.Ledger
	sale        func(seckill.ID) (seckill.Sale, error)
	sales       func(ledger.SaleQuery) ([]seckill.Sale, error)
	order       func(seckill.ID) (seckill.Order, error)
	standings   func([]seckill.ID) (map[seckill.ID]seckill.Standing, error)
	ofKey       func(key string) (seckill.Order, error)
	cancel      func(seckill.ID, string) (seckill.Order, error)
	apply       func(seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error)
	pay         func(seckill.ID, string) (seckill.Payment, error)
	transition  func(seckill.SaleState) (seckill.Sale, error)
	changeTotal func(delta int64) (seckill.Sale, error)
	holdEnd     time.Time
	held        []seckill.ItemCounters
	ofSale      func(cursor seckill.ID, limit int) ([]seckill.Order, error)
	orderCounts func() map[seckill.OrderStatus]int64
}

func (l *stubLedger) OrderOfKey(_ context.Context, _ seckill.ID, _, key string) (seckill.Order, error) {
	if l.ofKey == nil {
		return seckill.Order{}, notFound(key)
	}
	return l.ofKey(key)
}

func (l *stubLedger) Sale(_ context.Context, id seckill.ID) (seckill.Sale, error) { return l.sale(id) }
func (l *stubLedger) Sales(_ context.Context, q ledger.SaleQuery) ([]seckill.Sale, error) {
	if l.sales == nil {
		return nil, nil
	}
	return l.sales(q)
}
func (l *stubLedger) NextHoldEnd(context.Context, seckill.ID) (time.Time, bool, error) {
	return l.holdEnd, !l.holdEnd.IsZero(), nil
}
func (l *stubLedger) Order(_ context.Context, id seckill.ID) (seckill.Order, error) {
	return l.order(id)
}
func (l *stubLedger) OrderOfBuyer(_ context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	o, err := l.order(id)
	if err == nil && o.Buyer != buyer {
		return seckill.Order{}, notFound("")
	}
	return o, err
}
func (l *stubLedger) Standings(_ context.Context, orders []seckill.ID) (map[seckill.ID]seckill.Standing, error) {
	if l.standings == nil {
		return nil, nil
	}
	return l.standings(orders)
}
func (l *stubLedger) Cancel(_ context.Context, id seckill.ID, buyer string) (seckill.Order, error) {
	return l.cancel(id, buyer)
}
func (l *stubLedger) ApplyPayment(_ context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	return l.apply(e)
}
func (l *stubLedger) CreatePayment(_ context.Context, id seckill.ID, buyer, _, _ string) (seckill.Payment, error) {
	return l.pay(id, buyer)
}
func (l *stubLedger) TransitionSale(_ context.Context, _ seckill.ID, to seckill.SaleState, _ string) (seckill.Sale, error) {
	return l.transition(to)
}
func (l *stubLedger) ChangeTotal(_ context.Context, _ seckill.ID, _ string, delta int64, _, _ string) (seckill.Sale, error) {
	return l.changeTotal(delta)
}
func (l *stubLedger) RestoredAfter(context.Context, time.Time) (time.Time, bool, error) {
	return time.Time{}, false, nil
}
func (l *stubLedger) Durable(context.Context) error { return nil }
func (l *stubLedger) OpenEpoch(_ context.Context, id seckill.ID, each func(seckill.Snapshot) error) error {
	sale, err := l.sale(id)
	if err != nil {
		return err
	}
	return each(seckill.Snapshot{Sale: sale})
}
func (l *stubLedger) Counters(context.Context, seckill.ID) ([]seckill.ItemCounters, error) {
	return l.held, nil
}
func (l *stubLedger) OrderCounts(context.Context, seckill.ID) (map[seckill.OrderStatus]int64, error) {
	if l.orderCounts == nil {
		return map[seckill.OrderStatus]int64{}, nil
	}
	return l.orderCounts(), nil
}
func (l *stubLedger) Orders(_ context.Context, q ledger.OrderQuery) ([]seckill.Order, error) {
	return l.ofSale(q.Cursor, q.Limit)
}

// leased makes ids as one process alone does.
func leased() *seckill.IDGenerator {
	ids := seckill.NewIDGenerator(seckill.SystemClock)
	ids.Lease(1, time.Now().Add(time.Hour))
	return ids
}

// stubConfig is a valid config on stubs.
func stubConfig(t testing.TB) (web.Config, *stubGate, *stubLedger) {
	t.Helper()
	provider, err := payment.NewStandard(payment.StandardConfig{
		Secrets: []string{webhookSecret}, CheckoutURL: "https://pay.example/?payment={payment_id}",
	})
	require.NoError(t, err)
	g, l := &stubGate{changes: make(chan seckill.Change, 8)}, &stubLedger{}
	return web.Config{
		Gate: g, Ledger: l, IDs: leased(), Providers: []web.Provider{provider},
		HS256Secret: []byte(hs256Secret), AdminToken: adminToken, DemoLogin: true,
		Logger: quiet(),
	}, g, l
}

func newStubbed(t *testing.T, change ...func(*web.Config)) *web.Server {
	t.Helper()
	cfg, _, _ := stubConfig(t)
	for _, c := range change {
		c(&cfg)
	}
	return serverOf(t, cfg)
}

func serverOf(t *testing.T, cfg web.Config) *web.Server {
	t.Helper()
	s, err := web.New(cfg)
	require.NoError(t, err)
	return s
}

func notFound(string) error { return seckill.Errorf(seckill.CodeNotFound, "no") }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
