package worker

import (
	"context"
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

// knowing is a provider that can be asked.
type knowing struct {
	mu    sync.Mutex
	away  bool
	hangs map[string]bool // payments about which it never answers
	paid  map[string]int64
	asked []string
}

func (k *knowing) Query(ctx context.Context, p seckill.Payment) (payment.State, error) {
	k.mu.Lock()
	k.asked = append(k.asked, p.ID)
	away, hangs, amount := k.away, k.hangs[p.ID], k.paid[p.ID]
	k.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return payment.State{}, ctx.Err()
	}
	if away {
		return payment.State{}, errAway
	}
	s := payment.State{Status: payment.StatusOpen, OrderID: p.OrderID, Amount: p.Amount, Currency: p.Currency}
	if amount > 0 {
		s.Status, s.Amount, s.PaidAt = payment.StatusSucceeded, amount, opening
	}
	return s, nil
}

// inquiring is an inquirer and an expirer over a real ledger.
type inquiring struct {
	*Inquirer
	t       *testing.T
	clock   *testkit.Clock
	ledger  *ledger.Ledger
	bank    *knowing
	expirer *Expirer
	lastID  seckill.ID
}

type clockOfRedis struct{ *testkit.Clock }

func (c clockOfRedis) Now(context.Context) (time.Time, error) { return c.Clock.Now(), nil }

func newInquiring(t *testing.T) *inquiring {
	i := &inquiring{t: t, clock: testkit.NewClock(opening), bank: &knowing{paid: map[string]int64{}, hangs: map[string]bool{}}}
	i.ledger = newStore(t, i.clock.Now)
	_, _, err := i.ledger.CreateSale(t.Context(), seckill.Sale{ID: 7, Name: "a sale", StartsAt: opening, EndsAt: opening.Add(time.Hour),
		Hold: time.Minute, Items: []seckill.Item{{SKU: "a", Title: "a", Price: 5, Currency: "CNY", Total: 1000, LimitPerBuyer: 1000}}})
	require.NoError(t, err)
	redis := clockOfRedis{i.clock}
	i.Inquirer = &Inquirer{Orders: i.ledger, Providers: map[string]payment.Querier{"bank": i.bank}, Patience: time.Minute,
		Clock: redis, Changes: &toldBuyers{}, Leases: freeLease{}, Log: quiet}
	i.expirer = &Expirer{Orders: i.ledger, Clock: redis, Changes: &toldBuyers{}, Leases: freeLease{}, Sparing: i.Sparing(), Log: quiet}
	return i
}

// order is one whose hold ends in a minute, with an open payment of a provider
// if there is a name.
func (i *inquiring) order(provider string) (id seckill.ID, paymentID string) {
	i.t.Helper()
	i.lastID++
	o := entryOf("1-0", i.lastID).Orders[0]
	o.Ticket, o.CreatedAt, o.HoldUntil = int64(i.lastID), i.clock.Now(), i.clock.Now().Add(time.Minute)
	_, err := i.ledger.Settle(i.t.Context(), []seckill.Order{o})
	require.NoError(i.t, err)
	if provider == "" {
		return o.ID, ""
	}
	p, err := i.ledger.CreatePayment(i.t.Context(), o.ID, o.Buyer, provider, fmt.Sprintf("p%d", o.ID))
	require.NoError(i.t, err)
	return o.ID, p.ID
}

func (i *inquiring) status(id seckill.ID) seckill.OrderStatus {
	i.t.Helper()
	o, err := i.ledger.Order(i.t.Context(), id)
	require.NoError(i.t, err)
	return o.Status
}

func (i *inquiring) look() error { _, err := i.step(i.t.Context()); return err }

func (i *inquiring) sweep() {
	i.t.Helper()
	_, err := i.expirer.consumer().sweep(i.t.Context())
	require.NoError(i.t, err)
}

func TestTheProviderIsAskedBeforeAnOrderExpires(t *testing.T) {
	i := newInquiring(t)
	unpaid, _ := i.order("bank")
	paid, payment := i.order("bank")
	mismatched, odd := i.order("bank")
	plain, _ := i.order("")
	elsewhere, _ := i.order("cash")
	i.bank.paid[payment] = 5
	i.bank.paid[odd] = 4

	require.NoError(t, i.look())
	require.Empty(t, i.bank.asked, "while there is time")
	i.clock.Advance(time.Minute)
	i.sweep()
	require.Equal(t, seckill.OrderExpired, i.status(plain), "nothing to ask about")
	require.Equal(t, seckill.OrderExpired, i.status(elsewhere), "a provider that cannot be asked")
	for _, id := range []seckill.ID{unpaid, paid, mismatched} {
		require.Equal(t, seckill.OrderAwaitingPayment, i.status(id))
	}

	require.NoError(t, i.look())
	require.Equal(t, seckill.OrderExpired, i.status(unpaid))
	require.Equal(t, seckill.OrderPaid, i.status(paid))
	require.Equal(t, seckill.OrderExpired, i.status(mismatched), "money that does not fit pays for nothing")
	require.Len(t, i.bank.asked, 3)
	require.NoError(t, i.look())
	require.Len(t, i.bank.asked, 3, "once")

	outcome, _, err := i.ledger.ApplyPayment(t.Context(), seckill.PaymentEvent{Provider: "bank", ID: "its own", Type: seckill.PaymentSucceeded,
		PaymentID: payment, OrderID: paid, Amount: 5, Currency: "CNY"})
	require.NoError(t, err)
	require.Equal(t, seckill.PaymentDuplicate, outcome, "the callback comes after all")
}

func TestAProviderThatIsAwayDelaysAnExpiryForItsPatience(t *testing.T) {
	i := newInquiring(t)
	waiting, payment := i.order("bank")
	i.bank.away = true
	i.clock.Advance(time.Minute)
	for range 5 {
		require.ErrorIs(t, i.look(), errAway, "so that it is asked ever more rarely")
		i.sweep()
		require.Equal(t, seckill.OrderAwaitingPayment, i.status(waiting))
		i.clock.Advance(10 * time.Second)
	}
	i.bank.away, i.bank.paid[payment] = false, 5
	require.NoError(t, i.look())
	require.Equal(t, seckill.OrderPaid, i.status(waiting))

	given, _ := i.order("bank")
	i.bank.away = true
	i.clock.Advance(2*time.Minute - time.Millisecond)
	i.sweep()
	require.Equal(t, seckill.OrderAwaitingPayment, i.status(given))
	i.clock.Advance(time.Millisecond)
	i.sweep()
	require.Equal(t, seckill.OrderExpired, i.status(given))
	require.NoError(t, i.look(), "nothing is left to ask about")
}

func TestASlowAnswerDelaysNoOtherOrder(t *testing.T) {
	i := newInquiring(t)
	slow, payment := i.order("bank")
	i.bank.hangs[payment] = true
	var others []seckill.ID
	for range 3 * inquirerCalls {
		id, _ := i.order("bank")
		others = append(others, id)
	}
	i.clock.Advance(time.Minute)
	began := time.Now()
	require.NoError(t, i.look())
	require.GreaterOrEqual(t, time.Since(began), inquiryTimeout, "it was given its time")
	for _, id := range others {
		require.Equal(t, seckill.OrderExpired, i.status(id))
	}
	require.Equal(t, seckill.OrderAwaitingPayment, i.status(slow))
}
