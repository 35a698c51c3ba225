package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/gate"
	"github.com/seckill-go/seckill/seckill/gate/embedded"
	"github.com/seckill-go/seckill/seckill/ledger"
)

// pausing is the gate, with a moment for something else to happen before and
// after each of the auditor's steps.
type pausing struct {
	*gate.Gate
	at func(point int)
}

// The points of a stocktaking at which the world may move.
const (
	beforeRead = iota
	afterRead
	afterOutbox
	inSQL // SQL's moment is fixed
	afterHeld
	afterReleased
	points
)

func (p *pausing) pause(point int) {
	if p.at != nil {
		p.at(point)
	}
}

func (p *pausing) Read(ctx context.Context, sale seckill.ID) (gate.Reading, error) {
	p.pause(beforeRead)
	defer p.pause(afterRead)
	return p.Gate.Read(ctx, sale)
}

func (p *pausing) OutboxAt(ctx context.Context, sale seckill.ID, r gate.Reading) (gate.Outbox, error) {
	defer p.pause(afterOutbox)
	return p.Gate.OutboxAt(ctx, sale, r)
}

func (p *pausing) Held(ctx context.Context, sale seckill.ID, ids []seckill.ID) (map[seckill.ID]bool, error) {
	p.pause(inSQL)
	defer p.pause(afterHeld)
	return p.Gate.Held(ctx, sale, ids)
}

func (p *pausing) ReleasedSince(ctx context.Context, sale seckill.ID, r gate.Reading) ([]seckill.ID, error) {
	defer p.pause(afterReleased)
	return p.Gate.ReleasedSince(ctx, sale, r)
}

// audited is a real gate and a real ledger under an auditor.
type audited struct {
	t      testing.TB
	gate   *pausing
	ledger *ledger.Ledger
	redis  redis.UniversalClient
	lastID seckill.ID
	entry  seckill.Entry // of its sales
	goods  string        // of the shop's stock, that all items of a sale are of
	*Auditor
}

func newAudited(t testing.TB) *audited {
	t.Helper()
	return newAuditedOf(t, newStore(t, nil))
}

func newAuditedOf(t testing.TB, l *ledger.Ledger) *audited {
	t.Helper()
	server, err := embedded.Start()
	require.NoError(t, err)
	t.Cleanup(server.Close)
	client := gate.NewClient(gate.ClientOptions{Dial: server.Dial})
	t.Cleanup(func() { client.Close() })
	g, err := gate.New(gate.Config{Client: client, Prefix: "test", Timeout: time.Minute, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(g.Close)
	p := &pausing{Gate: g}
	return &audited{t: t, gate: p, ledger: l, redis: client, lastID: 1 << 50,
		Auditor: &Auditor{SQL: l, Redis: p, Patience: 100 * time.Millisecond, Log: quiet}}
}

func (a *audited) id() seckill.ID { a.lastID++; return a.lastID }

// ready makes a sale of items with ten units each, in SQL.
func (a *audited) ready(skus ...string) seckill.Sale {
	a.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	s := seckill.Sale{ID: a.id(), Name: "a sale", State: seckill.SaleDraft, Hold: time.Minute,
		Entry: a.entry, StartsAt: now.Add(-time.Hour), EndsAt: now.Add(time.Hour)}
	for _, sku := range skus {
		s.Items = append(s.Items, seckill.Item{SKU: sku, Title: sku, Price: 5, Currency: "CNY", Total: 10, LimitPerBuyer: 9, GoodsID: a.goods})
	}
	_, _, err := a.ledger.CreateSale(a.t.Context(), s)
	require.NoError(a.t, err)
	_, err = a.ledger.TransitionSale(a.t.Context(), s.ID, seckill.SaleReady, "test")
	require.NoError(a.t, err)
	return s
}

// open makes one in both systems.
func (a *audited) open(skus ...string) seckill.Sale {
	a.t.Helper()
	s := a.ready(skus...)
	a.load(s)
	s, err := a.ledger.Sale(a.t.Context(), s.ID)
	require.NoError(a.t, err)
	return s
}

// inFlight are the orders that Redis has admitted and SQL need not have.
func (a *audited) inFlight(sale seckill.ID) []seckill.Order {
	a.t.Helper()
	r, err := a.gate.Read(a.t.Context(), sale)
	require.NoError(a.t, err)
	box, err := a.gate.OutboxAt(a.t.Context(), sale, r)
	require.NoError(a.t, err)
	return box.Orders
}

// load brings a sale that SQL has ready into Redis.
func (a *audited) load(s seckill.Sale) {
	a.t.Helper()
	_, err := a.gate.Load(a.t.Context(), s, func(ctx context.Context, write func(seckill.Snapshot) error) error {
		return a.ledger.OpenEpoch(ctx, s.ID, write)
	})
	require.NoError(a.t, err)
}

func TestASaleThatIsBeingLoadedHoldsNoRoundUp(t *testing.T) {
	t.Parallel()
	a := newAudited(t)
	s := a.ready("a")
	_, err := a.gate.Load(t.Context(), s, func(ctx context.Context, write func(seckill.Snapshot) error) error {
		_, err := a.Audit(ctx, s.ID)
		require.ErrorIs(t, err, gate.ErrLoading)
		_, err = a.round(ctx)
		require.NoError(t, err)
		return a.ledger.OpenEpoch(ctx, s.ID, write)
	})
	require.NoError(t, err)
}

// close closes a sale in both systems.
func (a *audited) close(sale seckill.Sale) {
	a.t.Helper()
	sale, err := a.ledger.TransitionSale(a.t.Context(), sale.ID, seckill.SaleClosed, "ann")
	require.NoError(a.t, err)
	_, err = a.gate.SetState(a.t.Context(), sale.ID, sale.State, sale.Revision)
	require.NoError(a.t, err)
}

// way is an item with the one order of it, and how far it has come.
type way struct {
	sku    string
	points []int // at which point of the stocktaking each step happens
	order  seckill.Order
	entry  string
}

type ways []*way

func (w ways) ids() []seckill.ID {
	ids := make([]seckill.ID, len(w))
	for i, x := range w {
		ids[i] = x.order.ID
	}
	return ids
}

// The steps that an order, or an item, can take. Each takes them for many.
type step func(a *audited, s seckill.Sale, w ways)

func admitted(a *audited, s seckill.Sale, w ways) {
	for _, x := range w {
		r, err := seckill.NewRequest(&s, a.id(), "buyer-"+x.sku, "", []seckill.Line{{SKU: x.sku, Quantity: 2}})
		require.NoError(a.t, err)
		_, err = a.gate.Admit(a.t.Context(), r)
		require.NoError(a.t, err)
		entries, err := a.gate.ReadOutbox(a.t.Context(), s.ID, "test", 2, 0)
		require.NoError(a.t, err)
		require.Len(a.t, entries, 1)
		x.entry, x.order = entries[0].ID, entries[0].Orders[0]
	}
}

func settled(a *audited, _ seckill.Sale, w ways) {
	orders := make([]seckill.Order, len(w))
	for i, x := range w {
		orders[i] = x.order
	}
	r, err := a.ledger.Settle(a.t.Context(), orders)
	require.NoError(a.t, err)
	require.Len(a.t, r.Settled, len(w))
}

// refused lets SQL say no: the order's idempotency key is another order's.
func refused(a *audited, s seckill.Sale, w ways) {
	for _, x := range w {
		first := x.order
		first.ID, first.RequestKey, first.Ticket = a.id(), "key", 0
		first.Lines = []seckill.Line{{SKU: "other", Quantity: 1, Price: 5}}
		r, err := a.ledger.Settle(a.t.Context(), []seckill.Order{first})
		require.NoError(a.t, err)
		require.Len(a.t, r.Failed, 1, "no such item")
		require.NoError(a.t, a.ledger.MarkReleased(a.t.Context(), s.ID, []seckill.ID{first.ID}, s.Epoch))
		x.order.RequestKey = "key"
		r, err = a.ledger.Settle(a.t.Context(), []seckill.Order{x.order})
		require.NoError(a.t, err)
		require.Len(a.t, r.Failed, 1)
	}
}

func cleared(a *audited, s seckill.Sale, w ways) {
	entries := make([]seckill.OutboxEntry, len(w))
	for i, x := range w {
		entries[i] = seckill.OutboxEntry{SaleID: s.ID, ID: x.entry, Epoch: s.Epoch}
	}
	require.NoError(a.t, a.gate.Settled(a.t.Context(), s.ID, entries, nil))
}

func expired(a *audited, _ seckill.Sale, w ways) {
	orders, err := a.ledger.Expire(a.t.Context(), w.ids(), time.Now().Add(time.Hour))
	require.NoError(a.t, err)
	require.Len(a.t, orders, len(w))
}

func released(a *audited, s seckill.Sale, w ways) {
	_, err := a.gate.Release(a.t.Context(), s.ID, w.ids())
	require.NoError(a.t, err)
}

func marked(a *audited, s seckill.Sale, w ways) {
	require.NoError(a.t, a.ledger.MarkReleased(a.t.Context(), s.ID, w.ids(), s.Epoch))
}

func settledAndPaid(a *audited, s seckill.Sale, w ways) {
	settled(a, s, w)
	paid(a, s, w)
}

func paid(a *audited, _ seckill.Sale, w ways) {
	for _, x := range w {
		id := "pay_" + x.order.ID.String()
		_, _, err := a.ledger.ApplyPayment(a.t.Context(), seckill.PaymentEvent{Provider: "test", ID: id, Type: seckill.PaymentSucceeded,
			PaymentID: id, OrderID: x.order.ID, Amount: x.order.Amount, Currency: "CNY", PaidAt: time.Now()})
		require.NoError(a.t, err)
	}
}

func confirmed(a *audited, _ seckill.Sale, w ways) {
	n, err := a.ledger.ConfirmStock(a.t.Context(), w.ids())
	require.NoError(a.t, err)
	require.Equal(a.t, len(w), n)
}

func totalInSQL(delta int64) step {
	return func(a *audited, s seckill.Sale, w ways) {
		for _, x := range w {
			_, err := a.ledger.ChangeTotal(a.t.Context(), s.ID, x.sku, delta, "test", "test")
			require.NoError(a.t, err)
		}
	}
}

func totalInRedis(delta int64) step {
	return func(a *audited, s seckill.Sale, w ways) {
		for _, x := range w {
			require.NoError(a.t, a.gate.SetTotal(a.t.Context(), s.ID, x.sku, 10+delta, s.Revision+1000))
		}
	}
}

var lives = map[string][]step{
	"ends after its entry is cleared":  {admitted, settled, cleared, expired, released, marked},
	"ends before its entry is cleared": {admitted, settled, expired, released, marked, cleared},
	"is paid":                          {admitted, settledAndPaid, confirmed, cleared},
	"is refused by SQL":                {admitted, refused, released, marked, cleared},
	"gets a total that grows":          {admitted, totalInSQL(3), totalInRedis(3), settled},
	"gets a total that shrinks":        {admitted, totalInRedis(-3), totalInSQL(-3), settled},
}

// partings lists every way in which steps, one after the other, can fall on the
// points of a stocktaking; points itself stands for never.
func partings(steps int) [][]int {
	all := [][]int{{}}
	for range steps {
		var longer [][]int
		for _, p := range all {
			from := 0
			if len(p) > 0 {
				from = p[len(p)-1]
			}
			for point := from; point <= points; point++ {
				longer = append(longer, append(slices.Clone(p), point))
			}
		}
		all = longer
	}
	return all
}

// everyParting is how many there are to one that is drawn.
const everyParting = 8

// Whatever an order does while its sale is read, step by step, its units are
// counted once. Every parting has an item of its own, so that nothing cancels
// out, and many share a sale, so that it is quick.
//
// SQLite is slow under the race detector, so each run takes a share of the partings.
func TestAReadingIsExactWhateverHappensMeanwhile(t *testing.T) {
	for name, life := range lives {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAudited(t)
			for some := range slices.Chunk(testkit.Share(partings(len(life)), everyParting), seckill.MaxItemsPerSale) {
				a.play(life, some)
			}
		})
	}
}

// play takes one reading of a sale while the life of each item's order goes on.
func (a *audited) play(life []step, partings [][]int) {
	var all ways
	var skus []string
	for i, p := range partings {
		all = append(all, &way{sku: fmt.Sprintf("item-%d", i), points: p})
		skus = append(skus, all[i].sku)
	}
	sale := a.open(skus...)
	a.gate.at = func(point int) {
		for i, step := range life {
			var now ways
			for _, w := range all {
				if w.points[i] == point {
					now = append(now, w)
				}
			}
			if len(now) > 0 {
				step(a, sale, now)
			}
		}
	}
	s, err := a.take(a.t.Context(), sale.ID)
	require.NoError(a.t, err)
	a.gate.at = nil
	for i, it := range s.audit.Items {
		require.Zero(a.t, it.Drift, "steps at the points %v: %+v", partings[i], it)
		require.GreaterOrEqual(a.t, min(it.Available, it.InFlight, it.Reserved, it.Sold, it.Releasing), int64(0))
	}
	require.True(a.t, s.audit.Conserved)
}

// The agents of a sale run at once, as fast as they can, and each single reading
// is exact.
func TestEveryReadingIsExactUnderLoad(t *testing.T) {
	a := newAudited(t)
	sale := a.open("a", "b")
	ctx, cancel := context.WithCancel(t.Context())
	var agents sync.WaitGroup
	agent := func(step func() error) {
		agents.Go(func() {
			for ctx.Err() == nil {
				if err := step(); err != nil && seckill.CodeOf(err) != seckill.CodeSoldOut && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var last atomic.Int64
	last.Store(1 << 51)
	for n := range 4 {
		agent(func() error {
			lines := []seckill.Line{{SKU: "a", Quantity: 1}, {SKU: "b", Quantity: 1 + int64(n%2)}}
			r, err := seckill.NewRequest(&sale, seckill.ID(last.Add(1)), fmt.Sprint("buyer-", last.Add(1)), "", lines)
			if err != nil {
				return err
			}
			_, err = a.gate.Admit(ctx, r)
			return err
		})
	}
	for n := range 2 { // two settlers, as after a worker's death: entries may come twice
		agent(func() error {
			entries, err := a.gate.ReadOutbox(ctx, sale.ID, fmt.Sprint("reader-", n), 3, time.Millisecond)
			if err != nil || len(entries) == 0 {
				return err
			}
			var orders []seckill.Order
			for _, e := range entries {
				for _, o := range e.Orders {
					o.Epoch = e.Epoch
					orders = append(orders, o)
				}
			}
			if _, err := a.ledger.Settle(ctx, orders); err != nil {
				return err
			}
			return a.gate.Settled(ctx, sale.ID, entries, nil)
		})
	}
	agent(func() error {
		due, err := a.ledger.Due(ctx, time.Now().Add(time.Hour), 5)
		if err == nil {
			_, err = a.ledger.Expire(ctx, due, time.Now().Add(time.Hour))
		}
		return err
	})
	releaser := &Releaser{Orders: a.ledger, Stock: a.gate, Log: quiet}
	agent(func() error { _, err := releaser.step(ctx); return err })

	readings := testkit.Sized(150, 25)
	moving := 0
	for range readings {
		s, err := a.take(t.Context(), sale.ID)
		require.NoError(t, err)
		require.True(t, s.audit.Conserved, "%+v", s.audit.Items)
		if it := s.audit.Items[0]; it.InFlight > 0 || it.Releasing > 0 {
			moving++
		}
	}
	cancel()
	agents.Wait()
	require.Greater(t, moving, readings/15, "readings that saw units on their way")
}

// Stopped for good between any two steps, as after a kill, the sale is conserved
// and each unit is where api.md says.
func TestAUnitBetweenTwoSystemsIsCountedWhereItIs(t *testing.T) {
	steps := []step{admitted, settled, cleared, expired, released, marked}
	want := []seckill.ItemCounters{
		{Available: 8, InFlight: 2},
		{Available: 8, Reserved: 2}, // its entry is still in the outbox
		{Available: 8, Reserved: 2},
		{Available: 8, Releasing: 2},
		{Available: 10}, // SQL still says releasing
		{Available: 10},
	}
	a := newAudited(t)
	sale := a.open("a")
	w := ways{{sku: "a"}}
	for i, step := range steps {
		step(a, sale, w)
		audit, err := a.Audit(t.Context(), sale.ID)
		require.NoError(t, err)
		want[i].SKU, want[i].Total = "a", 10
		require.Equal(t, seckill.AuditItem{ItemCounters: want[i]}, audit.Items[0], "after step %d", i+1)
		require.True(t, audit.Conserved)
	}
}

// drift moves available by hand.
func (a *audited) drift(sale seckill.Sale, sku string, by int64) {
	a.t.Helper()
	require.NoError(a.t, a.redis.HIncrBy(a.t.Context(), "test:{"+sale.ID.String()+"}:stock", sku, by).Err())
}

func (a *audited) available(sale seckill.Sale, sku string) int64 {
	a.t.Helper()
	c, err := a.gate.Counters(a.t.Context(), sale.ID)
	require.NoError(a.t, err)
	return c[sku].Available
}

func TestDriftIsFoundAsItIsAndRepairedOnce(t *testing.T) {
	for _, by := range []int64{1, -1, -8} {
		t.Run(fmt.Sprint(by), func(t *testing.T) {
			a := newAudited(t)
			sale := a.open("a", "b")
			w := ways{{sku: "a"}}
			admitted(a, sale, w)
			settled(a, sale, w)
			cleared(a, sale, w)
			a.drift(sale, "a", by)

			audit, err := a.Audit(t.Context(), sale.ID)
			require.NoError(t, err)
			require.False(t, audit.Conserved)
			require.Equal(t, -by, audit.Items[0].Drift)
			require.Zero(t, audit.Items[1].Drift)

			want := []seckill.RepairItem{{SKU: "a", Drift: -by, Available: 8 + by, Target: 8}}
			r, err := a.Repair(t.Context(), sale.ID, "admin", true)
			require.NoError(t, err)
			require.Equal(t, seckill.Repair{SaleID: sale.ID, DryRun: true, Items: want}, r)
			require.EqualValues(t, 8+by, a.available(sale, "a"), "a dry run changes nothing")

			r, err = a.Repair(t.Context(), sale.ID, "admin", false)
			require.NoError(t, err)
			require.Equal(t, seckill.Repair{SaleID: sale.ID, Done: true, Items: want}, r)
			for range 2 {
				require.EqualValues(t, 8, a.available(sale, "a"))
				require.EqualValues(t, 10, a.available(sale, "b"))
				r, err = a.Repair(t.Context(), sale.ID, "admin", false)
				require.NoError(t, err)
				require.Equal(t, seckill.Repair{SaleID: sale.ID, Items: []seckill.RepairItem{}}, r, "the second time nothing is left to do")
			}
			audit, err = a.Audit(t.Context(), sale.ID)
			require.NoError(t, err)
			require.True(t, audit.Conserved)
		})
	}
}

// Someone moves a unit by hand between two readings and back: no two readings
// agree, and nothing is believed.
func TestDriftThatDoesNotStandIsNotBelieved(t *testing.T) {
	a := newAudited(t)
	sale := a.open("a")
	by := int64(-1)
	a.gate.at = func(point int) {
		if point == beforeRead {
			a.drift(sale, "a", by)
			by--
		}
	}
	_, err := a.Audit(t.Context(), sale.ID)
	require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), "%v", err)
	_, err = a.Repair(t.Context(), sale.ID, "admin", false)
	require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), "%v", err)

	readings := 0
	a.gate.at = func(point int) {
		if point != beforeRead {
			return
		}
		if readings++; readings == 2 {
			a.drift(sale, "a", 10-a.available(sale, "a"))
		}
	}
	audit, err := a.Audit(t.Context(), sale.ID)
	require.NoError(t, err)
	require.True(t, audit.Conserved, "one reading alone found drift")
}

func TestRepairIsRefusedWhileUnitsMove(t *testing.T) {
	conflict := func(t *testing.T, err error) {
		t.Helper()
		require.Equal(t, seckill.CodeConflict, seckill.CodeOf(err), "%v", err)
	}
	t.Run("in flight and not paused", func(t *testing.T) {
		a := newAudited(t)
		sale := a.open("a")
		w := ways{{sku: "a"}}
		admitted(a, sale, w)
		a.drift(sale, "a", -1)
		r, err := a.Repair(t.Context(), sale.ID, "admin", true)
		require.NoError(t, err)
		require.Contains(t, r.Refusal, "pause the sale")
		_, err = a.Repair(t.Context(), sale.ID, "admin", false)
		conflict(t, err)
		require.EqualValues(t, 7, a.available(sale, "a"))

		_, err = a.gate.SetState(t.Context(), sale.ID, seckill.SalePaused, sale.Revision+1)
		require.NoError(t, err)
		r, err = a.Repair(t.Context(), sale.ID, "admin", false)
		require.NoError(t, err)
		require.True(t, r.Done)
		require.EqualValues(t, 8, a.available(sale, "a"))
	})
	for name, move := range map[string]func(a *audited, s seckill.Sale, w ways){
		"an admission": func(a *audited, s seckill.Sale, w ways) { admitted(a, s, ways{{sku: "b"}}) },
		"an admission that is settled": func(a *audited, s seckill.Sale, w ways) {
			more := ways{{sku: "b"}}
			admitted(a, s, more)
			settled(a, s, more)
			cleared(a, s, more)
		},
		"a release": released,
		"a change of the total": func(a *audited, s seckill.Sale, w ways) {
			totalInRedis(3)(a, s, ways{{sku: "a"}})
		},
		"another repair": func(a *audited, s seckill.Sale, w ways) { a.drift(s, "a", 1) },
	} {
		t.Run(name+" in between", func(t *testing.T) {
			a := newAudited(t)
			sale := a.open("a", "b", "c")
			w := ways{{sku: "c"}}
			admitted(a, sale, w)
			settled(a, sale, w)
			cleared(a, sale, w)
			expired(a, sale, w)
			a.drift(sale, "a", -1)
			a.Redis = &moving{pausing: a.gate, move: func() { move(a, sale, w) }}
			_, err := a.Repair(t.Context(), sale.ID, "admin", false)
			conflict(t, err)
			a.Redis = a.gate
			audit, err := a.Audit(t.Context(), sale.ID)
			require.NoError(t, err)
			if name == "another repair" {
				require.True(t, audit.Conserved)
				return
			}
			require.EqualValues(t, 1, audit.Items[0].Drift, "it is as it was")
		})
	}
}

// saleLog keeps what is written into the sale's log, or fails to.
type saleLog struct {
	*ledger.Ledger
	fails error
	rows  []string
}

func (l *saleLog) LogRepair(ctx context.Context, sale seckill.ID, actor, action string, details ...string) error {
	if l.fails != nil {
		return l.fails
	}
	for _, d := range details {
		l.rows = append(l.rows, actor+" "+action+" "+d)
	}
	return l.Ledger.LogRepair(ctx, sale, actor, action, details...)
}

func TestNoRepairGoesUnrecorded(t *testing.T) {
	a := newAudited(t)
	log := &saleLog{Ledger: a.ledger, fails: errAway}
	a.SQL = log
	sale := a.open("a", "b")
	a.drift(sale, "a", -2)
	_, err := a.Repair(t.Context(), sale.ID, "eve", false)
	require.ErrorIs(t, err, errAway)
	require.EqualValues(t, 8, a.available(sale, "a"), "what cannot be noted is not done")

	log.fails = nil
	a.Redis = &moving{pausing: a.gate, move: func() { admitted(a, sale, ways{{sku: "b"}}) }}
	_, err = a.Repair(t.Context(), sale.ID, "eve", false)
	require.Error(t, err)
	require.Equal(t, []string{"eve repair a: drift 2, available 8 -> 10", "eve repair refused conflict"}, log.rows)
}

// moving lets a unit move between the last reading and the repair.
type moving struct {
	*pausing
	move func()
}

func (m *moving) Repair(ctx context.Context, sale seckill.ID, r gate.Reading, available map[string]int64) error {
	m.move()
	return m.pausing.Repair(ctx, sale, r, available)
}

// An order that SQL has and Redis lost is drift until it ends: Redis sells its
// unit again.
func TestAnOrderThatRedisLostIsDrift(t *testing.T) {
	a := newAudited(t)
	sale := a.open("a")
	lost := ways{{sku: "a"}}
	r, err := seckill.NewRequest(&sale, a.id(), "buyer-a", "", []seckill.Line{{SKU: "a", Quantity: 2}})
	require.NoError(t, err)
	lost[0].order = seckill.Order{ID: r.OrderID, SaleID: sale.ID, Buyer: r.Buyer, Ticket: 1, Lines: r.Lines, Amount: r.Amount,
		Currency: r.Currency, Epoch: sale.Epoch, CreatedAt: time.Now(), HoldUntil: time.Now().Add(time.Minute)}
	settled(a, sale, lost)
	audit, err := a.Audit(t.Context(), sale.ID)
	require.NoError(t, err)
	require.EqualValues(t, -2, audit.Items[0].Drift, "Redis never gave a ticket that high, and still it counts")
	expired(a, sale, lost)
	for _, step := range []step{released, marked} {
		audit, err = a.Audit(t.Context(), sale.ID)
		require.NoError(t, err)
		require.True(t, audit.Conserved, "there is nothing to give back: %+v", audit.Items[0])
		step(a, sale, lost)
	}
}
