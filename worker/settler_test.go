package worker

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/broker"
	"github.com/seckill-go/seckill/seckill/ledger"
)

type fakeSettle struct {
	calls  *calls
	faults faults
	poison seckill.ID // an order with this id cannot be settled
}

func (f *fakeSettle) Settle(_ context.Context, orders []seckill.Order) (ledger.SettleResult, error) {
	if err := f.faults.next(); err != nil {
		return ledger.SettleResult{}, err
	}
	var r ledger.SettleResult
	for _, o := range orders {
		if o.ID == f.poison {
			return ledger.SettleResult{}, errOther
		}
		o.Status = seckill.OrderAwaitingPayment
		r.Settled = append(r.Settled, o)
	}
	f.calls.add(fmt.Sprintf("commit %d", len(orders)))
	return r, nil
}

type fakeOutbox struct {
	calls  *calls
	faults faults
}

func (f *fakeOutbox) Settled(_ context.Context, sale seckill.ID, entries []seckill.OutboxEntry, changes []seckill.Change) error {
	if err := f.faults.next(); err != nil {
		return err
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	f.calls.add(fmt.Sprintf("clear %v", ids))
	return nil
}

func newTestSettler() (*Settler, *fakeSettle, *fakeOutbox, *calls) {
	c := &calls{}
	sql, outbox := &fakeSettle{calls: c}, &fakeOutbox{calls: c}
	return &Settler{Orders: sql, Outbox: outbox, Batch: 500, Log: quiet}, sql, outbox, c
}

func TestSettlerClearsTheOutboxOnlyAfterTheCommit(t *testing.T) {
	s, _, _, c := newTestSettler()
	verdicts := s.handle(t.Context(), []broker.Delivery{deliveryOf(t, entryOf("1-0", 1, 2)), deliveryOf(t, entryOf("2-0", 3))})
	require.Equal(t, []error{nil, nil}, verdicts)
	require.Equal(t, []string{"commit 3", "clear [1-0 2-0]"}, c.all())
}

func TestSettlerDoesNotClearWhatWasNotCommitted(t *testing.T) {
	s, sql, _, c := newTestSettler()
	sql.poison = 1
	verdicts := s.handle(t.Context(), []broker.Delivery{deliveryOf(t, entryOf("1-0", 1))})
	require.ErrorIs(t, verdicts[0], errOther)
	require.Empty(t, c.all())
}

func TestSettlerWaitsForServicesThatAreAway(t *testing.T) {
	s, sql, outbox, c := newTestSettler()
	sql.faults.list = []error{errAway, errAway}
	outbox.faults.list = []error{errAway}
	verdicts := s.handle(t.Context(), []broker.Delivery{deliveryOf(t, entryOf("1-0", 1))})
	require.Equal(t, []error{nil}, verdicts, "an outage is not the message's fault")
	require.Equal(t, []string{"commit 1", "clear [1-0]"}, c.all())
}

func TestSettlerGivesMessagesBackWhenItStopsDuringAnOutage(t *testing.T) {
	s, sql, _, c := newTestSettler()
	for range 1000 {
		sql.faults.list = append(sql.faults.list, errAway)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	verdicts := s.handle(ctx, []broker.Delivery{deliveryOf(t, entryOf("1-0", 1))})
	require.True(t, broker.Postponed(verdicts[0]), "%v", verdicts[0])
	require.Empty(t, c.all())
}

func TestOneBadEntryHoldsUpNobody(t *testing.T) {
	s, sql, _, c := newTestSettler()
	sql.poison = 2
	verdicts := s.handle(t.Context(), []broker.Delivery{
		deliveryOf(t, entryOf("1-0", 1)), deliveryOf(t, []byte("{")), deliveryOf(t, entryOf("2-0", 2)), deliveryOf(t, entryOf("3-0", 3)),
	})
	require.NoError(t, verdicts[0])
	require.True(t, broker.Rejected(verdicts[1]), "what is malformed never gets better: %v", verdicts[1])
	require.ErrorIs(t, verdicts[2], errOther)
	require.NoError(t, verdicts[3])
	require.Equal(t, []string{"commit 1", "clear [1-0]", "commit 1", "clear [3-0]"}, c.all())
}

func TestSettlerSplitsBatchesByOrders(t *testing.T) {
	s, _, _, c := newTestSettler()
	s.Batch = 2
	s.handle(t.Context(), []broker.Delivery{
		deliveryOf(t, entryOf("1-0", 1)), deliveryOf(t, entryOf("2-0", 2, 3, 4)), deliveryOf(t, entryOf("3-0", 5)),
	})
	require.Equal(t, []string{"commit 4", "clear [1-0 2-0]", "commit 1", "clear [3-0]"}, c.all())
}

func TestMalformedEntriesAreRefused(t *testing.T) {
	spoil := map[string]func(*seckill.OutboxEntry){
		"no sale":      func(e *seckill.OutboxEntry) { e.SaleID = 0 },
		"no id":        func(e *seckill.OutboxEntry) { e.ID = "" },
		"no orders":    func(e *seckill.OutboxEntry) { e.Orders = nil },
		"no order id":  func(e *seckill.OutboxEntry) { e.Orders[0].ID = 0 },
		"no buyer":     func(e *seckill.OutboxEntry) { e.Orders[0].Buyer = "" },
		"no lines":     func(e *seckill.OutboxEntry) { e.Orders[0].Lines = nil },
		"zero units":   func(e *seckill.OutboxEntry) { e.Orders[0].Lines[0].Quantity = 0 },
		"bad sku":      func(e *seckill.OutboxEntry) { e.Orders[0].Lines[0].SKU = "'; DROP" },
		"no currency":  func(e *seckill.OutboxEntry) { e.Orders[0].Currency = "" },
		"hold before":  func(e *seckill.OutboxEntry) { e.Hold = -time.Second },
		"minus amount": func(e *seckill.OutboxEntry) { e.Orders[0].Lines[0].Price = -1 },
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			e := entryOf("1-0", 1)
			f(&e)
			_, err := decodeEntry(deliveryOf(t, e).Body)
			require.Error(t, err)
		})
	}
	_, err := decodeEntry(deliveryOf(t, entryOf("1-0", 1)).Body)
	require.NoError(t, err)
}
