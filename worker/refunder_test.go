package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seckill-go/seckill/internal/proof/testkit"
	"github.com/seckill-go/seckill/seckill"
	"github.com/seckill-go/seckill/seckill/ledger"
	"github.com/seckill-go/seckill/seckill/payment"
)

// bank returns money as a provider does: once for each refund id.
type bank struct {
	mu      sync.Mutex
	answer  func(p seckill.Payment) (payment.RefundState, error) // nil: done
	asked   []string
	refunds map[string]int64 // amount by refund id
}

func (b *bank) Refund(_ context.Context, p seckill.Payment, refundID, _ string) (payment.RefundState, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, p.ID)
	if b.answer != nil {
		if state, err := b.answer(p); err != nil || state != payment.RefundDone {
			return state, err
		}
	}
	b.refunds[refundID] = p.Amount
	return payment.RefundDone, nil
}

// refunding is a refunder over a real ledger with orders that owe a refund.
type refunding struct {
	*Refunder
	t      *testing.T
	clock  *testkit.Clock
	ledger *ledger.Ledger
	bank   *bank
	told   toldBuyers
}

type toldBuyers struct {
	mu   sync.Mutex
	list []seckill.Change
}

func (b *toldBuyers) Publish(_ context.Context, changes ...seckill.Change) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, changes...)
	return nil
}

func newRefunding(t *testing.T) *refunding {
	r := &refunding{t: t, clock: testkit.NewClock(opening), bank: &bank{refunds: map[string]int64{}}}
	r.ledger = newStore(t, r.clock.Now)
	r.Refunder = &Refunder{Orders: r.ledger, Providers: map[string]payment.Refunder{"bank": r.bank}, Changes: &r.told,
		Leases: freeLease{}, Backoff: time.Second, MaxAttempts: 4, Log: quiet}
	return r
}

// owe makes an order that was cancelled and then paid, for which there was no
// unit; it returns its id.
func (r *refunding) owe(id seckill.ID, provider, paymentID string) seckill.ID {
	r.t.Helper()
	item := seckill.Item{SKU: "a", Title: "a", Price: 5, Currency: "CNY", Total: 100, LimitPerBuyer: 100}
	_, _, err := r.ledger.CreateSale(r.t.Context(), seckill.Sale{ID: 7, Name: "a sale", StartsAt: opening,
		EndsAt: opening.Add(time.Hour), Hold: time.Minute, Items: []seckill.Item{item}})
	require.NoError(r.t, err)
	o := entryOf("1-0", id).Orders[0]
	o.Ticket = int64(id)
	_, err = r.ledger.Settle(r.t.Context(), []seckill.Order{o})
	require.NoError(r.t, err)
	_, err = r.ledger.Cancel(r.t.Context(), id, o.Buyer)
	require.NoError(r.t, err)
	r.pay(o, provider, paymentID)
	outcome, _, err := r.ledger.Retake(r.t.Context(), o, func(context.Context, seckill.Order) (string, int64, error) {
		return seckill.ReasonPaidLate, 0, nil
	})
	require.NoError(r.t, err)
	require.Equal(r.t, seckill.PaymentRefundDue, outcome)
	return id
}

func (r *refunding) pay(o seckill.Order, provider, paymentID string) {
	r.t.Helper()
	_, _, err := r.ledger.ApplyPayment(r.t.Context(), seckill.PaymentEvent{Provider: provider, ID: "paid " + paymentID,
		Type: seckill.PaymentSucceeded, PaymentID: paymentID, OrderID: o.ID, Amount: o.Amount, Currency: o.Currency})
	require.NoError(r.t, err)
}

func (r *refunding) look() {
	r.t.Helper()
	_, err := r.step(r.t.Context())
	require.NoError(r.t, err)
}

func (r *refunding) status(order seckill.ID) seckill.OrderStatus {
	r.t.Helper()
	o, err := r.ledger.Order(r.t.Context(), order)
	require.NoError(r.t, err)
	return o.Status
}

func (r *refunding) due() []ledger.Refund {
	r.t.Helper()
	due, err := r.ledger.RefundsDue(r.t.Context(), ledger.RefundCursor{}, 0)
	require.NoError(r.t, err)
	return due
}

func TestRefunderReturnsWhatIsDueOnce(t *testing.T) {
	r := newRefunding(t)
	var orders []seckill.ID
	for i := range 20 {
		orders = append(orders, r.owe(seckill.ID(i+1), "bank", fmt.Sprintf("p%d", i+1)))
	}
	for range 4 {
		r.look()
	}
	for _, id := range orders {
		require.Equal(t, seckill.OrderRefunded, r.status(id))
		require.Contains(t, r.told.list, seckill.Change{OrderID: id, Status: seckill.OrderRefunded})
	}
	require.Len(t, r.bank.asked, 20)
	require.Len(t, r.bank.refunds, 20)
	require.EqualValues(t, 5, r.bank.refunds["refund_p1"])
}

func TestAnOrderIsRefundedWithTheLastOfItsPayments(t *testing.T) {
	r := newRefunding(t)
	id := r.owe(1, "bank", "p1")
	o, err := r.ledger.Order(t.Context(), id)
	require.NoError(t, err)
	r.pay(o, "bank", "p2")
	r.bank.answer = func(p seckill.Payment) (payment.RefundState, error) {
		if p.ID == "p2" {
			return "", errOther
		}
		return payment.RefundDone, nil
	}
	r.look()
	require.Equal(t, seckill.OrderRefundDue, r.status(id))
	r.bank.answer = nil
	r.clock.Advance(time.Second)
	r.look()
	require.Equal(t, seckill.OrderRefunded, r.status(id))
}

// A provider that fails for one payment does not hold up the others, is asked
// ever more rarely, and in the end no more, until an operator says so.
func TestAFailingRefundIsTriedEverMoreRarelyAndThenLeftToAPerson(t *testing.T) {
	r := newRefunding(t)
	bad := r.owe(1, "bank", "bad")
	r.bank.answer = func(p seckill.Payment) (payment.RefundState, error) {
		if p.ID == "bad" {
			return "", seckill.Errorf(seckill.CodeConflict, "the account is closed")
		}
		return payment.RefundDone, nil
	}
	var waits []time.Duration
	for last := r.clock.Now(); len(waits) < 3; {
		before := len(r.bank.asked)
		r.look()
		if len(r.bank.asked) > before {
			if len(r.bank.asked) > 1 {
				waits = append(waits, r.clock.Now().Sub(last))
			}
			last = r.clock.Now()
		}
		r.clock.Advance(time.Second)
	}
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, waits)
	good := r.owe(2, "bank", "good")
	r.clock.Advance(1000 * time.Hour)
	r.look()
	require.Equal(t, seckill.OrderRefunded, r.status(good))
	require.Equal(t, seckill.OrderRefundDue, r.status(bad))
	due := r.due()
	require.Len(t, due, 1)
	require.Equal(t, 4, due[0].Attempts)
	require.True(t, due[0].Next.IsZero())
	require.Contains(t, due[0].LastError, "the account is closed")

	r.bank.answer = nil
	_, err := r.ledger.RetryRefunds(t.Context(), "bad")
	require.NoError(t, err)
	r.look()
	require.Equal(t, seckill.OrderRefunded, r.status(bad))
}

func TestARefundThatIsAcceptedIsAskedForAgainLater(t *testing.T) {
	r := newRefunding(t)
	id := r.owe(1, "bank", "slow")
	r.bank.answer = func(seckill.Payment) (payment.RefundState, error) { return payment.RefundPending, nil }
	for range 30 {
		r.look()
		r.clock.Advance(5 * time.Minute)
	}
	require.InDelta(t, 15, len(r.bank.asked), 1)
	require.Zero(t, r.due()[0].Attempts, "waiting is no failure")
	r.bank.answer = nil
	r.clock.Advance(refundPending)
	r.look()
	require.Equal(t, seckill.OrderRefunded, r.status(id))
}

func TestTheCallbackMayComeBeforeTheAnswer(t *testing.T) {
	r := newRefunding(t)
	id := r.owe(1, "bank", "p1")
	r.bank.answer = func(p seckill.Payment) (payment.RefundState, error) {
		e := payment.RefundEvent(p)
		e.ID = "the provider's own"
		_, _, err := r.ledger.ApplyPayment(context.Background(), e)
		return payment.RefundDone, err
	}
	r.look()
	require.Equal(t, seckill.OrderRefunded, r.status(id))
	require.Empty(t, r.due())
}

// dyingLedger loses what is written after the provider's yes, once.
type dyingLedger struct {
	*ledger.Ledger
	faults faults
}

func (d *dyingLedger) ApplyPayment(ctx context.Context, e seckill.PaymentEvent) (seckill.PaymentOutcome, seckill.Order, error) {
	if err := d.faults.next(); err != nil {
		return "", seckill.Order{}, err
	}
	return d.Ledger.ApplyPayment(ctx, e)
}

func TestADeathAfterTheProvidersYesAsksForTheSameRefund(t *testing.T) {
	r := newRefunding(t)
	id := r.owe(1, "bank", "p1")
	r.Orders = &dyingLedger{Ledger: r.ledger, faults: faults{list: []error{errAway}}}
	_, err := r.step(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, seckill.OrderRefundDue, r.status(id))
	r.look()
	require.Equal(t, seckill.OrderRefunded, r.status(id))
	require.Equal(t, []string{"p1", "p1"}, r.bank.asked)
	require.Len(t, r.bank.refunds, 1)
}

func TestAProviderWithoutAnAPIIsLeftToAPerson(t *testing.T) {
	r := newRefunding(t)
	r.owe(1, "cash", "p1")
	r.look()
	due := r.due()
	require.Len(t, due, 1)
	require.True(t, due[0].Next.IsZero())
	require.Contains(t, due[0].LastError, "by hand")
}

func TestAStopIsNoFailedRefund(t *testing.T) {
	r := newRefunding(t)
	r.owe(1, "bank", "p1")
	ctx, stop := context.WithCancel(t.Context())
	r.bank.answer = func(seckill.Payment) (payment.RefundState, error) {
		stop()
		return "", errors.New("the connection was closed")
	}
	_, err := r.step(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, r.due()[0].Attempts)
}
